"""Control what surrounds a transaction: acts after its commit, a second try if the database ended it, and how long it
may wait for locks."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import ParamSpec, TypeVar

import structlog
from django.db import OperationalError, connection, transaction

from saas.database import waits
from saas.fairness import visitors

P = ParamSpec("P")
R = TypeVar("R")
PASSING = {"40P01": "deadlock", "40001": "serialization failure"}  # by SQLSTATE

log = structlog.get_logger("darkroom.transactions")


def after_commit(act: Callable[P, object], *args: P.args, **kwargs: P.kwargs) -> None:
    """Call `act` when the transaction is committed, or at once if none is open. Django's own function would take a
    connection from the pool for the latter, and its thread would keep it through all that follows."""
    if connection.in_atomic_block:
        transaction.on_commit(partial(act, *args, **kwargs))
    else:
        act(*args, **kwargs)


def once_more(act: Callable[[], R]) -> R:
    """Run an act, and once more if the database ended its transaction because of a deadlock or a serialization failure.

    The act must open its transaction or savepoint itself and have no effect outside of it before the commit. Locks that
    an outer transaction took before are kept, so a deadlock over those ends the second try as well."""
    try:
        return act()
    except OperationalError as error:
        reason = PASSING.get(getattr(error.__cause__, "sqlstate", None) or "")
        if reason is None:
            raise
        log.warning("transaction is tried once more", reason=reason)
    result = act()
    visitors.forget_locked()
    return result


@contextmanager
def patient(*, lock_seconds: int = waits.PATIENT_LOCK_SECONDS) -> Iterator[None]:
    """Let the block wait longer for locks and be idle in a transaction for minutes: for rare, long work."""
    is_one_transaction = connection.in_atomic_block
    _set(
        {
            "lock_timeout": f"{lock_seconds}s",
            "idle_in_transaction_session_timeout": f"{waits.PATIENT_IDLE_SECONDS}s",
        },
        is_local=is_one_transaction,
    )
    try:
        yield
    finally:
        if not is_one_transaction and connection.connection is not None:
            with connection.cursor() as cursor:
                cursor.execute("RESET lock_timeout; RESET idle_in_transaction_session_timeout")


def hurry() -> None:
    """Wait for locks for a quarter of a second at most until this transaction ends, because others wait behind it."""
    _set({"lock_timeout": f"{waits.HURRIED_LOCK_MILLISECONDS}ms"}, is_local=True)


def _set(settings: Mapping[str, str], *, is_local: bool) -> None:
    words = ", ".join(["set_config(%s, %s, %s)"] * len(settings))
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {words}", [value for item in settings.items() for value in (*item, is_local)])
