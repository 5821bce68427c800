"""Bound how long a PostgreSQL session may block others: by a lock, by an idle transaction, or because its machine has
vanished without closing the connection. Without these settings, each of them could last forever."""

from collections.abc import Mapping

LOCK_SECONDS = 8  # less than the ten that a thread waits for a connection of the pool
IDLE_SECONDS = 15
CONNECT_SECONDS = 5
PATIENT_LOCK_SECONDS = 60  # for exports and other long work that no session waits for
MIGRATE_LOCK_SECONDS = 3  # every session that uses the table waits behind a migration that waits for its lock
MIGRATE_SECONDS = 300.0  # in which a migration that met a lock is tried again
PATIENT_IDLE_SECONDS = 600
HURRIED_LOCK_MILLISECONDS = 250  # for a lock that other sessions wait for behind this one

# Both ends notice a vanished machine after ten seconds of silence and three keepalive probes.
SESSION = {
    "lock_timeout": f"{LOCK_SECONDS}s",
    "idle_in_transaction_session_timeout": f"{IDLE_SECONDS}s",
    "tcp_keepalives_idle": "10",
    "tcp_keepalives_interval": "5",
    "tcp_keepalives_count": "3",
    "tcp_user_timeout": "20s",
}
LIBPQ = {
    "connect_timeout": str(CONNECT_SECONDS),
    "keepalives": "1",
    "keepalives_idle": "10",
    "keepalives_interval": "5",
    "keepalives_count": "3",
    "tcp_user_timeout": "20000",
}

# By SQLSTATE.
NOT_LOCKED = "55P03"  # the lock did not come free in time
DEADLOCK = "40P01"
IDLE_ENDED = "25P03"  # the session was idle in a transaction for too long, and PostgreSQL ended it


def parameters(own: Mapping[str, str | int]) -> dict[str, str | int]:
    """Return the connection parameters: those given, and a bound on every wait that they leave open."""
    options = " ".join(f"-c {name}={value}" for name, value in SESSION.items())
    return {**LIBPQ, **own, "options": f"{options} {own.get('options', '')}".strip()}


PASSING = {NOT_LOCKED, DEADLOCK}  # nothing was done, and another try may succeed


def state_of(error: BaseException | None) -> str | None:
    """Return the SQLSTATE of an error from Django or psycopg."""
    return getattr(error, "sqlstate", None) or getattr(getattr(error, "__cause__", None), "sqlstate", None)


def is_locked(error: BaseException) -> bool:
    """Return whether a lock did not come free in time, so that nothing was done and another try may succeed."""
    return state_of(error) == NOT_LOCKED
