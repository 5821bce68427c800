"""Let only the operating system's user that runs Darkroom enter the database, without a password.

The application's role is a plain one. The superuser exists to make that role, and for backups; the application never
connects as the superuser.
"""

from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from saas.embedded.folder import DataFolder
from saas.embedded.runner import Runner, own_name

if TYPE_CHECKING:
    import psycopg

SUPERUSER = "postgres"
ROLE = "darkroom"
DATABASE = "darkroom"

HBA = "local all all peer map=runner\n"
IDENT = 'runner "{name}" postgres\nrunner "{name}" darkroom\n'


def write(cluster: Path, runner: Runner) -> None:
    """Write the rules of access, at each start, because the data may have been moved to another user since."""
    for name, text in (("pg_hba.conf", HBA), ("pg_ident.conf", IDENT.format(name=own_name()))):
        file = cluster / name
        file.write_text(text)
        file.chmod(0o600)
        runner.give(file)


def url(folder: DataFolder, *, role: str = ROLE, database: str = DATABASE) -> str:
    return f"postgresql://{role}@/{database}?host={quote(str(folder.sockets), safe='')}&port=5432"


def provide(folder: DataFolder) -> None:
    """Make the role and the database if they are missing, also if an earlier start was interrupted between the two."""
    import psycopg  # start-up imports it while PostgreSQL is starting

    with psycopg.connect(url(folder, role=SUPERUSER, database="postgres"), autocommit=True) as connection:
        if not _exists(connection, "SELECT 1 FROM pg_roles WHERE rolname = %s", ROLE):
            connection.execute(f"CREATE ROLE {ROLE} LOGIN CREATEDB NOSUPERUSER NOCREATEROLE NOBYPASSRLS")
        if not _exists(connection, "SELECT 1 FROM pg_database WHERE datname = %s", DATABASE):
            connection.execute(f"CREATE DATABASE {DATABASE} OWNER {ROLE}")


def _exists(connection: "psycopg.Connection", query: str, name: str) -> bool:
    return connection.execute(query, [name]).fetchone() is not None
