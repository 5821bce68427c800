"""A session of the database that takes a lock and does nothing more, as that of a program that has vanished."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

import psycopg

ORGANIZATION = "SELECT id FROM accounts_organization WHERE id = %s FOR UPDATE"
LINE = "SELECT pg_advisory_xact_lock(%s)"


@contextmanager
def held(
    statement: str, value: int, parameters: Mapping[str, Any], *, org_id: int = 0
) -> Iterator["psycopg.Connection[Any]"]:
    """`parameters` say how to connect. The lock is let go at the end of the block, if it is still held then."""
    session = psycopg.connect(**parameters)
    try:
        session.execute("SELECT set_config('app.org', %s, true)", [str(org_id or "")])
        assert session.execute(statement, [value]).fetchone() is not None, "nothing was locked"
        yield session
    finally:
        with suppress(psycopg.Error):  # the server may have ended it
            session.rollback()
        session.close()
