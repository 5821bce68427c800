"""Make migrations that build or remove an index concurrently repeatable.

PostgreSQL builds such an index in several transactions, and if that fails, by a lock or a lost connection, an invalid
index of that name stays behind. The build waits for each transaction that began before it, and blocks none."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db.backends.postgresql.schema import DatabaseSchemaEditor
from django.db.models import Index, Model

from saas.database import waits

INVALID = """
SELECT 1 FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid
WHERE relname = %s AND NOT indisvalid AND pg_table_is_visible(indexrelid)
"""
SET_TIMEOUT = "SELECT set_config('lock_timeout', %s, false)"


class SchemaEditor(DatabaseSchemaEditor):
    # A valid index that exists already was built by an earlier try of the same migration.
    sql_create_index_concurrently = DatabaseSchemaEditor.sql_create_index_concurrently.replace(
        "CONCURRENTLY", "CONCURRENTLY IF NOT EXISTS"
    )

    def add_index(self, model: type[Model], index: Index, concurrently: bool = False) -> None:
        if not concurrently or self.collect_sql:
            super().add_index(model, index, concurrently)
            return
        with self._patiently():
            self._drop_invalid(index.name)
            super().add_index(model, index, concurrently=True)

    def remove_index(self, model: type[Model], index: Index, concurrently: bool = False) -> None:
        if not concurrently or self.collect_sql:
            super().remove_index(model, index, concurrently)
            return
        with self._patiently():
            super().remove_index(model, index, concurrently=True)

    def _drop_invalid(self, name: str) -> None:
        with self.connection.cursor() as cursor:
            cursor.execute(INVALID, [name])
            if cursor.fetchone():
                cursor.execute(self.sql_delete_index_concurrently % {"name": self.quote_name(name)})

    @contextmanager
    def _patiently(self) -> Iterator[None]:
        with self.connection.cursor() as cursor:
            cursor.execute("SHOW lock_timeout")
            (before,) = cursor.fetchone()
            cursor.execute(SET_TIMEOUT, [f"{waits.PATIENT_LOCK_SECONDS}s"])
        try:
            yield
        finally:
            self._set_back(before)

    def _set_back(self, timeout: Any) -> None:
        if self.connection.connection is not None and not self.connection.connection.closed:
            with self.connection.cursor() as cursor:
                cursor.execute(SET_TIMEOUT, [timeout])
