"""The embedded size when PostgreSQL crashes, or the disk is full, in the middle of fifty runs: nothing that was paid is
lost, nothing is asked for twice, no state is a lie."""

import logging
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from hashlib import sha256
from pathlib import Path

import psycopg
import pytest

from saas.embedded import identity
from tests.embedded.instance import Instance, running_darkroom
from tests.embedded.prepared import copied, demo_of
from tests.embedded.test_kill import CALLS_AT_ONCE, RUNS, ask_for_all
from tests.scaled.programs import wait_until
from tests.support.fake_provider import upstream
from tests.support.invariants import SEED, Books, Painter

log = logging.getLogger(__name__)

LIKE = f"killed {SEED} %"
CRASHES = 3
DISK = "700m"
CHUNK_BYTES = 1024 * 1024


@pytest.fixture
def painter() -> Painter:
    log.warning("CHAOS_SEED=%s", SEED)  # pytest shows it when this fails
    return Painter(SEED)


def how_many_ended(books: Books) -> int:
    found = books.rows("SELECT count(*) AS n FROM studio_run WHERE prompt LIKE %s AND ended_at IS NOT NULL", LIKE)
    return int(found[0]["n"])


def crash_a_backend(url: str) -> bool:
    """As the kernel does when memory runs out: PostgreSQL ends all its connections and recovers from its log. Return
    once this one has ended as well, so that who connects next meets the recovery or its end."""
    with psycopg.connect(url, autocommit=True) as connection:
        found = connection.execute(
            "SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
        ).fetchone()
        if found is None:
            return False
        try:
            os.kill(found[0], signal.SIGKILL)
        except ProcessLookupError:  # it has ended by itself
            return False
        wait_until(lambda: not is_open(connection), "PostgreSQL ends its connections", seconds=120)
        return True


def is_open(connection: "psycopg.Connection[object]") -> bool:
    try:
        connection.execute("SELECT 1")
    except psycopg.OperationalError:
        return False
    return True


def answers(url: str) -> bool:
    with suppress(psycopg.OperationalError), psycopg.connect(url, connect_timeout=5) as connection:
        return connection.execute("SELECT 1").fetchone() == (1,)
    return False


def test_postgresql_that_crashes_in_the_middle_costs_no_run(demo_data: Path, tmp_path: Path, painter: Painter) -> None:
    data, demo = copied(demo_data, tmp_path), demo_of(demo_data)
    with upstream(painter) as up, running_darkroom(data, 0, **settings(up.host)) as darkroom:
        server = identity.url(darkroom.folder, role=identity.SUPERUSER)
        ask_for_all(demo, darkroom.url, up.url)
        books = Books(identity.url(darkroom.folder), "demo")
        for crash in range(CRASHES):
            wait_until(lambda n=crash: how_many_ended(books) >= n * 10 + 2, "some have ended", seconds=300)  # type: ignore[misc]
            wait_until(lambda: crash_a_backend(server), "a connection is there to be crashed", seconds=120)
            wait_until(lambda: answers(server), "PostgreSQL has recovered", seconds=120)
        must_end_honestly(books, painter, data)
        assert darkroom.process.poll() is None, "the program lived through it"


def test_a_disk_that_is_full_in_the_middle_costs_no_run(demo_data: Path, tmp_path: Path, painter: Painter) -> None:
    with small_disk(tmp_path / "disk") as disk, upstream(painter) as up, ExitStack() as stack:
        data, demo = (
            Path(shutil.copytree(demo_data, disk, dirs_exist_ok=True)),
            demo_of(demo_data),
        )  # its log lies beside
        darkroom = stack.enter_context(running_darkroom(data, 0, **settings(up.host)))
        ask_for_all(demo, darkroom.url, up.url)
        books = Books(identity.url(darkroom.folder), "demo")
        wait_until(lambda: how_many_ended(books) >= 5, "some have ended", seconds=300)
        with full(disk):
            wait_until(
                lambda: pictures_without_room(darkroom) >= CALLS_AT_ONCE or has_stopped(darkroom) or is_stuck(books),
                "it was felt",
                seconds=120,  # a picture waits for room for three minutes
            )
        if has_stopped(darkroom):  # PostgreSQL could not go on; a person starts the program again
            darkroom = stack.enter_context(running_darkroom(data, 0, **settings(up.host)))
        must_end_honestly(books, painter, data)


def settings(host: str) -> dict[str, str]:
    return {"ORGANIZATION_CALLS_AT_ONCE": str(CALLS_AT_ONCE), "PROVIDER_ALLOWED_HOSTS": host}


def has_stopped(darkroom: Instance) -> bool:
    return darkroom.process.poll() is not None


def pictures_without_room(darkroom: Instance) -> int:
    """Count how often a picture was written to no disk."""
    return darkroom.log.read_bytes().count(b"final not rescued")


def is_stuck(books: Books) -> bool:
    try:
        books.rows("SELECT 1")
    except psycopg.OperationalError:
        return True
    return False


@contextmanager
def small_disk(folder: Path) -> Iterator[Path]:
    if os.geteuid() != 0:
        reason = "only root may mount a small disk"
        pytest.fail(reason) if os.environ.get("CI") else pytest.skip(reason)
    folder.mkdir()
    subprocess.run(["/usr/bin/mount", "-t", "tmpfs", "-o", f"size={DISK},mode=711", "tmpfs", folder], check=True)
    try:
        yield folder
    finally:
        subprocess.run(["/usr/bin/umount", "--lazy", folder], check=True)


@contextmanager
def full(disk: Path) -> Iterator[None]:
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(bytes(CHUNK_BYTES))
    try:
        yield
    finally:
        filler.unlink()


def must_end_honestly(books: Books, painter: Painter, data: Path) -> None:
    wait_until(lambda: how_many_ended(books) == RUNS, "every run ends", seconds=300)
    ends = books.must_be_honest(LIKE, painter)
    wait_until(lambda: all((data / "media" / name).exists() for name in kept(books)), "what came is kept", seconds=120)
    found = {sha256((data / "media" / name).read_bytes()).hexdigest() for name in kept(books)}
    assert found <= set(painter.sent.values())
    assert sum(ends.values()) == RUNS
    assert ends["succeeded"] > 0, ends


def kept(books: Books) -> list[str]:
    return [slot["file"] for slot in books.slots(LIKE) if slot["state"] == "succeeded"]
