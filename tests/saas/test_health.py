import time
from collections.abc import Callable
from typing import Any, NoReturn

import pytest
from django.core.cache import cache
from django.core.files.storage import default_storage
from django.test import Client

from saas import health, heartbeat

PARTS = ["database", "queue", "channel_layer", "storage", "worker"]


@pytest.fixture
def beating(db: None) -> None:
    cache.set(heartbeat.KEY, time.time())


def fail() -> NoReturn:
    raise RuntimeError("a reason that is nobody's business")


def test_alive_is_said_without_a_database() -> None:
    answer = Client().get("/healthz")
    assert (answer.status_code, answer.content) == (200, b"ok\n")


def test_ready_means_that_every_part_answers(beating: None) -> None:
    answer = Client().get("/readyz")
    assert answer.status_code == 200
    assert answer.json() == {"ready": True, "parts": dict.fromkeys(PARTS, True)}


@pytest.mark.parametrize("part", PARTS)
def test_a_part_that_fails_is_named_and_its_reason_kept(
    part: str, beating: None, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setitem(health.CHECKS, part, fail)
    answer = Client().get("/readyz")
    assert answer.status_code == 503
    assert answer.json() == {"ready": False, "parts": {**dict.fromkeys(PARTS, True), part: False}}
    assert b"nobody's business" not in answer.content
    assert any("not ready" in record.getMessage() and part in record.getMessage() for record in caplog.records)


def _break_database(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("django.db.backends.utils.CursorWrapper.execute", _fails)


def _break_queue(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("saas.broker.ask", _fails)


def _break_layer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("channels.layers.InMemoryChannelLayer.group_send", _fails)


def _break_storage(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(default_storage, "open", _fails)


def _break_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    cache.set(heartbeat.KEY, time.time() - heartbeat.DEAD_AFTER_SECONDS - 1)


def _fails(*_: Any, **__: Any) -> NoReturn:
    raise OSError("down")


@pytest.mark.parametrize(
    ("part", "break_it"),
    list(zip(PARTS, [_break_database, _break_queue, _break_layer, _break_storage, _break_worker], strict=True)),
)
def test_each_part_is_really_asked(
    part: str, break_it: Callable[[pytest.MonkeyPatch], None], beating: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        break_it(patch)
        answer = Client().get("/readyz")
    assert [name for name, answers in answer.json()["parts"].items() if not answers] == [part]


def test_without_any_heartbeat_there_is_no_worker(db: None) -> None:
    assert Client().get("/readyz").json()["parts"]["worker"] is False


def test_asking_leaves_no_file_behind(beating: None) -> None:
    Client().get("/readyz")
    assert default_storage.listdir("readyz") == ([], [])


def test_the_heart_beats_until_it_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heartbeat, "EVERY_SECONDS", 0.01)
    assert not heartbeat.is_alive()
    heartbeat.start()
    try:
        assert _comes_true(heartbeat.is_alive)
    finally:
        heartbeat.stop()
    time.sleep(0.05)
    cache.delete(heartbeat.KEY)
    time.sleep(0.05)
    assert not heartbeat.is_alive()


def test_the_heart_survives_a_cache_that_is_down(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heartbeat, "EVERY_SECONDS", 0.01)
    with monkeypatch.context() as patch:
        patch.setattr(type(cache._connections["default"]), "set", _fails)  # type: ignore[attr-defined]
        heartbeat.start()
        time.sleep(0.05)
        assert not heartbeat.is_alive()
    try:
        assert _comes_true(heartbeat.is_alive)
    finally:
        heartbeat.stop()


def _comes_true(condition: Callable[[], bool]) -> bool:
    until = time.monotonic() + 2
    while time.monotonic() < until:
        if condition():
            return True
        time.sleep(0.01)
    return False
