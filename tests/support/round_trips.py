"""Count the round trips to PostgreSQL that this process makes, from all of its threads: every statement, and each
BEGIN, COMMIT and ROLLBACK, which psycopg sends by themselves."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from psycopg.pq import TransactionStatus

BEGIN = "BEGIN"


@contextmanager
def counted() -> Iterator[list[str]]:
    """Yield a list that grows by one line for each round trip."""
    said: list[str] = []
    execute, commit, rollback = psycopg.Cursor.execute, psycopg.Connection.commit, psycopg.Connection.rollback

    def note_execute(cursor: psycopg.Cursor[Any], query: Any, *args: Any, **options: Any) -> psycopg.Cursor[Any]:
        held = cursor.connection
        if held.info.transaction_status == TransactionStatus.IDLE and not held.autocommit:
            said.append(BEGIN)
        said.append(_shown(query))
        return execute(cursor, query, *args, **options)

    def note_commit(held: psycopg.Connection[Any]) -> None:
        if held.info.transaction_status != TransactionStatus.IDLE:
            said.append("COMMIT")
        commit(held)

    def note_rollback(held: psycopg.Connection[Any]) -> None:
        if held.info.transaction_status != TransactionStatus.IDLE:
            said.append("ROLLBACK")
        rollback(held)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(psycopg.Cursor, "execute", note_execute)
        patched.setattr(psycopg.Connection, "commit", note_commit)
        patched.setattr(psycopg.Connection, "rollback", note_rollback)
        yield said


def _shown(query: Any) -> str:
    text = query.decode() if isinstance(query, bytes) else str(query)
    return re.sub(r"\s+", " ", text).strip()[:160]
