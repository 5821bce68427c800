"""bin/run and bin/manage use one PostgreSQL at the same time; nobody else can."""

import os
import shutil
import subprocess
import time
from pathlib import Path

import pytest

from saas.embedded.binaries import binaries
from saas.embedded.folder import DataFolder
from saas.embedded.postgres import Postgres
from saas.embedded.refusal import Refusal
from tests.embedded import postmaster
from tests.embedded.postmaster import attached

only_as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root lends PostgreSQL another user")


def test_who_leaves_last_stops_it(folder: DataFolder) -> None:
    with attached(folder):
        first = postmaster.pid(folder)
        with attached(folder):
            assert postmaster.pid(folder) == first
        assert postmaster.is_alive(first)
    assert not postmaster.is_alive(first)


def test_who_comes_first_may_leave_first(folder: DataFolder) -> None:
    first, second = Postgres(folder), Postgres(folder)
    for each in (first, second):
        each.begin()
        each.wait()
    first.leave()
    assert postmaster.ask(folder, "SELECT 1") == [(1,)]
    second.leave()
    assert postmaster.processes_of(folder) == []


def test_leaving_twice_or_before_the_start_does_nothing(folder: DataFolder) -> None:
    postgres = Postgres(folder)
    postgres.leave()
    for seconds in (0, 0.005, 0.02, 0.05):
        postgres = Postgres(folder)
        postgres.begin()
        time.sleep(seconds)  # how far it gets is not ours to choose; wherever it is, leaving must do
        postgres.leave()
        postgres.leave()
        assert postmaster.processes_of(folder) == []


def test_a_process_id_that_somebody_else_has_by_now_is_no_obstacle(folder: DataFolder) -> None:
    with attached(folder):
        lines = (folder.cluster / "postmaster.pid").read_text().splitlines()
    stale = "\n".join([str(os.getppid()), *lines[1:]])
    (folder.cluster / "postmaster.pid").write_text(f"{stale}\n")
    with attached(folder):
        assert postmaster.pid(folder) != os.getppid()
        assert postmaster.ask(folder, "SELECT 1") == [(1,)]


def test_a_cluster_that_was_half_made_is_made_again(tmp_path: Path) -> None:
    folder = DataFolder.at(tmp_path / "data")
    folder.prepare()
    (folder.root / "pg.new").mkdir()
    (folder.root / "pg.new" / "PG_VERSION").write_text("18\n")
    with attached(folder):
        assert postmaster.ask(folder, "SELECT current_user") == [("darkroom",)]
    assert not (folder.root / "pg.new").exists()


def test_a_socket_folder_of_somebody_else_is_refused(tmp_path: Path) -> None:
    folder = DataFolder.at(tmp_path / ("long-" * 24))
    folder.prepare()
    assert not folder.sockets.is_relative_to(folder.root)
    folder.sockets.symlink_to(tmp_path)
    try:
        with pytest.raises(Refusal, match="belongs to another user"), attached(folder):
            pass
        assert postmaster.processes_of(folder) == []
    finally:
        folder.sockets.unlink()


@only_as_root
def test_root_lends_it_another_user_who_passes_and_does_not_read(data: Path, folder: DataFolder) -> None:
    data.parent.chmod(0o700)
    with attached(folder):
        pid = postmaster.pid(folder)
        assert postmaster.owner(pid) != 0
        groups = Path(f"/proc/{pid}/status").read_text().split("Groups:")[1].splitlines()[0].split()
        assert "0" not in groups
    assert data.parent.stat().st_mode & 0o777 == 0o701


@only_as_root
@pytest.mark.parametrize("user", ["nobody", "the one that runs PostgreSQL"])
@pytest.mark.parametrize("role", ["darkroom", "postgres"])
def test_no_other_user_of_the_machine_may_connect(folder: DataFolder, user: str, role: str) -> None:
    with attached(folder):
        uid = 65534 if user == "nobody" else postmaster.owner(postmaster.pid(folder))
        command: list[str | Path] = [
            binaries() / "psql",
            "-h",
            folder.sockets,
            "-U",
            role,
            "-d",
            "darkroom",
            "-c",
            "SELECT 1",
        ]
        done = subprocess.run(
            command, user=uid, group=uid, extra_groups=[], cwd="/", capture_output=True, text=True, check=False
        )
    assert done.returncode == 2
    assert "Permission denied" in done.stderr or "Peer authentication failed" in done.stderr


def test_the_persons_own_libpq_variables_do_not_lead_astray(
    folder: DataFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGPORT", "1")
    monkeypatch.setenv("PGDATA", "/nowhere")
    monkeypatch.setenv("PGUSER", "nobody")
    with attached(folder):
        assert postmaster.ask(folder, "SELECT current_user") == [("darkroom",)]


def test_a_long_log_begins_anew(folder: DataFolder) -> None:
    folder.postgres_log.write_text("x" * 1_000_001)
    with attached(folder):
        pass
    assert folder.postgres_log.stat().st_size < 100_000


def test_without_room_for_it_the_log_is_named(folder: DataFolder) -> None:
    shutil.rmtree(folder.cluster / "global")
    with pytest.raises(Refusal, match=r"PostgreSQL did not start; .*postgres\.log says why"), attached(folder):
        pass
    assert postmaster.processes_of(folder) == []
