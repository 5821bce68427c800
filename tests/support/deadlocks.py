"""Whether PostgreSQL had to end a deadlock: asked of its statistics, so that a second try cannot hide one."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

from saas.database.presence import presence

WAIT_SECONDS = 60
BACKENDS = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND backend_type = 'client backend'"
COUNTED = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"


@contextmanager
def no_deadlocks() -> Iterator[None]:
    """Assert that none was ended inside. Threads must have given their connections back at the end of the block."""
    before = _counted()
    yield
    assert _counted() - before == 0


def _counted() -> int:
    """A backend says what it has counted at the latest when it leaves, so those of the pool leave first, and the one
    that tells of this process."""
    presence.leave()
    leaving = _column(BACKENDS)
    connection.close()
    connection.close_pool()  # type: ignore[attr-defined]  # PostgreSQL's has one
    pause = threading.Event()
    for _ in range(WAIT_SECONDS * 20):
        if leaving.isdisjoint(_column(BACKENDS)):
            return max(_column(COUNTED))
        pause.wait(0.05)
    raise AssertionError("Connections of others should have been closed.")


def _column(statement: str) -> set[int]:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return {int(found) for (found,) in cursor.fetchall()}
