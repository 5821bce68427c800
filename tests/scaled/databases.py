"""PostgreSQL: one of our own, or an empty database on the one that runs already."""

import os
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
from saas.embedded.folder import DataFolder
from saas.embedded.postgres import Postgres
from saas.embedded.runner import runner_for
from tests.scaled.programs import wait_until


@contextmanager
def own_cluster(root: Path) -> Iterator[DataFolder]:
    folder = DataFolder.at(root)
    folder.prepare()
    postgres = Postgres(folder)
    try:
        postgres.begin()
        postgres.wait()
        yield folder
    finally:
        postgres.leave()


@contextmanager
def away(folder: DataFolder) -> Iterator[None]:
    """Stopped as by a restart: whoever is connected is hung up on, whoever comes finds nobody."""
    cluster = Cluster(folder, runner_for(folder.cluster))
    cluster.stop()
    try:
        yield
    finally:
        cluster.start(Event())


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


def superuser_url(folder: DataFolder) -> str:
    return identity.url(folder, role=identity.SUPERUSER)
