"""A migration that meets a table in use keeps nobody waiting for long, and goes on when the table is free."""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError, connection, transaction
from django.db.models import Index

from accounts.models import Organization
from saas.database import waits
from saas.management.commands import migrate

pytestmark = pytest.mark.django_db(transaction=True)

PAGE_SECONDS = 8  # after which a page gives up
INNER = "django.core.management.commands.migrate.Command.handle"
ALTER = "ALTER TABLE accounts_organization ADD COLUMN probe integer"
WRITES = "ROW EXCLUSIVE"
PROBE = Index(fields=["name"], name="probe_index")


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    yield
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE accounts_organization DROP COLUMN IF EXISTS probe")
        cursor.execute("DROP INDEX IF EXISTS probe_index")


@contextmanager
def long_transaction(mode: str = "ACCESS SHARE") -> Iterator[None]:
    """It has read a table, or written to it, and does nothing more, as a backup or a forgotten psql."""
    with psycopg.connect(**connection.get_connection_params()) as session:
        session.execute("SET idle_in_transaction_session_timeout = 0")
        session.execute(f"LOCK TABLE accounts_organization IN {mode} MODE")
        yield


def ask(statement: str, *values: object) -> list[tuple[object, ...]]:
    with psycopg.connect(**connection.get_connection_params()) as session:
        return session.execute(statement, values).fetchall()


def alter(*_: object, **__: object) -> None:
    """As Django applies a migration."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(ALTER)


def migrates() -> None:
    try:
        call_command("migrate", verbosity=0)
    finally:
        connection.close()


def test_pages_wait_seconds_behind_a_migration_that_waits_for_a_long_transaction(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(INNER, alter)
    longest, reads, is_over = 0.0, 0, threading.Event()
    with ThreadPoolExecutor(1) as operator:
        with long_transaction():
            migrating = operator.submit(migrates)
            until = time.monotonic() + 2 * PAGE_SECONDS
            while time.monotonic() < until:
                began = time.monotonic()
                ask("SELECT count(*) FROM accounts_organization")
                longest, reads = max(longest, time.monotonic() - began), reads + 1
                assert not is_over.wait(0.01)
            assert not migrating.done()
        migrating.result(30)
    assert 1 < longest < PAGE_SECONDS - 2, "it queued, and not for long"
    assert reads > 20
    assert ask("SELECT count(probe) FROM accounts_organization") == [(0,)]


def test_it_gives_up_in_the_end_and_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(INNER, alter)
    monkeypatch.setattr(waits, "MIGRATE_LOCK_SECONDS", 1)
    monkeypatch.setattr(waits, "MIGRATE_SECONDS", 2.0)
    with long_transaction(), pytest.raises(CommandError, match="a transaction that does not end"):
        call_command("migrate", verbosity=0)
    with connection.cursor() as cursor:
        cursor.execute("SHOW lock_timeout")
        assert cursor.fetchone() == (f"{waits.LOCK_SECONDS}s",)


def test_other_errors_end_it_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    tries: list[int] = []

    def fail(*_: object, **__: object) -> None:
        tries.append(1)
        raise OperationalError("the disk is full")

    monkeypatch.setattr(INNER, fail)
    with pytest.raises(OperationalError, match="full"):
        call_command("migrate", verbosity=0)
    assert tries == [1]


def build(*_: object, **__: object) -> None:
    """As AddIndexConcurrently does, in a migration that is not atomic."""
    with connection.schema_editor(atomic=False) as editor:
        editor.add_index(Organization, PROBE, concurrently=True)  # type: ignore[call-arg]  # PostgreSQL's own


def validity() -> list[tuple[object, ...]]:
    return ask("SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass('probe_index')")


def test_an_index_that_failed_half_way_is_built_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(INNER, build)
    monkeypatch.setattr(waits, "PATIENT_LOCK_SECONDS", 1)
    monkeypatch.setattr(waits, "MIGRATE_SECONDS", 0.0)
    with long_transaction(WRITES), pytest.raises(CommandError):
        call_command("migrate", verbosity=0)
    assert validity() == [(False,)]
    for _ in range(2):  # and once more after a valid one was built, and not noted down
        call_command("migrate", verbosity=0)
        assert validity() == [(True,)]


def test_an_index_waits_longer_than_a_table_is_locked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing waits behind it, and each try would begin from nothing."""
    monkeypatch.setattr(INNER, build)
    monkeypatch.setattr(waits, "MIGRATE_LOCK_SECONDS", 1)
    monkeypatch.setattr(migrate, "PAUSES_SECONDS", (1000,))
    with ThreadPoolExecutor(1) as operator:
        with long_transaction(WRITES):
            building = operator.submit(migrates)
            _wait_until(lambda: validity() == [(False,)])
            time.sleep(2)
            ask("UPDATE accounts_organization SET name = name RETURNING id")
        building.result(30)
    assert validity() == [(True,)]


def _wait_until(holds: Callable[[], bool]) -> None:
    until = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < until
        time.sleep(0.05)
