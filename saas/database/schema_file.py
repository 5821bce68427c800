"""Make all tables of a new database at once, from the file that `python -m tools.dump_schema` writes, so that only
newer migrations are left to run."""

from pathlib import Path

from django.db import connection, transaction

FILE = Path(__file__).with_name("schema.sql")
LOCK = 7_305_118_542_001  # any number that nothing else in this database locks


def load() -> bool:
    """Make the tables, walls, functions and first rows, all or nothing. Return False if there are tables already."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])  # two programs may begin at once
        cursor.execute("SELECT to_regclass('django_migrations') IS NULL")
        (is_empty,) = cursor.fetchone()
        if is_empty:
            cursor.execute("SET LOCAL check_function_bodies = off")  # functions stand before the tables they use
            cursor.execute(FILE.read_text())
    return bool(is_empty)
