"""Data folders to begin with. A first start takes long, so there is one for all tests and all workers, to be copied."""

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from saas.embedded import locks
from tests.embedded.instance import manage, running_darkroom


def first(shared: Path) -> Path:
    """One that Darkroom has run on once and left."""
    return _made_once(shared / "first", _start)


def with_demo(shared: Path) -> Path:
    """One where `manage demo` has made its organization."""

    def make(data: Path) -> None:
        copied(first(shared), data.parent)
        _how_to_sign_in(data).write_text(manage(data, "demo", "--json"))

    return _made_once(shared / "demo", make)


def demo_of(data: Path) -> dict[str, Any]:
    """What the command said, which holds for every copy but for the address."""
    found: dict[str, Any] = json.loads(_how_to_sign_in(data).read_text())
    return found


def copied(data: Path, parent: Path) -> Path:
    """Static files, which are many and never change, are linked."""
    copy = shutil.copytree(data, parent / "data", ignore=shutil.ignore_patterns("static"))
    shutil.copytree(data / "static", copy / "static", copy_function=os.link)
    return Path(copy)


def _start(data: Path) -> None:
    with running_darkroom(data):
        pass


def _how_to_sign_in(data: Path) -> Path:
    return data.parent / "demo.json"


def _made_once(folder: Path, make: Callable[[Path], None]) -> Path:
    """By whichever worker comes first; the other one waits for it."""
    with locks.held(folder.with_suffix(".lock")):
        if not folder.exists():
            making = folder.with_suffix(".making")
            shutil.rmtree(making, ignore_errors=True)  # somebody failed
            making.mkdir()
            make(making / "data")
            making.rename(folder)
    return folder / "data"
