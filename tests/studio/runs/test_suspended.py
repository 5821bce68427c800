"""A suspended organization starts nothing and goes on when it is restored; a deleted one ends what waits."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from accounts.models import Counter, Hold, HoldState, Organization, ProviderConnection, Subject, User
from accounts.people import organizations
from billing.reconciling import Finding
from saas.database import tenancy
from studio import tasks
from studio.engine import make_composites, nightly, worker
from studio.models import (
    Composite,
    CompositeTicket,
    Output,
    RewriteState,
    RewriteTicket,
    Run,
    RunEvent,
    State,
    Ticket,
)
from studio.prompt import rewrite_worker
from studio.queue import tickets
from studio.runs import suspended
from tests.conftest import make_person, must_be_member
from tests.studio.engine import test_make_composites
from tests.studio.engine.test_worker import slots, state, submit, up, work
from tests.studio.prompt import test_rewrite
from tests.studio.prompt.test_rewrite import answer, ask, connection, model
from tests.support.fake_provider import Upstream
from tests.support.text_holds import standing

pytestmark = pytest.mark.django_db
__all__ = ["answer", "connection", "edited", "model", "up"]

edited = test_make_composites.edited
LONG_AGO = "2020-01-01T00:00:00Z"


@pytest.fixture
def olga(db: None) -> User:
    return make_person("Olga", is_staff=True, is_superuser=True)


@pytest.fixture(autouse=True)
def sent(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The workers that were called."""
    found: list[str] = []
    monkeypatch.setattr(tasks.develop, "send", lambda: found.append("develop"))
    monkeypatch.setattr(tasks.rewrite, "send", lambda: found.append("rewrite"))
    return found


def delete(org: Organization, by: User) -> None:
    with tenancy.tenant(org.pk):
        organizations.delete(org=org, by=must_be_member(org, by))


