"""The official SDK for Node sends files as its users write it, with `fs.createReadStream`, in old versions and new."""

import json
from pathlib import Path

import pytest

from tests.embedded.instance import Instance
from tests.studio.gateway import node
from tests.studio.gateway.test_edit import mask, photo

SIZE = "1024x640"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("node")
    for form in ("png", "jpg", "webp"):
        (folder / f"photo.{form}").write_bytes(photo(form=form))
    (folder / "mask.png").write_bytes(mask())
    (folder / "notes.txt").write_text("no picture")
    return folder


@pytest.mark.parametrize("version", node.VERSIONS)
def test_files_are_read_however_a_version_sends_them(
    darkroom: Instance, api_key: str, folder: Path, version: str
) -> None:
    script = node.script(folder, "forms.mjs", Path(__file__).with_name("forms.mjs").read_text())
    assert json.loads(node.run(script, api_key, f"{darkroom.url}/v1", node.name_of(version))) == {
        "made": SIZE,
        "one": SIZE,
        "two": SIZE,
        "masked": SIZE,
        "streamed": ["image_edit.partial_image", "image_edit.partial_image", "image_edit.completed"],
        "file": "photo.webp",
        "refused": [400, "unsupported_file_mimetype", "image"],
    }
