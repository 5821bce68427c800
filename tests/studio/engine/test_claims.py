"""One ticket, claimed twice by one process: the first claim's lease ended while its thread still lived. Only the second
claim may send, write and leave, and the first can take nothing away from it."""

import time
from dataclasses import replace
from datetime import timedelta

import pytest
from django.conf import settings
from django.db import connection
from django.utils import timezone

from accounts.models import Hold, HoldState, Organization, User
from billing.models import Entry
from saas.database import tenancy
from studio.engine import leases, lost_workers, nightly, record_picture, store_frames, try_again, worker
from studio.engine.job import Job, Lost
from studio.imaging.decode_turns import Busy
from studio.models import RunEvent, Slot, State, Ticket
from studio.providers.outcomes import ProviderError
from studio.queue import tickets
from studio.queue.tickets import Claim, Expired
from tests.studio.engine.test_worker import events, slots, state, submit, up
from tests.support.fake_provider import Upstream

__all__ = ["up"]
pytestmark = pytest.mark.django_db
LONG_AGO = timedelta(hours=1)


def begun() -> Job:
    job = worker.begin()
    assert job is not None
    return job


def run_out() -> None:
    """The lease of what is held, as after a suspended machine."""
    Ticket.objects.exclude(worker=None).update(lease_until=timezone.now() - LONG_AGO)


@pytest.fixture
def claims(acme: Organization, alice: User, up: Upstream) -> tuple[Job, Job]:
    """The same ticket in two threads of this process, the lost claim first."""
    submit(acme, alice)
    lost = begun()
    run_out()
    assert lost_workers.sweep() == 1
    held = begun()
    assert (lost.claim.id, lost.slot.code) == (held.claim.id, held.slot.code)
    return lost, held


def everything(org: Organization) -> list[object]:
    """What a lost claim must not change."""
    with tenancy.tenant(org.pk):
        return [
            list(Ticket.objects.order_by("pk").values()),
            list(Slot.objects.order_by("pk").values()),
            list(Hold.objects.order_by("pk").values()),
            list(RunEvent.objects.order_by("pk").values()),
            list(Entry.objects.order_by("pk").values()),
        ]


def test_the_claim_that_was_lost_may_not_send_and_the_one_that_holds_may(
    acme: Organization, claims: tuple[Job, Job]
) -> None:
    lost, held = claims
    before = everything(acme)
    with pytest.raises(Lost):
        worker.note_sent(lost)
    assert everything(acme) == before
    worker.note_sent(held)
    with pytest.raises(Lost):
        worker.note_sent(lost)
    (slot,) = slots(held.run)
    assert (slot.state, slot.tries) == (State.RUNNING, 2)
    assert slot.sent_at is not None


def test_of_two_threads_with_one_ticket_one_asks_the_provider_and_one_entry_is_written(
    acme: Organization, claims: tuple[Job, Job], up: Upstream
) -> None:
    lost, held = claims
    with pytest.raises(Lost):
        worker.develop(lost)
    worker.let_go(lost)
    worker.develop(held)
    worker.let_go(lost)
    assert len(up.seen) == 1
    assert state(held.run) == State.SUCCEEDED
    assert events(held.run) == ["queued", "started", "queued", "started", "partial", "output", "ended"]
    with tenancy.tenant(acme.pk):
        (entry,) = Entry.objects.all()
        (hold,) = Hold.objects.all()
        assert (entry.kind, entry.micros, hold.state) == ("charge", hold.spent_micros, HoldState.SETTLED)
    assert Ticket.objects.count() == 0
    assert nightly.one(acme.pk) == []


def test_letting_go_of_a_lost_claim_leaves_the_ticket_and_the_money_of_the_next_one(
    acme: Organization, claims: tuple[Job, Job]
) -> None:
    before = everything(acme)
    worker.let_go(claims[0])
    assert everything(acme) == before


@pytest.mark.parametrize("code", ["rate_limited", "invalid_key", "broken", "stopped", "no_answer"])
def test_a_failure_of_a_lost_claim_changes_nothing(acme: Organization, claims: tuple[Job, Job], code: str) -> None:
    before = everything(acme)
    try_again.handle_failure(claims[0], ProviderError(code))
    assert everything(acme) == before


def test_no_act_on_the_line_by_a_lost_claim_touches_the_next_one(acme: Organization, claims: tuple[Job, Job]) -> None:
    lost, held = (job.claim for job in claims)
    before = everything(acme)
    tickets.remove(lost)
    tickets.requeue(lost, wait_seconds=0)
    tickets.move(lost, connection_id=lost.connection_id, connection_limit=1)
    tickets.unclaim(lost)
    tickets.renew([lost])
    assert tickets.check_claim(lost) is None
    assert tickets.asked_to_stop([lost]) == []
    assert everything(acme) == before
    assert tickets.check_claim(held) == tickets.ClaimState(is_stopping=False)


