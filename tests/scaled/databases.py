"""PostgreSQL: one of our own, or an empty database on the one that runs already."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event
from uuid import uuid4

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from saas.embedded import identity
from saas.embedded.cluster import Cluster
from saas.embedded.folder import SOCKET_NAME, DataFolder
from saas.embedded.postgres import Postgres
from saas.embedded.postmaster import Postmaster
from saas.embedded.runner import runner_for
from tests.scaled.programs import wait_until

ROOM = {"max_connections": "150"}  # for several Darkrooms of several processes


@contextmanager
def own_cluster(root: Path) -> Iterator[DataFolder]:
    folder = DataFolder.at(root)
    folder.prepare()
    postgres = Postgres(folder, ROOM)
    try:
        postgres.begin()
        postgres.wait()
        yield folder
    finally:
        postgres.leave()


@contextmanager
def away(folder: DataFolder) -> Iterator[None]:
    """Stopped as by a restart: whoever is connected is hung up on, whoever comes finds nobody."""
    cluster = Cluster(folder, runner_for(folder.cluster), ROOM)
    cluster.stop()
    try:
        yield
    finally:
        cluster.start(Event())


@contextmanager
def crashed(folder: DataFolder) -> Iterator[None]:
    """Stopped in `immediate` mode: nothing is finished or written down, and the next start repairs that."""
    cluster = Cluster(folder, runner_for(folder.cluster), ROOM)
    pid = _pid(folder)
    os.kill(pid, signal.SIGQUIT)
    wait_until(lambda: not cluster.postmaster.is_it(pid), "PostgreSQL has ended")
    try:
        yield
    finally:
        cluster.start(Event())


def checkpoint(folder: DataFolder) -> None:
    """For a database that was copied, and may crash. PostgreSQL logs the values of a sequence 32 at a time, and thinks
    that those of the copy are logged where those of its template are: after a crash, ids would be given twice."""
    with psycopg.connect(superuser_url(folder), autocommit=True) as connection:
        connection.execute("CHECKPOINT")


@contextmanager
def paused(folder: DataFolder) -> Iterator[None]:
    """The server and all its sessions do nothing, and every connection stays open."""
    pid = _pid(folder)
    pids = [pid, *_children(pid)]
    for each in pids:
        os.kill(each, signal.SIGSTOP)
    try:
        yield
    finally:
        for each in pids:
            os.kill(each, signal.SIGCONT)


def _pid(folder: DataFolder) -> int:
    pid = Postmaster(folder.cluster).pid
    assert pid, "PostgreSQL does not run"
    return pid


def _children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


@contextmanager
def made(server_url: str, like: str = "") -> Iterator[str]:
    """The address of a database, empty or a copy. Gone afterwards, whoever is still connected."""
    name = f"darkroom_scaled_{uuid4().hex[:12]}"
    template = str(conninfo_to_dict(like)["dbname"]) if like else "template1"
    create = sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(template))
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(create)
    try:
        yield make_conninfo(server_url, dbname=name)
    finally:
        with psycopg.connect(server_url, autocommit=True) as connection:  # another one: the server may have restarted
            wait_until(lambda: _is_dropped(connection, name), "the database is dropped")


def _is_dropped(connection: psycopg.Connection, name: str) -> bool:
    """Everybody may be shown out but a superuser, whose connection takes a moment to end."""
    try:
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))
    except psycopg.errors.InsufficientPrivilege:
        return False
    return True


def server_url(folder: DataFolder) -> str:
    """The one that runs already, if the person named one; tests/settings.py fills in a name where nobody did."""
    given = os.environ.get("DATABASE_URL", "")
    return identity.url(folder) if given in {"", "postgresql:///darkroom"} else given


def by_way_of(port: int, url: str) -> str:
    """The same database, through a proxy on that port of this machine."""
    return make_conninfo(url, host="127.0.0.1", port=port, sslmode="disable", gssencmode="disable")


def socket_of(folder: DataFolder) -> Path:
    return folder.sockets / SOCKET_NAME


def superuser_url(folder: DataFolder) -> str:
    return identity.url(folder, role=identity.SUPERUSER)
