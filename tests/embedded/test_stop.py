"""However it ends, no PostgreSQL stays behind for good, and the next start works."""

import os
import signal
import socket
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from threading import Event
from urllib.parse import urlsplit

import httpx2
import pytest

from saas.embedded import cluster
from saas.embedded.folder import DataFolder
from saas.embedded.refusal import Refusal
from saas.embedded.runner import Runner
from tests.embedded import postmaster
from tests.embedded.instance import STOP_SECONDS, Instance, manage, running_darkroom, started_darkroom


@pytest.mark.parametrize("kind", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_all_of_it(data: Path, kind: signal.Signals) -> None:
    with running_darkroom(data) as instance:
        family = postmaster.children(instance.process.pid)
        assert postmaster.pid(instance.folder) in family
        took = seconds_to_stop(instance, kind)
    assert (instance.process.returncode, took < STOP_SECONDS) == (0, True)
    assert postmaster.have_ended(family)
    assert postmaster.processes_of(instance.folder) == []


def test_callers_who_never_finish_do_not_hold_it_up(data: Path) -> None:
    with running_darkroom(data) as instance:
        address = urlsplit(instance.url)
        with (
            socket.create_connection((address.hostname, address.port)) as half,
            socket.create_connection((address.hostname, address.port)),
        ):
            half.sendall(b"POST /accounts/login/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\nhalf")
            took = seconds_to_stop(instance, signal.SIGTERM)
    assert (instance.process.returncode, took < STOP_SECONDS) == (0, True)
    assert postmaster.processes_of(instance.folder) == []


def test_asking_twice_changes_nothing(data: Path) -> None:
    with running_darkroom(data) as instance:
        instance.process.send_signal(signal.SIGINT)
        took = seconds_to_stop(instance, signal.SIGINT)
    assert (instance.process.returncode, took < STOP_SECONDS) == (0, True)
    assert postmaster.processes_of(instance.folder) == []


MOMENTS: dict[str, Callable[[DataFolder], bool]] = {
    "alone on the data": lambda folder: folder.lock("darkroom").exists(),
    "making the cluster": lambda folder: (folder.root / "pg.new").exists(),
    "starting the cluster": lambda folder: (folder.cluster / "postmaster.pid").exists(),
    "migrating": lambda folder: folder.static.exists(),
}


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_signal_in_the_middle_of_the_first_start_cleans_up(tmp_path: Path, moment: str) -> None:
    data = tmp_path / "data"
    with started_darkroom(data) as instance:
        wait_until(lambda: MOMENTS[moment](instance.folder))
        took = seconds_to_stop(instance, signal.SIGTERM)
    assert (instance.process.returncode, took < STOP_SECONDS) == (0, True), instance.log.read_text()
    assert postmaster.processes_of(instance.folder) == []
    assert "ready at" not in instance.log.read_text()
    if moment == "migrating":
        counted = "from accounts.models import User; print(User.objects.count())"
        assert manage(data, "shell", "--no-imports", "-c", counted) == "0\n"
    else:  # there is nothing yet that the next one could stumble over but the cluster
        with postmaster.attached(instance.folder):
            assert postmaster.ask(instance.folder, "SELECT current_user") == [("darkroom",)]


def test_the_making_of_a_cluster_ends_when_it_is_asked_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    endless, begun = tmp_path / "initdb", tmp_path / "begun"
    endless.write_text(f"#!/bin/sh\nsleep 600 &\necho $$ $! > {begun}.new; mv {begun}.new {begun}; wait")
    endless.chmod(0o755)
    monkeypatch.setattr(cluster, "binaries", lambda: tmp_path)
    folder, cancelled = DataFolder.at(tmp_path / "data"), Event()
    folder.prepare()
    own = Runner(os.geteuid(), os.getegid(), is_lent=False)
    with ThreadPoolExecutor() as pool:
        making = pool.submit(cluster.Cluster(folder, own).make, cancelled)
        wait_until(begun.exists)
        cancelled.set()
        with pytest.raises(Refusal, match="asked to stop"):
            making.result(STOP_SECONDS)
    assert postmaster.have_ended([int(pid) for pid in begun.read_text().split()])
    assert not folder.cluster.exists()


def test_after_a_kill_the_next_start_recovers(data: Path) -> None:
    with running_darkroom(data) as instance:
        manage(
            data,
            "shell",
            "--no-imports",
            "-c",
            "from accounts.models import User; User.objects.create_user('a@example.com')",
        )
        left_behind = postmaster.pid(instance.folder)
        instance.process.kill()
        instance.process.wait()
    assert postmaster.is_alive(left_behind)
    with running_darkroom(data) as again:
        assert postmaster.ask(again.folder, "SELECT email FROM accounts_user") == [("a@example.com",)]
    assert postmaster.processes_of(again.folder) == []


def test_after_a_kill_of_everything_the_next_start_recovers(data: Path) -> None:
    with running_darkroom(data) as instance:
        leftover = postmaster.pid(instance.folder)
        for pid in (instance.process.pid, *postmaster.children(leftover), leftover):
            with suppress(ProcessLookupError):  # a backend ends by itself when whom it served is gone
                os.kill(pid, signal.SIGKILL)
        instance.process.wait()
    wait_until(lambda: not postmaster.processes_of(instance.folder))
    assert (instance.folder.cluster / "postmaster.pid").exists()
    with running_darkroom(data) as again:
        assert postmaster.ask(again.folder, "SELECT 1") == [(1,)]


def test_the_crash_of_one_of_postgresqls_processes_is_survived(data: Path) -> None:
    with running_darkroom(data) as instance:
        postmaster_id = postmaster.pid(instance.folder)
        before = postmaster.children(postmaster_id)
        os.kill(before[0], signal.SIGKILL)
        wait_until(lambda: not set(before) & set(postmaster.children(postmaster_id)))
        wait_until(lambda: httpx2.get(f"{instance.url}/readyz").status_code == 200)
        assert instance.process.poll() is None


def test_when_postgresql_dies_it_says_so_and_ends(data: Path) -> None:
    with running_darkroom(data) as instance:
        os.kill(postmaster.pid(instance.folder), signal.SIGQUIT)
        assert instance.process.wait(STOP_SECONDS) == 1
    assert "PostgreSQL has ended" in instance.log.read_text()


def test_a_command_leaves_no_postgresql_behind(folder: DataFolder) -> None:
    program = "import os; from django.db import connection; connection.ensure_connection(); print(os.getpid())"
    manage(folder.root, "shell", "--no-imports", "-c", program)
    assert postmaster.processes_of(folder) == []


def wait_until(condition: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.002)


def seconds_to_stop(instance: Instance, kind: signal.Signals) -> float:
    began = time.monotonic()
    instance.process.send_signal(kind)
    instance.process.wait(STOP_SECONDS + 5)
    return time.monotonic() - began
