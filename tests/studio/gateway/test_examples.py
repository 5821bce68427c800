"""Every example of the page "Use it from code" is run as it stands, with the address that it names."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from studio.openai_wire.examples import OTHER_WAYS, TASKS
from tests.embedded.instance import ROOT, Instance
from tests.studio.gateway import node
from tests.studio.inputs.test_give_input import mask
from tests.support.fake_provider import png

CODE = {example.id: example for example in (*OTHER_WAYS, *(one for task in TASKS for one in task.examples))}
# What each task's program leaves behind, in every language.
MADE = {
    "generate": {"lighthouse"},
    "stream": {"lighthouse0", "lighthouse1", "lighthouse2"},
    "edit": {"edited"},
    "mask": {"masked"},
    "references": {"combined"},
    "talk": {"turn0", "turn1"},
    "errors": {"lighthouse"},
    "batch": {"batch0", "batch1", "batch2"},
}


def run(command: list[str], folder: Path, key: str) -> str:
    folder.mkdir(exist_ok=True)
    environment = {**os.environ, "DARKROOM_API_KEY": key, "PYTHONPATH": str(ROOT), "XDG_CONFIG_HOME": str(folder)}
    environment["PATH"] = f"{folder}:{environment['PATH']}"
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def given(folder: Path) -> Path:
    """Put the pictures that the examples read into a folder."""
    folder.mkdir(exist_ok=True)
    for name in ("photo.png", "style.png"):
        (folder / name).write_bytes(png(1024, 640))
    (folder / "mask.png").write_bytes(mask(1024, 640))
    return folder


def made(folder: Path) -> set[str]:
    """Return the names of the pictures that a program made, as files of any kind."""
    names = {file.name.partition(".")[0] for file in folder.glob("*") if file.is_file()}
    return names - {"photo", "style", "mask", "prompts", "example"}


def test_every_task_has_its_program_in_every_language() -> None:
    assert set(MADE) == {task.id for task in TASKS}
    assert all(len(task.examples) == 3 for task in TASKS)


@pytest.mark.parametrize("task", MADE)
def test_python(task: str, darkroom: Instance, api_key: str, tmp_path: Path) -> None:
    run([sys.executable, "-c", CODE[f"{task}-python"].code(darkroom.url)], given(tmp_path), api_key)
    assert made(tmp_path) == MADE[task]


@pytest.mark.parametrize("task", MADE)
def test_curl(task: str, darkroom: Instance, api_key: str, tmp_path: Path) -> None:
    run(["sh", "-c", CODE[f"{task}-curl"].code(darkroom.url)], given(tmp_path), api_key)
    assert made(tmp_path) == ({"lighthouse"} if task == "stream" else MADE[task])
    for file in tmp_path.glob("*.json"):
        assert "b64_json" in file.read_text() or "image_generation_call" in file.read_text()


@pytest.mark.parametrize("task", MADE)
def test_node(task: str, darkroom: Instance, api_key: str, tmp_path: Path) -> None:
    node.run(node.script(given(tmp_path), "example.mjs", CODE[f"{task}-node"].code(darkroom.url)), api_key)
    assert made(tmp_path) == MADE[task]


def test_a_refusal_is_printed_and_not_tried_again(darkroom: Instance, api_key: str, tmp_path: Path) -> None:
    code = CODE["errors-python"].code(darkroom.url).replace("at night", "at night [sandbox fail=moderation_blocked]")
    assert run([sys.executable, "-c", code], tmp_path, api_key).startswith("moderation_blocked {'moderation_stage'")


def test_a_new_keys_page_fills_the_key_in(darkroom: Instance, api_key: str, tmp_path: Path) -> None:
    code = CODE["generate-python"].code(darkroom.url, api_key)
    assert "DARKROOM_API_KEY" not in code
    run([sys.executable, "-c", code], tmp_path, "nothing")
    assert made(tmp_path) == {"lighthouse"}


def test_lines_of_events(darkroom: Instance, api_key: str, tmp_path: Path) -> None:
    lines = run(["sh", "-c", CODE["native"].code(darkroom.url)], tmp_path, api_key).splitlines()
    kinds = [json.loads(line)["type"] for line in lines]
    assert (kinds[0], kinds[-1], kinds.count("partial"), kinds.count("output")) == ("queued", "ended", 4, 2)


def test_terminal(darkroom: Instance, api_key: str, tmp_path: Path) -> None:
    word = tmp_path / "darkroom"
    word.write_text(f'#!/bin/sh\nexec {sys.executable} -m saas.cli "$@"\n')
    word.chmod(0o755)
    run(["sh", "-c", CODE["terminal"].code(darkroom.url)], tmp_path, api_key)
    assert len(list(tmp_path.glob("**/*.png"))) == 8


def test_node_edits_and_reads_refusals(darkroom: Instance, api_key: str, tmp_path: Path) -> None:
    (tmp_path / "photo.png").write_bytes(png(1024, 640))
    text = Path(__file__).with_name("more.mjs").read_text().replace("ADDRESS", f"{darkroom.url}/v1")
    assert node.run(node.script(tmp_path, "more.mjs", text), api_key).split() == [
        "1024x640",
        "400",
        "moderation_blocked",
        "image_edit.completed",
    ]