def test_the_lost_claim_s_end_takes_no_lease_from_the_next_one(claims: tuple[Job, Job]) -> None:
    lost, held = claims
    with leases.renewing(held.claim):
        with leases.renewing(lost.claim):
            pass
        run_out()
        leases.renew()
        assert lost_workers.sweep() == 0
    assert tickets.check_claim(held.claim) is not None


def aged(seen: dict[Expired, float]) -> dict[Expired, float]:
    """As if half a lease had passed since."""
    return {one: since - settings.LEASE_SECONDS / 2 for one, since in seen.items()}


def test_a_lease_that_was_over_for_half_a_lease_is_taken_over_and_not_at_once(
    acme: Organization, alice: User, up: Upstream
) -> None:
    submit(acme, alice)
    held = begun().claim
    assert lost_workers.look_for_lost({}) == {}
    run_out()
    seen = lost_workers.look_for_lost({})
    assert list(seen) == [Expired(held.id, held.token)]
    assert lost_workers.look_for_lost(seen) == seen
    assert tickets.check_claim(held) is not None
    assert lost_workers.look_for_lost(aged(seen)) == {}
    assert tickets.check_claim(held) is None


def test_after_an_outage_of_the_database_those_who_live_lose_nothing(
    acme: Organization, alice: User, up: Upstream
) -> None:
    for _ in range(2):
        submit(acme, alice)
    living, dead = begun().claim, begun().claim
    with leases.renewing(living):
        run_out()
        seen = lost_workers.look_for_lost({})
        assert len(seen) == 2
        leases.renew()
        assert lost_workers.look_for_lost(aged(seen)) == {}
    assert tickets.check_claim(living) is not None
    assert tickets.check_claim(dead) is None


def test_a_look_takes_over_no_other_claim_than_those_it_has_seen(claims: tuple[Job, Job]) -> None:
    lost, held = claims
    run_out()
    seen = lost_workers.look_for_lost(aged({Expired(lost.claim.id, lost.claim.token): time.monotonic()}))
    assert list(seen) == [Expired(held.claim.id, held.claim.token)]
    assert tickets.check_claim(held.claim) is not None


def test_stopping_calls_off_the_claim_that_holds_and_no_other(claims: tuple[Job, Job]) -> None:
    lost, held = claims
    tickets.ask_to_stop([held.slot.code])
    with leases.renewing(lost.claim) as lost_wait, leases.renewing(held.claim) as held_wait:
        leases.call_off()
        assert (lost_wait.is_called_off, held_wait.is_called_off) == (False, True)


def test_a_lost_claim_is_renewed_no_more(claims: tuple[Job, Job]) -> None:
    with leases.renewing(claims[0].claim):
        run_out()
        leases.renew()
        assert lost_workers.sweep() == 1


def test_a_try_notes_only_its_own_sending(acme: Organization, claims: tuple[Job, Job]) -> None:
    """Beside the ticket: the row itself knows which try it is in."""
    lost, held = claims
    of_another_try = replace(held, slot=lost.slot)
    with pytest.raises(Lost):
        worker.note_sent(of_another_try)
    with tenancy.tenant(acme.pk):
        assert Slot.objects.get().sent_at is None
    worker.note_sent(held)
    with tenancy.tenant(acme.pk):
        assert Slot.objects.get().sent_at is not None


@pytest.mark.django_db(transaction=True)
def test_the_sweeper_looks_for_a_picture_without_a_connection_in_hand(
    acme: Organization, alice: User, up: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = submit(acme, alice)
    worker.note_sent(begun())
    run_out()
    held = []
    monkeypatch.setattr(record_picture, "recover_stored", lambda *_: held.append(connection.connection))
    assert lost_workers.sweep() == 1
    assert (held, state(run)) == ([None], State.UNKNOWN)


def test_a_sweeper_that_lost_its_own_claim_ends_nothing(
    acme: Organization, alice: User, up: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = submit(acme, alice)
    worker.note_sent(begun())
    run_out()
    take, other = tickets.claim_expired, list[Claim | None]()

    def another_sweeper_is_faster(*_: object) -> None:
        run_out()
        other.append(take())

    monkeypatch.setattr(record_picture, "recover_stored", another_sweeper_is_faster)
    with monkeypatch.context() as once:
        once.setattr(tickets, "claim_expired", iter([take(), None]).__next__)
        before = everything(acme)
        assert lost_workers.sweep() == 1
    assert (state(run), other[0] is not None) == (State.RUNNING, True)
    assert everything(acme)[1:] == before[1:]


def test_a_picture_that_cannot_be_looked_at_yet_is_looked_for_again(
    acme: Organization, alice: User, up: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = submit(acme, alice)
    worker.note_sent(begun())
    run_out()

    def busy(*_: object) -> None:
        raise Busy

    with monkeypatch.context() as crowded:
        crowded.setattr(store_frames, "find_output", busy)
        assert lost_workers.sweep() == 1
    assert state(run) == State.RUNNING
    run_out()
    assert lost_workers.sweep() == 1
    assert state(run) == State.UNKNOWN
