"""Reconnect soon after an outage of PostgreSQL. By itself, psycopg's pool waits twice as long after each try: after an
outage of a minute, it could take up to another minute to reconnect."""

from contextlib import suppress
from typing import Any

from psycopg_pool import ConnectionPool, PoolTimeout

RECONNECT_SECONDS = 4.0  # in which the pool tries after 0, 1, 3 and 4 seconds; then a new series begins
MOMENT_SECONDS = 0.01


def try_again(pool: "ConnectionPool[Any]") -> None:
    """Have the pool connect again after it has given a connection up, if threads wait. By itself it would do so only on
    the next request for a connection, and the threads that wait already make none."""
    if pool.get_stats().get("requests_waiting"):
        with suppress(PoolTimeout):
            pool.putconn(pool.getconn(timeout=MOMENT_SECONDS))


OPTIONS: dict[str, Any] = {"reconnect_timeout": RECONNECT_SECONDS, "reconnect_failed": try_again}
