"""bin/run --open."""

import time
from pathlib import Path

import pytest

from saas.embedded import browser
from tests.embedded.instance import running_darkroom
from tests.embedded.prepared import copied

WAIT_SECONDS = 60


def browser_that_notes(folder: Path) -> tuple[Path, Path]:
    program, note = folder / "browser", folder / "opened"
    program.write_text(f'#!/bin/sh\necho "$1" > {note}.part && mv {note}.part {note}\n')
    program.chmod(0o700)
    return program, note


def test_the_first_page_is_opened_when_it_is_ready(first_data: Path, tmp_path: Path) -> None:
    program, note = browser_that_notes(tmp_path)
    with running_darkroom(copied(first_data, tmp_path), 0, "--open", BROWSER=str(program)) as instance:
        ends_at = time.monotonic() + WAIT_SECONDS
        while not note.exists():
            assert time.monotonic() < ends_at
            time.sleep(0.05)
        assert note.read_text() == f"{instance.url}\n"


def test_without_a_screen_the_terminal_stays_free(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in browser.SCREENS:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setattr("webbrowser.open", lambda _: pytest.fail("a text browser would take the terminal over"))
    browser.open_page("http://127.0.0.1:8000")
    assert capsys.readouterr().out == "  No browser could be opened here. Open http://127.0.0.1:8000 in yours.\n"
