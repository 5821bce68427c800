"""A new database is made from schema.sql, an older one by migrations: both lead to the same tables and rows."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
from django.db import connection
from psycopg import sql

from saas.database import schema_file

pytestmark = pytest.mark.django_db

ROOT = Path(__file__).parents[3]
SETUP = "import django; django.setup(); "
BY_MIGRATIONS = f"{SETUP} from tools.dump_schema import *; migrate_one_by_one(); print({{}}(), end='')"
AT_ONCE = f"{SETUP} from tools.dump_schema import *; print(schema_file.load()); print({{}}(), end='')"
LOAD = f"{SETUP} from saas.database import schema_file; print(schema_file.load())"
LOAD_OTHER = (
    f"{SETUP} import sys; from pathlib import Path; from saas.database import schema_file;"
    "schema_file.FILE = Path(sys.argv[1]); schema_file.load()"
)
MIGRATE = f"{SETUP} from django.core.management import call_command; call_command('migrate', *sys.argv[1:])"


@contextmanager
def empty_database(name: str) -> Iterator[str]:
    """Make an empty database beside the tests' own. Yield its address."""
    own = f"{connection.settings_dict['NAME']}_{name}"
    with connected("postgres") as server:
        server.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(own)))
        server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(own)))
    try:
        yield urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{own}").geturl()
    finally:
        with connected("postgres") as server:
            server.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(own)))


@pytest.fixture
def empty() -> Iterator[str]:
    with empty_database("empty") as address:
        yield address


def connected(database: str) -> psycopg.Connection[tuple[object, ...]]:
    told = connection.get_connection_params()
    names = {name: told[name] for name in ("host", "port", "user", "password") if told.get(name)}
    return psycopg.connect(**names, dbname=database, autocommit=True)


def started(address: str, program: str, *arguments: str) -> "subprocess.Popen[str]":
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings", "DATABASE_URL": address}
    command = [sys.executable, "-c", f"import sys; {program}", *arguments]
    return subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def run(address: str, program: str, *arguments: str) -> tuple[int, str, str]:
    process = started(address, program, *arguments)
    out, errors = process.communicate(timeout=300)
    return process.returncode, out, errors


def said(address: str, program: str, *arguments: str) -> str:
    code, out, errors = run(address, program, *arguments)
    assert code == 0, errors
    return out


def tables(address: str) -> int:
    with psycopg.connect(address) as session:
        counted = session.execute("SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace")
        return int(counted.fetchone()[0])  # type: ignore[index]  # it has one row


def test_both_ways_lead_to_the_same_catalogue_and_rows() -> None:
    """Tables, defaults, indexes, constraints, policies, functions, triggers, owners, rights, options, sequences and
    rows: whatever pg_dump writes."""
    with empty_database("by_migrations") as address:
        by_migrations = said(address, BY_MIGRATIONS.format("catalogue"))
        current = said(address, f"{SETUP} from tools.dump_schema import *; print(dump(), end='')")
    with empty_database("at_once") as address:
        at_once = said(address, AT_ONCE.format("catalogue"))
    assert at_once.splitlines() == ["True", *by_migrations.splitlines()]
    assert by_migrations.count("CREATE POLICY") > 30
    assert by_migrations.count("OWNER TO") > 60
    assert "INSERT INTO public.studio_imagemodel" in by_migrations
    assert current == schema_file.FILE.read_text(), "run .venv/bin/python -m tools.dump_schema"


def test_migrate_makes_a_new_database_from_the_file_and_finds_nothing_left_to_do(empty: str) -> None:
    lines = said(empty, MIGRATE).splitlines()
    assert lines[0] == "Made the tables of a new database."
    assert "  No migrations to apply." in lines
    assert said(empty, LOAD) == "False\n"
    assert "Made the tables" not in said(empty, MIGRATE)


@pytest.mark.parametrize("option", ["--plan", "sessions"])
def test_migrate_makes_no_tables_that_were_not_asked_for(empty: str, option: str) -> None:
    assert "Made the tables" not in said(empty, MIGRATE, option)


def test_a_file_that_fails_half_way_leaves_nothing(empty: str, tmp_path: Path) -> None:
    half = tmp_path / "half.sql"
    half.write_text("\n".join([schema_file.FILE.read_text(), "TABLE no_such_table;"]))
    code, _, errors = run(empty, LOAD_OTHER, str(half))
    assert code == 1
    assert "no_such_table" in errors
    assert tables(empty) == 0


def test_of_two_at_once_one_makes_the_tables(empty: str) -> None:
    both = [started(empty, LOAD) for _ in range(2)]
    answers = [process.communicate(timeout=300) for process in both]
    assert sorted(out for out, _ in answers) == ["False\n", "True\n"], answers
