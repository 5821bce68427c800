"""Looks at PostgreSQL from outside."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg

from saas.embedded import identity
from saas.embedded.folder import DataFolder
from saas.embedded.postgres import Postgres


@contextmanager
def attached(folder: DataFolder) -> Iterator[Postgres]:
    """As a command of ours uses it."""
    postgres = Postgres(folder)
    try:
        postgres.begin()
        postgres.wait()
        yield postgres
    finally:
        postgres.leave()


def pid(folder: DataFolder) -> int:
    return int((folder.cluster / "postmaster.pid").read_text().splitlines()[0])


def is_alive(pid: int) -> bool:
    """Not what has ended and only waits for somebody to take note."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def have_ended(pids: list[int], seconds: float = 5.0) -> bool:
    """Some end by themselves a moment after who started them."""
    deadline = time.monotonic() + seconds
    while any(is_alive(pid) for pid in pids) and time.monotonic() < deadline:
        time.sleep(0.02)
    return not any(is_alive(pid) for pid in pids)


def children(pid: int) -> list[int]:
    found: list[int] = []
    for thread in Path(f"/proc/{pid}/task").iterdir():
        with suppress(FileNotFoundError):  # a thread may end while we look
            found += map(int, (thread / "children").read_text().split())
    return found


def owner(pid: int) -> int:
    return os.stat(f"/proc/{pid}").st_uid  # noqa: PTH116


def processes_of(folder: DataFolder) -> list[int]:
    """Every PostgreSQL that names this data folder."""
    wanted = os.fsencode(folder.cluster)
    return [int(path.parent.name) for path in Path("/proc").glob("[0-9]*/cmdline") if wanted in _words(path)]


def ask(folder: DataFolder, query: str, *, role: str = identity.ROLE) -> list[tuple[object, ...]]:
    with psycopg.connect(identity.url(folder, role=role)) as connection:
        cursor = connection.execute(query)
        return cursor.fetchall() if cursor.description else []


def _words(path: Path) -> list[bytes]:
    try:
        return path.read_bytes().split(b"\0")
    except OSError:  # it ended meanwhile
        return []
