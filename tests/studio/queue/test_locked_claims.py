"""The line has one lock for everybody. Whoever holds it waits for no organization's rows, and whoever holds it and has
vanished keeps it only for seconds."""

import time

import pytest
from django.db import connection

from accounts.models import Organization, User
from saas.database import tenancy
from saas.database.waits import LOCK_SECONDS
from studio.engine import leases, try_again, worker
from studio.models import Slot, State, Ticket
from studio.providers.outcomes import ProviderError
from studio.queue import locked_organizations, tickets
from studio.tasks import develop
from tests.studio.engine.test_worker import events, slots, submit, up
from tests.support import vanished_session

__all__ = ["up"]
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _nobody_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(locked_organizations, "_until", {})


@pytest.fixture
def called(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """After how many milliseconds a worker is called again."""
    found: list[int] = []
    monkeypatch.setattr(develop, "send_with_options", lambda *, args, delay: found.append(delay))
    return found


def params() -> dict[str, object]:
    return dict(connection.get_connection_params())


@pytest.mark.usefixtures("up")
def test_an_organization_whose_rows_are_locked_is_passed_over_and_its_turn_comes_later(
    acme: Organization, alice: User, rival: Organization, charlie: User, called: list[int]
) -> None:
    locked, other = submit(acme, alice), submit(rival, charlie)
    with vanished_session.held(vanished_session.ORGANIZATION, acme.pk, params(), org_id=acme.pk):
        began = time.monotonic()
        job = worker.begin()
        assert job is not None
        assert job.run == other
        assert worker.begin() is None  # and it is not asked for again at once
        assert time.monotonic() - began < LOCK_SECONDS
        assert called == [2100]
    assert [(slot.state, slot.tries) for slot in slots(locked)] == [(State.QUEUED, 0)]
    assert events(locked) == ["queued"]
    locked_organizations._until.clear()
    job = worker.begin()
    assert job is not None
    assert job.run == locked


@pytest.mark.usefixtures("up")
def test_a_ticket_that_is_locked_keeps_no_other_from_being_claimed(
    acme: Organization, alice: User, rival: Organization, charlie: User
) -> None:
    submit(acme, alice)
    other = submit(rival, charlie)
    (ticket, _) = Ticket.objects.order_by("pk")
    with vanished_session.held("SELECT id FROM studio_ticket WHERE id = %s FOR UPDATE", ticket.pk, params()):
        job = worker.begin()
        assert job is not None
        assert job.run == other


@pytest.mark.usefixtures("up")
def test_a_ticket_that_is_locked_keeps_no_other_lease_from_being_renewed(
    acme: Organization, alice: User, rival: Organization, charlie: User
) -> None:
    submit(acme, alice)
    submit(rival, charlie)
    first, second = worker.begin(), worker.begin()
    assert first is not None
    assert second is not None
    before = dict(Ticket.objects.values_list("pk", "lease_until"))
    with (
        vanished_session.held("SELECT id FROM studio_ticket WHERE id = %s FOR UPDATE", first.claim.id, params()),
        leases.renewing(first.claim),
        leases.renewing(second.claim),
    ):
        leases.renew()
    after = dict(Ticket.objects.values_list("pk", "lease_until"))
    assert after[first.claim.id] == before[first.claim.id]
    assert after[second.claim.id] != before[second.claim.id]


@pytest.mark.usefixtures("up")
def test_where_the_line_is_locked_a_worker_gives_up_and_is_called_again(
    acme: Organization, alice: User, called: list[int]
) -> None:
    run = submit(acme, alice)
    with vanished_session.held(vanished_session.LINE, tickets.CLAIM_LOCK, params()):
        assert worker.begin() is None
    assert called == [2100]
    assert [slot.tries for slot in slots(run)] == [0]
    assert worker.begin() is not None


@pytest.mark.usefixtures("up")
def test_a_slot_whose_rows_were_locked_before_anything_was_sent_waits_and_is_tried_again(
    acme: Organization, alice: User, called: list[int]
) -> None:
    run = submit(acme, alice)
    job = worker.begin()
    assert job is not None
    try_again.handle_failure(job, ProviderError("locked"))
    assert [(slot.state, slot.error_code) for slot in slots(run)] == [(State.QUEUED, "")]
    assert events(run) == ["queued", "started", "waiting"]
    assert len(called) == 1


@pytest.mark.usefixtures("up", "called")
def test_a_slot_whose_rows_were_locked_after_something_was_sent_is_not_sent_again(
    acme: Organization, alice: User
) -> None:
    run = submit(acme, alice)
    job = worker.begin()
    assert job is not None
    worker.note_sent(job)
    try_again.handle_failure(job, ProviderError("locked"))
    assert [(slot.state, slot.error_code) for slot in slots(run)] == [(State.UNKNOWN, "broken_late")]
    with tenancy.tenant(acme.pk):
        assert Slot.objects.filter(state=State.QUEUED).count() == 0
    assert Ticket.objects.count() == 0
