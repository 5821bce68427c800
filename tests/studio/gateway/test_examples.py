"""Every example of the page "Use it from code" is run as it stands, with the address that it names."""

import json
import os
import subprocess
import sys
from pathlib import Path

from studio.api.examples import EXAMPLES
from tests.embedded.instance import ROOT, Instance
from tests.studio.gateway import node
from tests.support.fake_provider import png

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


def test_node(darkroom: Instance, api_key: str, tmp_path: Path) -> None:
    node.run(node.script(tmp_path, "example.mjs", CODE["node"].code(darkroom.url)), api_key)
    assert files(tmp_path) == ["lighthouse0.png", "lighthouse1.png", "lighthouse2.png"]


def test_node_edits_and_reads_refusals(darkroom: Instance, api_key: str, tmp_path: Path) -> None:
    (tmp_path / "photo.png").write_bytes(png(1024, 640))
    text = Path(__file__).with_name("more.mjs").read_text().replace("ADDRESS", f"{darkroom.url}/v1")
    assert node.run(node.script(tmp_path, "more.mjs", text), api_key).split() == [
        "1024x640",
        "400",
        "moderation_blocked",
        "image_edit.completed",
    ]
