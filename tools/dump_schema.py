"""Write saas/database/schema.sql again after a change of the migrations: .venv/bin/python -m tools.dump_schema

All migrations run on an empty database, and pg_dump says what they have made."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import django
from django.core.management import call_command
from django.core.management.commands import migrate
from django.db import connection, connections

from saas.database import schema_file
from saas.embedded.binaries import binaries
from tools import test

HEADER = "-- Written by `python -m tools.dump_schema` from the migrations. Do not edit.\n\n"
NOISE = re.compile(r"(--|SET |\\|SELECT pg_catalog\.set_config)")
SCHEMA = re.compile(r"\bpublic\.")
# PostgreSQL stores `state IN ('a', 'b')` in one form, writes it in a second, and stores that in a third.
CHOICE = re.compile(r"\((\w+)\)::text = ANY \(\(ARRAY\[([^]]*)\]\)::text\[\]\)")
APPLIED = re.compile(r"^(INSERT INTO public\.django_migrations .*)'[^']+'\);$", re.MULTILINE)


def main() -> int:
    with test.scratch_folder() as scratch, test.database(scratch) as url:
        os.environ.update(DATABASE_URL=url, DJANGO_SETTINGS_MODULE="tests.settings")
        django.setup()
        migrate_one_by_one()
        schema_file.FILE.write_text(dump())
        connections.close_all()
        connection.close_pool()  # type: ignore[attr-defined]  # PostgreSQL's has one
    return 0


def migrate_one_by_one() -> None:
    """Run all migrations, as if there were no schema.sql."""
    call_command(migrate.Command(), interactive=False, verbosity=0)


def dump() -> str:
    """Return the statements that make this database: without owners, so that they belong to the role that runs them,
    and without the name of its schema."""
    return HEADER + "\n".join(_tidied(catalogue("--no-owner", "--no-privileges").splitlines())) + "\n"


def catalogue(*options: str) -> str:
    """Return what pg_dump says of this database, but for the time of its migrations."""
    told = connection.get_connection_params()
    places = {"PGHOST": "host", "PGPORT": "port", "PGUSER": "user", "PGPASSWORD": "password", "PGDATABASE": "dbname"}
    variables = {variable: str(told[name]) for variable, name in places.items() if told.get(name)}
    command: list[str | Path] = [
        binaries() / "pg_dump",
        "--column-inserts",
        "--enable-row-security",
        "--restrict-key=none",
        *options,
    ]
    environment = {"PATH": os.defpath, **variables}
    said = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True).stdout
    return APPLIED.sub(r"\1now());", said)


def _tidied(lines: list[str]) -> Iterator[str]:
    is_body, before = False, ""
    for line in lines:
        kept = line
        if not is_body:
            if NOISE.match(line) or (not line and not before):
                continue
            kept = CHOICE.sub(_as_written, SCHEMA.sub("", line))
        is_body ^= line.count("$$") % 2 == 1
        before = kept
        yield kept


def _as_written(choice: re.Match[str]) -> str:
    column, values = choice.groups()
    return f"{column} IN ({values.replace('::character varying', '')})"


if __name__ == "__main__":
    sys.exit(main())
