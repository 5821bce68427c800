"""Static files are collected by a copy of the process, once, and not at all where it fails."""

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