def takes(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """What workers took from the line from now on."""
    found: list[object] = []
    take = tickets.claim_next

    def counted(*barred: Any, **also: Any) -> Any:
        found.append(held := take(*barred, **also))
        return held

    monkeypatch.setattr(tickets, "claim_next", counted)
    return found


def test_nothing_that_waits_begins_while_it_is_suspended_and_all_of_it_afterwards(
    acme: Organization, alice: User, olga: User, up: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = submit(acme, alice, n=5)
    organizations.suspend(org=acme, by=olga)
    taken = takes(monkeypatch)
    for _ in range(10):
        assert not worker.develop_next()
    assert len([held for held in taken if held is not None]) == 1  # one finds out for all
    assert (state(run), up.seen, Ticket.objects.count(), tickets.count_waiting()) == (State.QUEUED, [], 5, 0)
    assert suspended.wake_or_end() == 0
    organizations.restore(org=acme, by=olga)
    assert not worker.develop_next()
    assert suspended.wake_or_end() == 1
    assert work() == 5
    assert state(run) == State.SUCCEEDED
    assert nightly.one(acme.pk) == []


def test_thousands_of_tickets_cost_one_look_and_no_other_organization_waits(
    acme: Organization, alice: User, rival: Organization, charlie: User, olga: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    submit(acme, alice)
    mine = Ticket.objects.get()
    same = {name: getattr(mine, name) for name in ("org_id", "maker_id", "connection_id", "org_limit")}
    Ticket.objects.bulk_create(
        Ticket(slot_code=uuid4(), connection_limit=mine.connection_limit, **same) for _ in range(10_000)
    )
    theirs = submit(rival, charlie)
    organizations.suspend(org=acme, by=olga)
    taken = takes(monkeypatch)
    job = worker.begin()
    assert job is not None
    assert job.run == theirs
    assert len(taken) == 2
    assert worker.begin() is None
    assert len(taken) == 3


def test_what_joined_the_line_at_the_moment_of_the_suspension_rests_too(
    acme: Organization, alice: User, olga: User, up: Upstream
) -> None:
    submit(acme, alice)
    organizations.suspend(org=acme, by=olga)
    assert work() == 0
    suspended_at = Organization.objects.filter(pk=acme.pk).values_list("suspended_at", flat=True)
    with tenancy.tenant(acme.pk):
        (moment,) = suspended_at
        Organization.objects.filter(pk=acme.pk).update(suspended_at=None)
    late = submit(acme, alice)  # a moment before it was suspended
    with tenancy.tenant(acme.pk):
        Organization.objects.filter(pk=acme.pk).update(suspended_at=moment)
    assert work() == 0
    assert (state(late), up.seen) == (State.QUEUED, [])
    assert not Ticket.objects.exclude(org_limit=0).exists()


def test_a_slot_that_is_tried_again_later_does_not_begin_either(
    acme: Organization, alice: User, olga: User, up: Upstream
) -> None:
    up.script = lambda exchange: exchange.whole(503, {})
    run = submit(acme, alice)
    assert work() == 1
    organizations.suspend(org=acme, by=olga)
    Ticket.objects.update(not_before=LONG_AGO)
    assert work() == 0
    assert (len(up.seen), [slot.state for slot in slots(run)]) == (1, ["queued"])


def test_what_waits_for_a_deleted_one_ends_as_stopped_and_its_money_is_free(
    acme: Organization, alice: User, up: Upstream
) -> None:
    first, second = submit(acme, alice, n=3), submit(acme, alice)
    delete(acme, alice)
    assert work() == 0
    assert suspended.wake_or_end() == 1
    for run in (first, second):
        assert state(run) == State.CANCELLED
        assert {slot.error_code for slot in slots(run)} == {"stopped"}
    with tenancy.tenant(acme.pk):
        assert set(Hold.objects.values_list("state", flat=True)) == {HoldState.RELEASED}
        assert not Counter.objects.exclude(held_micros=0, held_images=0).exists()
        assert RunEvent.objects.filter(run=first, type="ended").count() == 1
    assert standing(acme, Subject.ORGANIZATION, acme.pk) == (0, 0, 0, 0)
    assert (up.seen, Ticket.objects.count(), suspended.wake_or_end()) == ([], 0, 0)


def test_one_look_ends_no_more_than_its_share(acme: Organization, alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(suspended, "MOST_ENDED", 2)
    for _ in range(3):
        submit(acme, alice)
    delete(acme, alice)
    assert work() == 0
    suspended.wake_or_end()
    with tenancy.tenant(acme.pk):
        assert Run.objects.filter(state=State.QUEUED).count() == 1
    suspended.wake_or_end()
    assert Ticket.objects.count() == 0


def test_a_picture_in_the_hands_of_a_worker_is_still_kept(acme: Organization, alice: User, up: Upstream) -> None:
    run = submit(acme, alice, n=2)
    job = worker.begin()
    assert job is not None
    delete(acme, alice)
    worker.develop(job)
    assert work() == 0
    suspended.wake_or_end()
    assert sorted(slot.state for slot in slots(run)) == ["cancelled", "succeeded"]
    with tenancy.tenant(acme.pk):
        assert Output.objects.count() == 1
    assert nightly.one(acme.pk) == []


def test_a_prompt_is_not_improved_while_it_is_suspended(
    acme: Organization, alice: User, olga: User, connection: ProviderConnection, model: Upstream
) -> None:
    asked = [ask(acme, alice) for _ in range(3)]
    organizations.suspend(org=acme, by=olga)
    assert rewrite_worker.make_next()  # one finds out for all
    assert not rewrite_worker.make_next()
    assert (rewrite_worker.count_due(), model.seen) == (0, [])
    organizations.restore(org=acme, by=olga)
    RewriteTicket.objects.update(due_at=LONG_AGO)
    while rewrite_worker.make_next():
        pass
    assert {test_rewrite.again(one).state for one in asked} == {RewriteState.READY}


def test_the_pause_grows_with_the_suspension(acme: Organization, alice: User, olga: User) -> None:
    organizations.suspend(org=acme, by=olga)
    with tenancy.tenant(acme.pk):
        org = Organization.objects.get(pk=acme.pk)
    assert org.suspended_at is not None
    pauses = [org.pause(org.suspended_at + timedelta(minutes=minutes)) for minutes in (0, 3, 600)]
    assert pauses == [timedelta(minutes=1), timedelta(minutes=3), timedelta(minutes=5)]


def test_a_prompt_of_a_deleted_one_ends_and_its_money_is_free(
    acme: Organization, alice: User, connection: ProviderConnection, model: Upstream
) -> None:
    asked = ask(acme, alice)
    delete(acme, alice)
    while rewrite_worker.make_next():
        pass
    ended = test_rewrite.again(asked)
    assert (ended.state, ended.error_code, model.seen) == (RewriteState.FAILED, "stopped", [])
    assert test_rewrite.hold_of(asked).state == HoldState.RELEASED
    assert not RewriteTicket.objects.exists()


def test_a_composite_waits_for_the_end_of_the_suspension_and_loses_no_try(
    edited: tuple[Run, Output], acme: Organization, olga: User
) -> None:
    _, output = edited
    organizations.suspend(org=acme, by=olga)
    for _ in range(make_composites.MOST_TRIES + 2):
        CompositeTicket.objects.update(due_at=LONG_AGO)
        assert make_composites.make_next()
        assert not make_composites.make_next()
    assert test_make_composites.composite_of(output).state == "waiting"
    organizations.restore(org=acme, by=olga)
    CompositeTicket.objects.update(due_at=LONG_AGO)
    make_composites.make_next()
    assert test_make_composites.composite_of(output).state == "made"


def test_a_composite_of_a_deleted_one_ends(edited: tuple[Run, Output], acme: Organization, alice: User) -> None:
    _, output = edited
    delete(acme, alice)
    assert make_composites.make_next()
    ended = test_make_composites.composite_of(output)
    assert (ended.state, ended.sentence) == (Composite.State.FAILED, make_composites.DELETED)
    assert not CompositeTicket.objects.exists()


def test_the_books_of_those_that_may_not_work_are_left_for_later(
    acme: Organization, rival: Organization, olga: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[int] = []

    def one(org_id: int) -> list[Finding]:
        looked.append(org_id)
        return []

    monkeypatch.setattr(nightly, "one", one)
    organizations.suspend(org=acme, by=olga)
    nightly.all_organizations()
    assert looked == [rival.pk]
