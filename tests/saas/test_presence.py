"""Who is seen to live, while PostgreSQL ends sessions as in a restart. Against the real one."""

import time
from collections.abc import Callable, Iterator
from threading import current_thread
from typing import Any

import psycopg
import pytest
from django.db import connection

from saas.database import presence as module
from saas.database.presence import LIVING, LOCK, RETURN_SECONDS, Presence

pytestmark = pytest.mark.django_db(transaction=True)

SOON_SECONDS = 4
END = """
SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND classid = %s AND objid = ANY (%s)
"""


@pytest.fixture
def two() -> Iterator[tuple[Presence, Presence]]:
    """Two processes."""
    one, other = Presence(), Presence()
    yield one, other
    one.leave()
    other.leave()


def living() -> set[int]:
    with connection.cursor() as cursor:
        cursor.execute(LIVING, {"lock": LOCK})
        return {number for (number,) in cursor.fetchall()}


def end_sessions(*processes: Presence) -> None:
    numbers = [process.number() for process in processes]
    with connection.cursor() as cursor:
        cursor.execute(END, [LOCK, numbers])
        assert cursor.rowcount == len(numbers)
    wait_until(lambda: not any(process._holds.is_set() for process in processes))


def wait_until(holds: Callable[[], bool], seconds: float = 20) -> float:
    """Return how long it took."""
    began = time.monotonic()
    while not holds():
        assert time.monotonic() - began < seconds
        time.sleep(0.01)
    return time.monotonic() - began


def test_a_process_whose_session_was_ended_is_seen_again_soon(two: tuple[Presence, Presence]) -> None:
    one, _ = two
    assert one.number() in living()
    for _ in range(2):
        began = time.monotonic()
        end_sessions(one)
        wait_until(lambda: one.number() in living())
        assert time.monotonic() - began < SOON_SECONDS


def test_who_has_come_back_judges_nobody_until_all_others_had_their_time(
    two: tuple[Presence, Presence], monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other = two
    monkeypatch.setattr(module, "RETURN_SECONDS", 0.0)
    assert {one.number(), other.number()} <= living()
    assert one.is_sure()
    monkeypatch.setattr(module, "RETURN_SECONDS", RETURN_SECONDS)
    connect, thread = psycopg.connect, other._thread

    def late(*args: Any, **options: Any) -> Any:
        if current_thread() is thread:
            raise psycopg.OperationalError("the database system is starting up")
        return connect(*args, **options)

    monkeypatch.setattr("saas.database.presence.psycopg.connect", late)
    end_sessions(one, other)
    wait_until(lambda: one.number() in living())
    assert other.number() not in living()
    assert not one.is_sure()
    monkeypatch.undo()
    wait_until(lambda: other.number() in living())
    wait_until(one.is_sure, RETURN_SECONDS + SOON_SECONDS)


def test_after_a_start_of_postgresql_nobody_is_judged(
    two: tuple[Presence, Presence], monkeypatch: pytest.MonkeyPatch
) -> None:
    one, _ = two
    one.number()
    up = "SELECT extract(epoch FROM clock_timestamp() - pg_postmaster_start_time())"
    with connection.cursor() as cursor:
        cursor.execute(up)
        seconds = float(cursor.fetchone()[0])
    monkeypatch.setattr(module, "RETURN_SECONDS", seconds + 60)
    assert not one.is_sure()
    monkeypatch.setattr(module, "RETURN_SECONDS", seconds / 2)
    assert one.is_sure()
