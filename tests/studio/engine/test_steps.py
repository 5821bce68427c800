"""A worker's steps are functions of the database. Without a wall, or behind another organization's, none of them passes
silently over rows that it cannot see; and a worker that is lost between its claim and its beginning loses nothing."""

from typing import Any

import pytest
from django.db import DatabaseError, connection, connections

from accounts.models import Organization, ProviderConnection, User
from saas.database import functions, tenancy
from studio.engine import lost_workers, store_frames, worker
from studio.engine.job import Job
from studio.models import Charged, Partial, State, Ticket
from studio.providers.answers import Partial as PartialFrame
from studio.queue import tickets
from tests.scaled.programs import wait_until
from tests.studio.engine.test_worker import events, slots, submit, up, work
from tests.support.fake_provider import Exchange, Upstream, completed, partial, png
from tests.support.round_trips import counted

__all__ = ["up"]
pytestmark = pytest.mark.django_db(transaction=True)
STORED = store_frames.Stored("partial-0.png", "partial-0-preview.webp", b"")


@pytest.fixture
def job(acme: Organization, alice: User, up: Upstream) -> Job:
    submit(acme, alice, partial_images=2)
    begun = worker.begin()
    assert begun is not None
    return begun


def sent(job: Job) -> dict[str, Any]:
    claim, slot = job.claim, job.slot
    return {"ticket": claim.id, "claim": claim.token, "slot": slot.pk, "tries": slot.tries, "now": slot.started_at}


def test_what_is_behind_no_wall_or_anothers_is_not_sent(job: Job, rival: Organization) -> None:
    assert functions.call(rival.pk, worker.NOTE_SENT, sent(job)) == [("lost",)]
    with connection.cursor() as cursor:
        cursor.execute(worker.NOTE_SENT, sent(job))
        assert cursor.fetchone() == ("lost",)
    (slot,) = slots(job.run)
    assert (slot.sent_at, slot.charged) == (None, Charged.NO)


def test_a_partial_behind_anothers_wall_is_an_error_and_changes_nothing(job: Job, rival: Organization) -> None:
    job.slot.org_id = rival.pk
    with pytest.raises(DatabaseError):
        store_frames.note_partial(job.claim, job.slot, PartialFrame(0, b"partial"), STORED)
    connection.close()
    assert events(job.run) == ["queued", "started"]
    with tenancy.tenant(job.claim.org_id):
        assert not Partial.objects.exists()


def test_an_event_of_a_run_that_is_not_seen_is_an_error(job: Job, rival: Organization) -> None:
    with pytest.raises(DatabaseError), tenancy.tenant(rival.pk):
        job.run.add_event("output", 0, {})
    assert events(job.run) == ["queued", "started"]


def test_a_partial_that_comes_twice_is_one_row_with_the_newer_file(job: Job) -> None:
    for name in ("first.png", "second.png"):
        stored = store_frames.Stored(name, "preview.webp", b"")
        assert store_frames.note_partial(job.claim, job.slot, PartialFrame(0, b"partial"), stored) is not None
    with tenancy.tenant(job.claim.org_id):
        assert [kept.file for kept in Partial.objects.all()] == ["second.png"]
    assert events(job.run)[2:] == ["partial", "partial"]


def test_a_worker_that_is_lost_before_it_began_leaves_the_slot_as_it_was(
    acme: Organization, alice: User, up: Upstream
) -> None:
    run = submit(acme, alice)
    assert tickets.claim_next() is not None  # something stood in the way, and the worker was killed
    Ticket.objects.update(lease_until="2020-01-01T00:00:00Z")
    assert lost_workers.sweep() == 1
    assert [(slot.state, slot.tries) for slot in slots(run)] == [(State.QUEUED, 0)]
    assert events(run) == ["queued"]
    assert worker.begin() is not None


def test_a_slot_whose_connection_may_do_less_now_begins_all_the_same(
    acme: Organization, alice: User, up: Upstream
) -> None:
    submit(acme, alice, n=2)
    with tenancy.tenant(acme.pk):
        ProviderConnection.objects.filter(is_default=True).update(calls_at_once=1)
    with counted() as made:
        assert worker.begin() is not None
    assert len(made) > 1
    assert list(Ticket.objects.filter(worker=None).values_list("connection_limit", flat=True)) == [1]
    assert worker.begin() is None


def test_a_worker_that_waits_for_the_next_frame_keeps_no_connection(
    acme: Organization, alice: User, up: Upstream
) -> None:
    workers = connections["default"]  # this thread's: the worker runs in it

    def script(exchange: Exchange) -> None:
        exchange.begin()
        exchange.frame(partial(0, png()))
        wait_until(lambda: "partial" in seen(), "the partial is kept")
        wait_until(lambda: workers.connection is None, "the connection is given back")
        exchange.frame(completed(png()))

    def seen() -> list[str]:
        try:
            return events(run)
        finally:
            connection.close()  # the provider's own

    up.script = script
    run = submit(acme, alice, partial_images=1)
    assert work() == 1
    assert events(run) == ["queued", "started", "partial", "output", "ended"]
