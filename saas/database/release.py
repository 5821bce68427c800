"""Keep database connections out of waits on the network: the pool is small, and all tenants share it."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.db import connection


class ConnectionHeld(RuntimeError):
    """A wait on the network began while its thread had a database connection open."""


@contextmanager
def released() -> Iterator[None]:
    """Give this thread's connection back to the pool at the end, unless an outer transaction is open."""
    try:
        yield
    finally:
        give_back()


def give_back() -> None:
    """Give this thread's connection back to the pool, unless a transaction is open in it."""
    if not connection.in_atomic_block:
        connection.close()


def refuse_to_wait() -> None:
    """Raise ConnectionHeld if this thread has a database connection when a wait is about to begin. Only in tests and
    while debugging: in production the wait is bounded, and a failure would be worse."""
    if settings.REFUSE_HELD_CONNECTIONS and _is_held():
        raise ConnectionHeld("Hand the database connection back before you wait on the network.")


def _is_held() -> bool:
    """Return whether product code has a connection. One that is open only for a test's transaction does not count."""
    if connection.connection is None:
        return False
    blocks = connection.atomic_blocks
    return not blocks or not all(getattr(block, "_from_testcase", False) for block in blocks)
