"""Share the connections of Django's PostgreSQL pool between tenants. See saas.fairness.connection_seats."""

import select
from types import TracebackType
from typing import Any

import psycopg
from django.db import OperationalError
from django.db.backends.postgresql import base
from django.db.utils import DatabaseErrorWrapper
from django.utils.functional import cached_property
from psycopg_pool import ConnectionPool

from saas.database import waits
from saas.database.schema_editor import SchemaEditor
from saas.fairness import connection_seats, visitors


class DatabaseWrapper(base.DatabaseWrapper):
    SchemaEditorClass = SchemaEditor
    _seat: connection_seats.Seat | None = None

    @cached_property
    def wrap_database_errors(self) -> DatabaseErrorWrapper:
        return _Errors(self)

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        pool = self.settings_dict["OPTIONS"].get("pool")
        if not pool:
            return super().get_new_connection(conn_params)
        seat = connection_seats.take(of=pool["max_size"])
        try:
            found = self._living(conn_params, most=pool["max_size"])
        except BaseException as error:
            _leave(seat)
            if isinstance(error, psycopg.OperationalError):
                visitors.note_kept_out()
            raise
        self._seat = seat
        return found

    def _living(self, conn_params: dict[str, Any], *, most: int) -> Any:
        """Take a connection from the pool that PostgreSQL has not ended. Close the ended ones, so that the pool makes
        new ones. The check needs no round trip, since a connection is taken dozens of times for one picture."""
        for _ in range(most):
            found = super().get_new_connection(conn_params)
            if not _was_ended(found):
                return found
            found.close()
            self.pool.putconn(found)
        return super().get_new_connection(conn_params)

    def _close(self) -> None:
        try:
            super()._close()  # type: ignore[misc]  # the stubs do not know it
        finally:
            seat, self._seat = self._seat, None
            _leave(seat)


def _was_ended(connection: "psycopg.Connection[Any]") -> bool:
    """Return whether PostgreSQL has ended a connection that was idle in the pool. An ended connection has a last
    message to read; one that waits for its next statement has nothing to read."""
    if not has_words(connection):
        return False
    try:
        ConnectionPool.check_connection(connection)
    except psycopg.OperationalError:
        return True
    return False


def has_words(connection: "psycopg.Connection[Any]") -> bool:
    """Return whether PostgreSQL has sent something that is still unread: as a rule, that the connection has ended."""
    looking = select.poll()
    looking.register(connection.fileno(), select.POLLIN)
    return bool(looking.poll(0))


def _leave(seat: connection_seats.Seat | None) -> None:
    if seat is not None:
        connection_seats.seats.leave(seat)


class _Errors(DatabaseErrorWrapper):
    """Notes for the request that a lock stopped it. A session that PostgreSQL ended for being idle in a transaction is
    treated as a lost connection like any other, although its SQLSTATE counts as an internal error."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        state = getattr(error, "sqlstate", None)
        if state in {waits.NOT_LOCKED, waits.DEADLOCK}:
            visitors.note_locked()
        if error is not None and state == waits.IDLE_ENDED:
            self.wrapper.errors_occurred = True  # type: ignore[attr-defined]  # the stubs do not know it
            raise OperationalError(*error.args).with_traceback(traceback) from error
        super().__exit__(kind, error, traceback)
