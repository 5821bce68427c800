"""What docs/operations.md says of backups: who may make one, and that it brings everything back."""

import subprocess
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from saas.embedded import identity
from saas.embedded.binaries import binaries
from saas.embedded.folder import DataFolder
from saas.embedded.runner import own_name
from tests.scaled import databases
from tests.scaled.programs import wait_until

pytestmark = pytest.mark.scaled

EVERYTHING = """
SELECT (SELECT count(*) FROM accounts_membership),
       (SELECT count(*) FROM accounts_auditentry),
       (SELECT count(*) FROM pg_class WHERE relrowsecurity AND relforcerowsecurity),
       (SELECT count(*) FROM pg_policy),
       (SELECT count(*) FROM pg_trigger WHERE NOT tgisinternal)
"""


ROLES = ("darkroom", "darkroom_backup", "neighbour")
# As docs/operations.md and deploy/postgres/10-roles.sh make them.
BACKUP_ROLE = """
CREATE ROLE darkroom_backup LOGIN NOSUPERUSER BYPASSRLS;
GRANT pg_read_all_data TO darkroom_backup;
GRANT CONNECT ON DATABASE {database} TO darkroom_backup;
CREATE ROLE neighbour LOGIN NOSUPERUSER NOBYPASSRLS;
"""
AFTER_CREATEDB = (
    "REVOKE ALL ON DATABASE {database} FROM PUBLIC",
    "GRANT CONNECT ON DATABASE {database} TO darkroom_backup",
)


@pytest.fixture
def seeded(own_template: str) -> str:
    """The name of a database of our own cluster, with people in it."""
    return str(conninfo_to_dict(own_template)["dbname"])


@pytest.fixture
def roles(cluster: DataFolder, seeded: str) -> Iterator[None]:
    """Two roles more, which the cluster's own map of the system's user lets in, as a password would."""
    ident = cluster.cluster / "pg_ident.conf"
    usual = ident.read_text()
    with superuser(cluster) as connection:
        connection.execute(sql.SQL(BACKUP_ROLE).format(database=sql.Identifier(seeded)))
        ident.write_text(usual + "".join(f'runner "{own_name()}" {role}\n' for role in ROLES[1:]))
        connection.execute("SELECT pg_reload_conf()")
        for role in ROLES[1:]:
            wait_until(partial(may_connect, cluster, role, "postgres"), f"{role} is known")
    yield
    ident.write_text(usual)
    with superuser(cluster, seeded) as connection:
        connection.execute("DROP OWNED BY darkroom_backup; DROP ROLE darkroom_backup, neighbour")
        connection.execute("SELECT pg_reload_conf()")


def superuser(cluster: DataFolder, database: str = "postgres") -> psycopg.Connection[Any]:
    return psycopg.connect(identity.url(cluster, role=identity.SUPERUSER, database=database), autocommit=True)


def postgres(program: str, cluster: DataFolder, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [str(binaries() / program), f"--host={cluster.sockets}", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


def backup(cluster: DataFolder, role: str, database: str, file: Path) -> subprocess.CompletedProcess[str]:
    return postgres("pg_dump", cluster, f"--username={role}", "--format=custom", f"--file={file}", database)


def everything(cluster: DataFolder, database: str) -> tuple[int, ...]:
    with superuser(cluster, database) as connection:
        return connection.execute(EVERYTHING).fetchone() or ()


def may_connect(cluster: DataFolder, role: str, database: str) -> bool:
    with suppress(psycopg.OperationalError), psycopg.connect(identity.url(cluster, role=role, database=database)):
        return True
    return False


def test_the_document_says_what_is_tried_here() -> None:
    document = (Path(__file__).parents[2] / "docs/operations.md").read_text()
    assert all(statement.format(database="darkroom") in document for statement in AFTER_CREATEDB)


def test_darkrooms_own_role_cannot_make_a_backup(cluster: DataFolder, seeded: str, tmp_path: Path) -> None:
    done = backup(cluster, "darkroom", seeded, tmp_path / "dump")
    assert done.returncode == 1
    assert "query would be affected by row-level security policy" in done.stderr


def test_a_backup_brings_back_rows_walls_and_triggers_and_lets_no_other_role_in(
    cluster: DataFolder, seeded: str, roles: None, tmp_path: Path
) -> None:
    dump = backup(cluster, "darkroom_backup", seeded, tmp_path / "dump")
    assert dump.returncode == 0, dump.stderr

    with databases.made(identity.url(cluster)) as url:
        restored = str(conninfo_to_dict(url)["dbname"])
        with superuser(cluster) as connection:
            for statement in AFTER_CREATEDB:
                connection.execute(sql.SQL(statement).format(database=sql.Identifier(restored)))
        options = ("--username=darkroom", "--no-owner", "--exit-on-error", f"--dbname={restored}", f"{tmp_path}/dump")
        done = postgres("pg_restore", cluster, *options)
        assert done.returncode == 0, done.stderr
        before, after = everything(cluster, seeded), everything(cluster, restored)
        roles_let_in = [role for role in ROLES if may_connect(cluster, role, restored)]
        again = backup(cluster, "darkroom_backup", restored, tmp_path / "again")

    assert after == before
    assert before[:2] == (2, 1)
    assert min(before) > 0
    assert roles_let_in == ["darkroom", "darkroom_backup"]
    assert again.returncode == 0, again.stderr
