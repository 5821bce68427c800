"""A database that begins is made by the squashed migrations, an older one by those they replace: both are the same."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import LiteralString

import psycopg
import pytest
from django.db import connection
from psycopg import sql

pytestmark = pytest.mark.django_db

ROOT = Path(__file__).parents[3]
ONE_BY_ONE = """
import sys
import django
django.setup()
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader
connection.settings_dict["NAME"] = sys.argv[1]
executor = MigrationExecutor(connection)
executor.loader = MigrationLoader(connection, replace_migrations=False)
last = {}
for app, name in executor.loader.graph.nodes:
    last[app] = max(name, last.get(app, ""))
executor.migrate(list(last.items()))
"""
CATALOG: dict[str, LiteralString] = {
    "columns": """
        SELECT table_name, column_name, data_type, character_maximum_length, is_nullable, column_default, is_identity
        FROM information_schema.columns WHERE table_schema = 'public' ORDER BY 1, 2""",
    "constraints": """
        SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid), condeferred
        FROM pg_constraint WHERE connamespace = 'public'::regnamespace ORDER BY 1, 2""",
    "indexes": "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1",
    "policies": "SELECT tablename, policyname, cmd, qual, with_check FROM pg_policies ORDER BY 1, 2",
    "walls": """
        SELECT relname, relrowsecurity, relforcerowsecurity
        FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' ORDER BY 1""",
    "functions": """
        SELECT p.proname, pg_get_functiondef(p.oid) FROM pg_proc p JOIN pg_language l ON l.oid = p.prolang
        WHERE p.pronamespace = 'public'::regnamespace AND l.lanname <> 'c' AND p.prokind = 'f' ORDER BY 1""",
    "triggers": "SELECT tgname, pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal ORDER BY 1, 2",
    "models": "SELECT to_jsonb(m) - 'id' FROM studio_imagemodel m ORDER BY 1",
    "prices": "SELECT to_jsonb(p) - 'id' FROM billing_price p ORDER BY 1",
    "migrations": "SELECT app, name FROM django_migrations WHERE name NOT LIKE '%squashed%' ORDER BY 1, 2",
}


@pytest.fixture
def other() -> Iterator[str]:
    """An empty database beside the tests' own."""
    name = f"{connection.settings_dict['NAME']}_one_by_one"
    with connected("postgres") as server:
        server.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(name)))
        server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    yield name
    with connected("postgres") as server:
        server.execute(sql.SQL("DROP DATABASE {}").format(sql.Identifier(name)))


def connected(database: str) -> psycopg.Connection[tuple[object, ...]]:
    told = connection.get_connection_params()
    names = {name: told[name] for name in ("host", "port", "user", "password") if told.get(name)}
    return psycopg.connect(**names, dbname=database, autocommit=True)


def described(database: str) -> dict[str, list[tuple[object, ...]]]:
    with connected(database) as open_connection:
        return {what: open_connection.execute(query).fetchall() for what, query in CATALOG.items()}


def test_both_ways_lead_to_the_same_database(other: str) -> None:
    subprocess.run(
        [sys.executable, "-c", ONE_BY_ONE, other],
        cwd=ROOT,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings"},
        check=True,
    )
    at_once, one_by_one = described(str(connection.settings_dict["NAME"])), described(other)
    for what in CATALOG:
        assert at_once[what] == one_by_one[what], what
    assert len(at_once["policies"]) > 30
    assert ("accounts", "0015_audit_entries") in at_once["migrations"]
