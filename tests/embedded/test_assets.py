"""Static files are collected by a copy of the process, once, and not at all where it fails."""

import time
from pathlib import Path

import pytest
from django.core import management

from saas.embedded import assets
from saas.embedded.refusal import Refusal


def collected(target: Path) -> list[str]:
    """What was done meanwhile."""
    done = []
    with assets.collected(target):
        done.append("the tables")
    return done


def test_they_are_collected_once_beside_what_is_done_meanwhile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = tmp_path / "calls"
    monkeypatch.setattr(management, "call_command", lambda *said, **_: calls.open("a").write(f"{said[0]}\n"))
    assert collected(tmp_path) == collected(tmp_path) == ["the tables"]
    assert calls.read_text() == "collectstatic\n"


def test_where_it_fails_it_is_refused_and_tried_again_the_next_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object, **__: object) -> None:
        raise OSError

    monkeypatch.setattr(management, "call_command", fails)
    for _ in range(2):
        with pytest.raises(Refusal, match="cannot be collected"):
            collected(tmp_path)
        assert list(tmp_path.iterdir()) == []


def test_an_interrupted_start_does_not_wait_for_them_and_the_next_one_begins_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, cleared = tmp_path / "begun", tmp_path / "cleared"

    def never_ends(*_: object, **__: object) -> None:
        begun.touch()
        time.sleep(60)
        (tmp_path / "ended").touch()

    monkeypatch.setattr(management, "call_command", never_ends)
    with pytest.raises(KeyboardInterrupt), assets.collected(tmp_path):
        interrupt(once=begun)
    assert list(tmp_path.iterdir()) == [begun]
    monkeypatch.setattr(management, "call_command", lambda *_, clear, **__: cleared.write_text(str(clear)))
    assert collected(tmp_path) == ["the tables"]
    assert cleared.read_text() == "True"


def interrupt(*, once: Path) -> None:
    """Raise KeyboardInterrupt when the file exists."""
    deadline = time.monotonic() + 30
    while not once.exists():
        assert time.monotonic() < deadline
        time.sleep(0.01)
    raise KeyboardInterrupt
