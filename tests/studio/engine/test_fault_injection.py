"""Connections that die, clocks that go backwards, disks that fill up, messages that come twice at the same instant."""

import resource
import threading
import time
from datetime import datetime, timedelta
from pathlib import Path

import psycopg
import pytest
from django.conf import LazySettings
from django.core.files.storage import default_storage
from django.db import connection
from django.db import connections as databases
from django.utils import timezone

from accounts.models import Organization, User
from saas.database import tenancy
from studio.engine import record_picture, worker
from studio.engine.job import Job
from studio.engine.store_frames import Stored
from studio.files import storage
from studio.models import Output, RunEvent, State, Ticket
from studio.providers.answers import Final
from tests.conftest import SignIn
from tests.studio.engine.test_worker import events, slots, state, submit, up, work
from tests.support.fake_provider import Exchange, Upstream, completed, partial, pictures, png
from tests.support.invariants import must_hold_no_secret

__all__ = ["up"]
with_transactions = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _own_disk(settings: LazySettings, tmp_path: Path) -> None:
    settings.DATA_DIR, settings.MEDIA_ROOT = tmp_path, str(tmp_path / "media")


def hang_up_on_everybody() -> None:
    """What a restart of PostgreSQL does to those who are connected."""
    params = connection.get_connection_params()
    params.pop("pool", None)
    known = {name: params[name] for name in ("dbname", "user", "password", "host", "port") if params.get(name)}
    with psycopg.connect(**known, autocommit=True) as own:
        own.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid != pg_backend_pid()"
        )


@with_transactions
@pytest.mark.parametrize("moment", ["before the first frame", "between frames"])
def test_a_worker_whose_connections_died_goes_on_and_keeps_the_final(
    moment: str, acme: Organization, alice: User, up: Upstream, sign_in: SignIn
) -> None:
    def interrupted(exchange: Exchange) -> None:
        exchange.begin()
        if moment == "before the first frame":
            hang_up_on_everybody()
        exchange.frame(partial(0, png(shade=10)))
        if moment == "between frames":
            exchange.wait(0.3)
            hang_up_on_everybody()
        exchange.frame(completed(png(shade=200)))

    up.script = interrupted
    run = submit(acme, alice)
    databases.close_all()
    work()
    assert (state(run), len(up.seen), Ticket.objects.count()) == (State.SUCCEEDED, 1, 0)
    with tenancy.tenant(acme.pk):
        assert storage.load(Output.objects.get(run=run).file) == png(shade=200)
    told = sign_in(alice).get(f"/o/acme/runs/{run.code}/events/").content.decode()
    must_hold_no_secret(told, "sk-test-key", up.host)


@with_transactions
def test_a_commit_whose_answer_is_lost_keeps_one_output(
    acme: Organization, alice: User, up: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rows are there, and the worker was told that they are not."""
    monkeypatch.setattr("studio.engine.job.KEEP_WAITS_SECONDS", (0.0, 0.0, 0.0))
    note, lost = record_picture.record_at_once, ["the first answer"]

    def told_nothing(job: Job, frame: Final, stored: Stored) -> bool:
        is_noted = note(job, frame, stored)
        if lost:
            lost.pop()
            assert is_noted
            raise psycopg.OperationalError("server closed the connection unexpectedly")
        return is_noted

    monkeypatch.setattr(record_picture, "record_at_once", told_nothing)
    run = submit(acme, alice)
    work()
    assert (state(run), events(run).count("output"), lost) == (State.SUCCEEDED, 1, [])
    with tenancy.tenant(acme.pk):
        assert Output.objects.filter(run=run).count() == 1


@with_transactions
def test_a_message_that_comes_twice_at_the_same_instant_is_served_once(
    acme: Organization, alice: User, up: Upstream
) -> None:
    up.script = pictures(completed(png()))
    for _ in range(5):
        run = submit(acme, alice)
        together = threading.Barrier(4)
        served: list[bool] = []

        def deliver(together: threading.Barrier = together, served: list[bool] = served) -> None:
            together.wait()
            try:
                served.append(worker.develop_next() is not None)
            finally:
                databases.close_all()

        deliveries = [threading.Thread(target=deliver) for _ in range(4)]
        for delivery in deliveries:
            delivery.start()
        for delivery in deliveries:
            delivery.join()
        assert sorted(served) == [False, False, False, True]
        assert (state(run), slots(run)[0].tries) == (State.SUCCEEDED, 1)
    assert len(up.seen) == 5


@pytest.mark.django_db
def test_a_clock_that_goes_backwards_changes_no_order_and_loses_no_lease(
    acme: Organization, alice: User, up: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    truly, hours = timezone.now, [0]

    def earlier_each_time() -> datetime:
        hours[0] += 1
        return truly() - timedelta(hours=hours[0])

    monkeypatch.setattr(timezone, "now", earlier_each_time)
    run = submit(acme, alice)
    work()
    monkeypatch.undo()
    assert (state(run), len(up.seen), Ticket.objects.count()) == (State.SUCCEEDED, 1, 0)
    with tenancy.tenant(acme.pk):
        told = list(RunEvent.objects.filter(run=run).order_by("seq"))
    assert [event.type for event in told] == ["queued", "started", "partial", "output", "ended"]
    times = [event.at for event in told]
    assert times == sorted(times)
    assert truly() - times[0] < timedelta(minutes=5)


@pytest.mark.django_db
def test_a_disk_that_is_full_for_a_moment_leaves_one_whole_picture(
    acme: Organization, alice: User, up: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    picture = png(256, 256)
    up.script = pictures(completed(picture))
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    monkeypatch.setattr(time, "sleep", lambda _: resource.setrlimit(resource.RLIMIT_FSIZE, before))
    run = submit(acme, alice)
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(picture) // 2, before[1]))
    try:
        work()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert state(run) == State.SUCCEEDED
    with tenancy.tenant(acme.pk):
        output = Output.objects.get(run=run)
    assert storage.load(output.file) == picture
    _, names = default_storage.listdir(output.file.rpartition("/")[0])
    assert sorted(names) == ["output-preview.webp", "output-thumbnail.webp", "output.png"]
