"""Every example of the page "Use it from code" is run as it stands, with the address that it names."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from studio.examples import EXAMPLES
from tests.embedded.instance import ROOT, Instance
from tests.upstream import png

CODE = {example.id: example for example in EXAMPLES}


def run(command: list[str], folder: Path, key: str) -> str:
    folder.mkdir(exist_ok=True)
    environment = {**os.environ, "DARKROOM_API_KEY": key, "PYTHONPATH": str(ROOT), "XDG_CONFIG_HOME": str(folder)}
    environment["PATH"] = f"{folder}:{environment['PATH']}"
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def files(folder: Path) -> list[str]:
    return sorted(file.name for file in folder.glob("**/*.png"))


def test_python(darkroom: Instance, api_key: str, tmp_path: Path) -> None:
    run([sys.executable, "-c", CODE["python"].code(darkroom.url)], tmp_path, api_key)
    assert files(tmp_path) == ["lighthouse0.png", "lighthouse1.png", "lighthouse2.png"]


def test_curl(darkroom: Instance, api_key: str, tmp_path: Path) -> None:
    run(["sh", "-c", CODE["curl"].code(darkroom.url)], tmp_path, api_key)
    assert json.loads((tmp_path / "lighthouse.json").read_text())["data"][0]["b64_json"]


def test_lines_of_events(darkroom: Instance, api_key: str, tmp_path: Path) -> None:
    lines = run(["sh", "-c", CODE["native"].code(darkroom.url)], tmp_path, api_key).splitlines()
    kinds = [json.loads(line)["type"] for line in lines]
    assert (kinds[0], kinds[-1], kinds.count("partial"), kinds.count("output")) == ("queued", "ended", 4, 2)


def test_terminal(darkroom: Instance, api_key: str, tmp_path: Path) -> None:
    word = tmp_path / "darkroom"
    word.write_text(f'#!/bin/sh\nexec {sys.executable} -m saas.cli "$@"\n')
    word.chmod(0o755)
    run(["sh", "-c", CODE["terminal"].code(darkroom.url)], tmp_path, api_key)
    assert len(files(tmp_path)) == 8


@pytest.fixture(scope="module")
def node_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """With the official SDK for Node, as npm installs it. Nothing of it is kept."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        reason = "no Node on this machine; bin/test installs it as root on Debian"
        pytest.fail(reason) if os.environ.get("CI") else pytest.skip(reason)
    folder = tmp_path_factory.mktemp("node")
    command = ["npm", "install", "--no-save", "--no-package-lock", "--no-audit", "--no-fund", "openai@6"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=180, check=False)
    if done.returncode != 0:
        reason = f"npm could not fetch the SDK: {done.stderr[-300:]}"
        pytest.fail(reason) if os.environ.get("CI") else pytest.skip(reason)
    return folder


def test_node(darkroom: Instance, api_key: str, node_folder: Path) -> None:
    (node_folder / "example.mjs").write_text(CODE["node"].code(darkroom.url))
    run(["node", "example.mjs"], node_folder, api_key)
    assert files(node_folder) == ["lighthouse0.png", "lighthouse1.png", "lighthouse2.png"]


def test_node_edits_and_reads_refusals(darkroom: Instance, api_key: str, node_folder: Path) -> None:
    (node_folder / "photo.png").write_bytes(png(1024, 640))
    (node_folder / "more.mjs").write_text(
        Path(__file__).with_name("more.mjs").read_text().replace("ADDRESS", f"{darkroom.url}/v1")
    )
    assert run(["node", "more.mjs"], node_folder, api_key).split() == [
        "1024x640",
        "400",
        "moderation_blocked",
        "image_edit.completed",
    ]
