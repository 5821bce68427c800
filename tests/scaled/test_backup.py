"""What docs/operations.md says of backups: who may make one, and that it brings everything back."""

import subprocess
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from saas.embedded import identity
from saas.embedded.binaries import binaries
from saas.embedded.folder import DataFolder
from tests.scaled import databases

pytestmark = pytest.mark.scaled

EVERYTHING = """
SELECT (SELECT count(*) FROM accounts_membership),
       (SELECT count(*) FROM accounts_auditentry),
       (SELECT count(*) FROM pg_class WHERE relrowsecurity AND relforcerowsecurity),
       (SELECT count(*) FROM pg_policy),
       (SELECT count(*) FROM pg_trigger WHERE NOT tgisinternal)
"""


@pytest.fixture
def seeded(own_template: str) -> str:
    """The name of a database of our own cluster, with people in it."""
    return str(conninfo_to_dict(own_template)["dbname"])


def postgres(program: str, cluster: DataFolder, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [str(binaries() / program), f"--host={cluster.sockets}", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


def everything(cluster: DataFolder, database: str) -> tuple[int, ...]:
    with psycopg.connect(identity.url(cluster, role=identity.SUPERUSER, database=database)) as connection:
        return connection.execute(EVERYTHING).fetchone() or ()


def test_darkrooms_own_role_cannot_make_a_backup(cluster: DataFolder, seeded: str, tmp_path: Path) -> None:
    done = postgres("pg_dump", cluster, "--username=darkroom", "--format=custom", f"--file={tmp_path}/dump", seeded)
    assert done.returncode == 1
    assert "query would be affected by row-level security policy" in done.stderr


def test_a_backup_brings_back_rows_walls_and_triggers(cluster: DataFolder, seeded: str, tmp_path: Path) -> None:
    dump = postgres("pg_dump", cluster, "--username=postgres", "--format=custom", f"--file={tmp_path}/dump", seeded)
    assert dump.returncode == 0, dump.stderr

    with databases.made(identity.url(cluster)) as url:
        restored = str(conninfo_to_dict(url)["dbname"])
        options = ("--username=darkroom", "--no-owner", "--exit-on-error", f"--dbname={restored}", f"{tmp_path}/dump")
        done = postgres("pg_restore", cluster, *options)
        assert done.returncode == 0, done.stderr
        before, after = everything(cluster, seeded), everything(cluster, restored)

    assert after == before
    assert before[:2] == (2, 1)
    assert min(before) > 0
