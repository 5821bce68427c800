import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NoReturn

import pytest
from django.core.cache import caches
from django.core.files.storage import default_storage, storages
from django.db import connection
from django.test import Client

from saas.ops import heartbeat
from saas.storage.redis_cache import counters
from saas.storage.s3 import ProbedS3Storage
from saas.web import component_checks as saas_looks
from saas.web import health
from studio.queue import standstill

PARTS = ["database", "queue", "channel_layer", "storage", "worker", "line"]


@pytest.fixture
def beating(db: None) -> None:
    heartbeat.beat()


@pytest.fixture(autouse=True)
def _nothing_is_known_yet() -> None:
    health.SHARED.forget()


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
    monkeypatch.setattr("saas.queue.broker.ask", _fails)


def _break_layer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("channels.layers.InMemoryChannelLayer.group_send", _fails)


def _break_storage(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(storages["probe"], "open", _fails)


def _break_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heartbeat, "DEAD_AFTER_SECONDS", 0)
    heartbeat.beat()


def _break_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(standstill, "oldest_seconds", lambda: heartbeat.WORK_SECONDS + 1.0)


def _meet(barrier: threading.Barrier) -> None:
    barrier.wait(60)


def _fails(*_: Any, **__: Any) -> NoReturn:
    raise OSError("down")


@pytest.mark.parametrize(
    ("part", "break_it"),
    list(
        zip(
            PARTS,
            [_break_database, _break_queue, _break_layer, _break_storage, _break_worker, _break_line],
            strict=True,
        )
    ),
)
def test_each_part_is_really_asked(
    part: str, break_it: Callable[[pytest.MonkeyPatch], None], beating: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        break_it(patch)
        answer = Client().get("/readyz")
    broken = [name for name, answers in answer.json()["parts"].items() if not answers]
    assert broken == (["database", "line"] if part == "database" else [part])


def test_callers_share_one_look(beating: None, monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[str] = []
    for part in PARTS:
        monkeypatch.setitem(health.CHECKS, part, lambda: looks.append("look"))
    assert [Client().get("/readyz").status_code for _ in range(20)] == [200] * 20
    assert len(looks) == len(PARTS)
    health.SHARED.forget()
    assert Client().get("/readyz").status_code == 200
    assert len(looks) == 2 * len(PARTS)


def test_a_part_that_hangs_is_looked_at_once_and_keeps_no_caller_waiting(
    beating: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    may_end, looks = threading.Event(), list[int]()
    monkeypatch.setattr(saas_looks, "LOOK_SECONDS", 0.3)
    monkeypatch.setattr(saas_looks, "SLOW_FOR_SECONDS", 0.0)

    def hang() -> None:
        looks.append(1)
        may_end.wait(60)

    monkeypatch.setitem(health.CHECKS, "storage", hang)
    try:
        with ThreadPoolExecutor(22) as pool:
            began = time.monotonic()
            answers = list(pool.map(lambda _: health.SHARED.parts()["storage"], range(44)))
            assert time.monotonic() - began < 10
        assert health.SHARED.parts() == {**dict.fromkeys(PARTS, True), "storage": False}
    finally:
        may_end.set()
    assert (answers, looks) == ([False] * 44, [1])
    monkeypatch.setitem(health.CHECKS, "storage", lambda: None)
    assert _comes_true(lambda: health.SHARED.parts()["storage"])


def test_parts_are_looked_at_side_by_side(beating: None, monkeypatch: pytest.MonkeyPatch) -> None:
    all_look = threading.Barrier(len(PARTS))
    for part in PARTS:
        monkeypatch.setitem(health.CHECKS, part, lambda: _meet(all_look))
    assert health.SHARED.parts() == dict.fromkeys(PARTS, True)


def test_a_part_that_failed_is_soon_looked_at_again_and_one_that_answered_is_not(
    beating: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: list[str] = []
    monkeypatch.setitem(health.CHECKS, "queue", lambda: looks.append("queue"))
    monkeypatch.setitem(health.CHECKS, "storage", fail)
    assert health.SHARED.parts()["storage"] is False
    monkeypatch.setitem(health.CHECKS, "storage", lambda: looks.append("storage"))
    assert _comes_true(lambda: health.SHARED.parts()["storage"])
    assert looks == ["queue", "storage"]


def test_storage_is_asked_by_a_client_of_its_own_that_gives_up_soon() -> None:
    made = ProbedS3Storage(bucket_name="pictures", region_name="us-east-1", access_key="a", secret_key="b")
    config = made.connection.meta.client.meta.config
    assert (config.connect_timeout, config.read_timeout, config.retries["total_max_attempts"]) == (1, 1, 1)


@pytest.mark.django_db(transaction=True)
def test_no_connection_is_held_while_the_other_parts_are_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    held: list[bool] = []
    monkeypatch.setitem(health.CHECKS, "queue", lambda: held.append(connection.connection is not None))
    Client().get("/readyz")
    assert held == [False]


def test_without_any_heartbeat_there_is_no_worker(db: None) -> None:
    assert Client().get("/readyz").json()["parts"]["worker"] is False


def test_asking_leaves_no_file_behind(beating: None) -> None:
    Client().get("/readyz")
    assert default_storage.listdir("readyz") == ([], [])


@pytest.mark.django_db(transaction=True)
def test_the_database_part_gives_its_connection_back() -> None:
    connection.close()
    pool = connection.pool  # type: ignore[attr-defined]  # PostgreSQL's has one
    before = pool.get_stats().get("requests_num", 0)
    Client().get("/readyz")
    after = pool.get_stats()
    assert after["requests_num"] > before
    assert after["pool_available"] == after["pool_size"]


def test_the_heart_beats_until_it_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heartbeat, "EVERY_SECONDS", 0.01)
    assert not heartbeat.is_alive()
    heartbeat.start()
    try:
        assert _comes_true(heartbeat.is_alive)
    finally:
        heartbeat.stop()
    time.sleep(0.05)
    counters.delete(heartbeat.KEY)
    time.sleep(0.05)
    assert not heartbeat.is_alive()


def test_the_heart_survives_a_cache_that_is_down(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heartbeat, "EVERY_SECONDS", 0.01)
    with monkeypatch.context() as patch:
        patch.setattr(type(caches["counters"]), "set", _fails)
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
