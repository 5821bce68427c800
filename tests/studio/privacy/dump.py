"""Everything that the database holds, past all walls: as the owner of the tables, for whom they are taken down within a
transaction that is rolled back."""

import json
from typing import Any

from django.apps import apps
from django.contrib.sessions.models import Session
from django.db import connection, transaction

from tests.support import raw_walls


def tables() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        return sorted(row[0] for row in cursor.fetchall())


def everything() -> dict[str, str]:
    """The rows of each table as text, and sessions besides as they are when they are unpacked."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for table in raw_walls.tenant_tables():
            cursor.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
        found = {table: _rows(cursor, table) for table in tables()}
        transaction.set_rollback(True)
    found["sessions, unpacked"] = json.dumps([session.get_decoded() for session in Session.objects.all()])
    return found


def where(*words: str) -> list[str]:
    """The tables in which one of these words stands, in whatever case."""
    return [table for table, rows in everything().items() if any(word.lower() in rows.lower() for word in words)]


def models() -> list[Any]:
    return list(apps.get_models(include_auto_created=True))


def _rows(cursor: Any, table: str) -> str:
    cursor.execute(f'SELECT t::text FROM "{table}" t')  # noqa: S608 a table's name from the catalogue
    return "\n".join(row[0] for row in cursor.fetchall())
