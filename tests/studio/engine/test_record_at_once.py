"""A finished picture is noted, and its hold settled, in one round trip. Where Python has something to write along with
it, that is in the same transaction, and the one round trip has changed nothing."""

from datetime import datetime

import pytest
from django.db import DatabaseError

from accounts.models import (
    Circuit,
    Counter,
    Delivery,
    DeliveryTicket,
    Hold,
    HoldState,
    LimitAlert,
    OffReason,
    Organization,
    Subject,
    User,
)
from accounts.models import WebhookEvent as Event
from billing.models import Entry
from saas.database import tenancy
from studio.engine import record_picture, store_frames, take_frames, worker
from studio.engine.job import Job
from studio.models import Output, Run, SearchEntry, State, Ticket, Visibility
from studio.providers.answers import Final
from tests.conftest import must_be_member
from tests.studio.engine.test_worker import events, slots, state, submit, up
from tests.studio.money.test_run_holds import USAGE
from tests.support.fake_provider import Upstream, png
from tests.support.round_trips import counted
from tests.support.text_holds import allow

__all__ = ["up"]
pytestmark = pytest.mark.django_db(transaction=True)
FRAME = Final(png(), {"quality": "low"}, USAGE, "a green lamp", "req_1", has_streamed=True)


@pytest.fixture
def job(acme: Organization, alice: User, up: Upstream) -> Job:
    """The second picture of this connection: the first one has taught that it streams."""
    take_frames.take_final(sent(acme, alice), FRAME)
    return sent(acme, alice)


def sent(org: Organization, by: User) -> Job:
    submit(org, by)
    begun = worker.begin()
    assert begun is not None
    worker.note_sent(begun)
    return begun


def stored(job: Job) -> store_frames.Stored:
    return store_frames.store_output(job.org.code, job.run, job.slot, FRAME)


def nothing_is_noted(job: Job) -> bool:
    with tenancy.tenant(job.org.pk):
        rows = Output.objects.filter(run=job.run).exists() or Entry.objects.filter(run_code=job.run.code).exists()
        held = Hold.objects.get(run_code=job.run.code).state
    return not rows and held == HoldState.OPEN and Ticket.objects.count() == 1 and state(job.run) == State.RUNNING


def all_is_noted(job: Job) -> bool:
    with tenancy.tenant(job.org.pk):
        output, entry = Output.objects.get(run=job.run), Entry.objects.get(run_code=job.run.code)
        assert output.cost_micros == entry.micros > 0
        assert SearchEntry.objects.filter(output_id=output.pk).count() == 1
        assert Hold.objects.get(run_code=job.run.code).state == HoldState.SETTLED
        assert set(Counter.objects.values_list("held_micros", flat=True)) == {0}
        assert Ticket.objects.count() == 0
    return (state(job.run), events(job.run)) == ("succeeded", ["queued", "started", "output", "ended"])


def test_the_usual_end_is_one_round_trip(job: Job) -> None:
    files = stored(job)
    with counted() as made:
        assert record_picture.record_at_once(job, FRAME, files)
    assert len(made) == 1
    assert all_is_noted(job)


def test_webhooks_are_told_in_the_same_round_trip(job: Job, acme: Organization, alice: User) -> None:
    with tenancy.tenant(acme.pk):
        member = must_be_member(acme, alice)
        for wanted in ([Event.RUN_FINISHED], [Event.RUN_FAILED, Event.RUN_FINISHED], [Event.RUN_FAILED]):
            acme.webhooks.create(url="https://example.com/", events=wanted, made_by=member.user)
        off = acme.webhooks.create(url="https://example.com/", events=[Event.RUN_FINISHED], made_by=member.user)
        off.switch_off(OffReason.BY_HAND)
    files = stored(job)
    with counted() as made:
        assert record_picture.record_at_once(job, FRAME, files)
    assert len(made) == 1
    assert all_is_noted(job)
    with tenancy.tenant(acme.pk):
        messages = list(Delivery.objects.order_by("id"))
        assert [message.webhook.events for message in messages] == [["run.finished"], ["run.failed", "run.finished"]]
        for message in messages:
            at = datetime.fromisoformat(message.payload.pop("timestamp"))
            assert at == message.created_at == message.not_before
            assert message.payload == {
                "type": "run.finished",
                "data": {
                    "run": str(job.run.code),
                    "state": "succeeded",
                    "succeeded": 1,
                    "count": 1,
                    "project": "",
                    "end_user": "",
                    "url": f"/api/v1/runs/{job.run.code}",
                },
            }
            assert (message.event, message.state, message.tries, message.attempts) == ("run.finished", "pending", 0, [])
    tickets = DeliveryTicket.objects.order_by("id").values_list("delivery_code", "org_id", "maker_id")
    assert list(tickets) == [(message.code, acme.pk, alice.pk) for message in messages]


def test_webhooks_are_not_told_of_a_private_run(job: Job, acme: Organization, alice: User) -> None:
    with tenancy.tenant(acme.pk):
        member = must_be_member(acme, alice)
        acme.webhooks.create(url="https://example.com/", events=[Event.RUN_FINISHED], made_by=member.user)
        Run.objects.filter(pk=job.run.pk).update(visibility=Visibility.PRIVATE)
    assert record_picture.record_at_once(job, FRAME, stored(job))
    assert all_is_noted(job)
    with tenancy.tenant(acme.pk):
        assert not Delivery.objects.exists()


@pytest.mark.parametrize("why", ["alert", "threshold", "circuit", "lost"])
def test_what_needs_company_changes_nothing_alone_and_is_done_in_one_transaction(
    why: str, job: Job, acme: Organization, alice: User
) -> None:
    connection = job.connection
    assert connection is not None
    if why == "circuit":
        Circuit.objects.create(connection_id=connection.pk, outages=1, openings=0)
    if why == "alert":
        allow(acme, alice, Subject.ORGANIZATION, images_day=2)
    if why == "threshold":
        with tenancy.tenant(acme.pk):
            acme.thresholds.create(subject="organization", subject_id=acme.pk, period="day", unit="images", amount=2)
    if why == "lost":
        Ticket.objects.update(worker=job.run.code)
    files = stored(job)
    assert not record_picture.record_at_once(job, FRAME, files)
    assert nothing_is_noted(job)
    take_frames.take_final(job, FRAME)
    with tenancy.tenant(acme.pk):
        assert LimitAlert.objects.count() == (why in {"alert", "threshold"})
        assert Circuit.objects.filter(outages=1).count() == 0
    if why == "lost":
        Ticket.objects.all().delete()
    assert all_is_noted(job)


def test_behind_anothers_wall_it_is_an_error(job: Job, rival: Organization) -> None:
    files = stored(job)
    job.slot.org = rival
    with pytest.raises(DatabaseError):
        record_picture.record_at_once(job, FRAME, files)
    assert nothing_is_noted(job)
    assert [slot.state for slot in slots(job.run)] == [State.RUNNING]
