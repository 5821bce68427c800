"""bin/sbom names exactly what bin/run installs."""

import json
from pathlib import Path

import pytest

from tools import sbom

PROJECT = """[project]
name = "darkroom"
version = "1.2.3"
dependencies = ["Django>=5.2,<5.3", "psycopg[binary]>=3.3"]
"""
LOCKED = f"""django==5.2.9 \\
    --hash=sha256:{"a" * 64} \\
    --hash=sha256:{"b" * 64}
psycopg==3.3.0 \\
    --hash=sha256:{"c" * 64}
tzdata==2026.1 ; sys_platform == 'win32' \\
    --hash=sha256:{"d" * 64}
"""


@pytest.fixture
def root(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setattr(sbom, "ROOT", tmp_path)
    (tmp_path / "pyproject.toml").write_text(PROJECT)
    (tmp_path / "requirements.txt").write_text(LOCKED)
    return tmp_path


def test_each_pin_is_a_component_with_the_hashes_of_its_files(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert sbom.main() == 0
    printed = json.loads(capsys.readouterr().out)
    assert (printed["bomFormat"], printed["specVersion"]) == ("CycloneDX", "1.6")
    assert [(each["purl"], each["scope"]) for each in printed["components"]] == [
        ("pkg:pypi/django@5.2.9", "required"),
        ("pkg:pypi/psycopg@3.3.0", "required"),
        ("pkg:pypi/tzdata@2026.1", "optional"),
    ]
    (files,) = printed["components"][0]["externalReferences"]
    assert [each["content"] for each in files["hashes"]] == ["a" * 64, "b" * 64]


def test_darkroom_depends_on_what_its_project_file_names(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sbom.main()
    printed = json.loads(capsys.readouterr().out)
    darkroom = printed["metadata"]["component"]
    assert (darkroom["name"], darkroom["version"], darkroom["type"]) == ("darkroom", "1.2.3", "application")
    (named,) = [each["dependsOn"] for each in printed["dependencies"] if each["ref"] == darkroom["bom-ref"]]
    assert named == ["pkg:pypi/django@5.2.9", "pkg:pypi/psycopg@3.3.0"]


def test_a_line_that_is_no_pin_with_hashes_is_refused(root: Path) -> None:
    (root / "requirements.txt").write_text("django==5.2.9\n")
    with pytest.raises(ValueError, match=r"not a pin with its hashes: django==5\.2\.9"):
        sbom.main()


def test_the_real_requirements_can_be_read_and_name_no_registry(capsys: pytest.CaptureFixture[str]) -> None:
    sbom.main()
    out = capsys.readouterr().out
    pins = [line for line in (sbom.ROOT / "requirements.txt").read_text().splitlines() if not line.startswith(" ")]
    assert len(json.loads(out)["components"]) == len(pins)
    addresses = [line for line in out.splitlines() if "://" in line]
    assert addresses == ['  "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",']
