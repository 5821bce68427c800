"""After several outages in a row a connection is left alone; then one call may try it, and only one."""

import threading
from collections.abc import Sequence
from datetime import timedelta
from itertools import cycle
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection as database
from django.utils import timezone

from accounts.connections import circuit
from accounts.connections.circuit import Failed
from accounts.connections.registry import Terms, add, make_default
from accounts.models import (
    Circuit,
    Counter,
    Hold,
    HoldState,
    Organization,
    ProviderConnection,
    ProviderKind,
    Subject,
    User,
)
from billing import prices
from saas.database import tenancy
from studio.engine import nightly, try_again, worker
from studio.models import Run, Slot, State, Ticket
from studio.queue import tickets
from tests.conftest import SignIn, must_be_member
from tests.studio.engine.test_worker import events, slots, state, submit, up, work
from tests.support.fake_provider import Exchange, Upstream, completed, error, pictures, png
from tests.support.text_holds import standing

pytestmark = pytest.mark.django_db
__all__ = ["up"]

OVERLOADED = error("server_is_overloaded", "service_unavailable_error")
LONG_AGO = "2020-01-01T00:00:00Z"


def down(exchange: Exchange) -> None:
    exchange.whole(503, OVERLOADED)


def default(org: Organization) -> ProviderConnection:
    with tenancy.tenant(org.pk):
        return org.connections.select_related("org").get(is_default=True)


def note_outages(
    connection: ProviderConnection, count: int, *, ticket_id: int = 0, makers: Sequence[int] = (1, 2), first: int = 1
) -> list[timedelta | None]:
    """Of so many different requests, of these people in turn."""
    turns = cycle(makers)
    with tenancy.tenant(connection.org_id):
        return [
            circuit.note_outage(connection, Failed(ticket_id=ticket_id, maker_id=next(turns), likeness=likeness))
            for likeness in range(first, first + count)
        ]


def note_answer(connection: ProviderConnection, *, maker_id: int = 1, is_trying: bool = False) -> bool:
    with tenancy.tenant(connection.org_id):
        return circuit.note_answer(connection, maker_id=maker_id, is_trying=is_trying)


def rest_is_over() -> None:
    Circuit.objects.update(open_until=LONG_AGO)


def test_five_outages_in_a_row_open_it_and_fewer_do_not(acme: Organization, alice: User, up: Upstream) -> None:
    assert note_outages(default(acme), 5) == [None] * 4 + [circuit.FIRST_REST]
    assert Circuit.objects.get().is_open


def test_an_answer_between_begins_the_count_anew(acme: Organization, alice: User, up: Upstream) -> None:
    via = default(acme)
    note_outages(via, 4)
    assert not note_answer(via)
    assert note_outages(via, 4) == [None] * 4
    assert not Circuit.objects.get().is_open


def test_outages_far_apart_are_no_row(acme: Organization, alice: User, up: Upstream) -> None:
    via = default(acme)
    note_outages(via, 4)
    Circuit.objects.update(first_outage_at=LONG_AGO)
    assert note_outages(via, 4) == [None] * 4


def test_an_open_one_is_left_alone_and_what_waits_keeps_its_place(
    acme: Organization, alice: User, up: Upstream
) -> None:
    note_outages(default(acme), 5)
    run = submit(acme, alice, n=2)
    assert work() == 0
    assert (state(run), up.seen, Ticket.objects.count()) == (State.QUEUED, [], 2)


def test_after_the_rest_one_call_tries_and_its_picture_closes_it(acme: Organization, alice: User, up: Upstream) -> None:
    note_outages(default(acme), 5)
    run = submit(acme, alice, n=3)
    rest_is_over()
    job = worker.begin()
    assert job is not None
    assert job.claim.is_trying
    assert worker.begin() is None  # the others wait for how it goes
    worker.develop(job)
    assert not Circuit.objects.get().is_open
    assert work() == 2
    assert state(run) == State.SUCCEEDED


def test_a_try_that_fails_opens_it_for_longer(acme: Organization, alice: User, up: Upstream) -> None:
    via = default(acme)
    note_outages(via, 5)
    up.script = down
    rests = []
    for number in range(3):
        submit(acme, alice, prompt=f"lamp {number}")
        rest_is_over()
        Ticket.objects.update(not_before=LONG_AGO)
        assert work() == 1
        with tenancy.tenant(acme.pk):
            found = circuit.find(via)
        assert found is not None
        rests.append(round(found.rest.total_seconds()))
    assert rests == [30, 60, 120]
    assert len(up.seen) == 3


def test_a_refusal_is_an_answer_too(acme: Organization, alice: User, up: Upstream) -> None:
    note_outages(default(acme), 5)
    up.script = lambda exchange: exchange.whole(400, error("moderation_blocked"))
    run = submit(acme, alice)
    rest_is_over()
    work()
    assert (state(run), Circuit.objects.get().is_open) == (State.REFUSED, False)


def test_a_call_that_left_before_changes_nothing_of_an_open_one(acme: Organization, alice: User, up: Upstream) -> None:
    via = default(acme)
    note_outages(via, 5)
    before = Circuit.objects.get().open_until
    assert note_outages(via, 1, ticket_id=7) == [None]
    assert not note_answer(via)
    assert Circuit.objects.get().open_until == before


def test_when_the_one_that_tries_dies_another_may(acme: Organization, alice: User, up: Upstream) -> None:
    note_outages(default(acme), 5)
    submit(acme, alice, n=2)
    rest_is_over()
    first = worker.begin()
    assert first is not None
    Ticket.objects.filter(pk=first.claim.id).update(
        worker=None, not_before="2999-01-01T00:00:00Z"
    )  # freed by the sweeper
    second = worker.begin()
    assert second is not None
    assert second.claim.is_trying


def test_in_an_outage_that_does_not_end_what_waits_ends(acme: Organization, alice: User, up: Upstream) -> None:
    note_outages(default(acme), 5)
    run = submit(acme, alice, n=2)
    Circuit.objects.update(opened_at=timezone.now() - tickets.PATIENCE - timedelta(minutes=1))
    assert work() == 0
    assert [(slot.state, slot.error_code, slot.charged) for slot in slots(run)] == [("failed", "outage", "no")] * 2
    assert (state(run), Ticket.objects.count(), up.seen) == (State.FAILED, 0, [])


def test_the_page_says_so(acme: Organization, adam: User, alice: User, up: Upstream, sign_in: SignIn) -> None:
    note_outages(default(acme), 5)
    page = sign_in(adam).get("/o/acme/connections/").content.decode()
    assert "Paused." in page
    assert "wait for up to 15 minutes" in page


def test_a_new_key_gives_it_a_new_chance(acme: Organization, alice: User, up: Upstream) -> None:
    from accounts.connections import registry

    via = default(acme)
    note_outages(via, 5)
    with tenancy.tenant(acme.pk):
        registry.change(
            connection=via,
            by=must_be_member(acme, alice),
            name=via.name,
            base_url=via.base_url,
            openai_organization="",
            openai_project="",
            key="sk-another-key",
        )
    assert not Circuit.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_of_many_workers_at_once_exactly_one_tries() -> None:
    Circuit.objects.create(connection_id=5, opened_at=timezone.now(), open_until=LONG_AGO, openings=1)
    Ticket.objects.bulk_create(
        Ticket(slot_code=uuid4(), org_id=org, maker_id=1, connection_id=5, org_limit=9, connection_limit=99)
        for org in (1, 2)
        for _ in range(20)
    )
    gate, taken, guard = threading.Barrier(12), [], threading.Lock()

    def work_at_once() -> None:
        gate.wait()
        try:
            for _ in range(3):
                held = tickets.claim_next()
                with guard:
                    taken.append(held)
        finally:
            database.close()

    threads = [threading.Thread(target=work_at_once) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = [held for held in taken if held is not None]
    assert [(held.is_trying, held.is_blocked) for held in found] == [(True, False)]
    assert len(taken) == 36


# -- Another one takes over ------------------------------------------------------------------------


@pytest.fixture
def backup(acme: Organization, alice: User, up: Upstream) -> ProviderConnection:
    """Answers at the same address, under a key of its own."""
    with tenancy.tenant(acme.pk):
        return add(
            org=acme,
            by=must_be_member(acme, alice),
            name="Backup",
            kind=ProviderKind.COMPATIBLE,
            base_url=up.url,
            key="sk-backup-key",
            terms=Terms(position=1, calls_at_once=2),
        )


def up_is_down(exchange: Exchange) -> None:
    if exchange.asked.headers["Authorization"] == "Bearer sk-backup-key":
        pictures(completed(png(shade=9)))(exchange)
    else:
        down(exchange)


def hurry() -> None:
    for _ in range(12):
        Ticket.objects.update(not_before=LONG_AGO)
        work()


def keys(up: Upstream) -> list[str]:
    return [asked.headers["Authorization"].removeprefix("Bearer sk-") for asked in up.seen]


def test_when_tries_are_used_up_another_connection_takes_over(
    acme: Organization, alice: User, up: Upstream, backup: ProviderConnection, sign_in: SignIn
) -> None:
    up.script = up_is_down
    run = submit(acme, alice)
    hurry()
    assert keys(up) == ["test-key"] * try_again.MOST_TRIES + ["backup-key"]
    assert (state(run), events(run).count("moved")) == (State.SUCCEEDED, 1)
    with tenancy.tenant(acme.pk):
        slot = Slot.objects.get(run=run)
        moved = run.events.get(type="moved")
    assert (slot.connection_id, slot.tries, slot.tries_here) == (backup.pk, 5, 1)
    assert moved.data == {"from": "Up", "to": "Backup"}
    said = sign_in(alice).get(f"/o/acme/runs/{run.code}/metadata.json").json()
    assert said["slots"][0]["connection"] == "Backup"


def test_the_tile_says_that_another_connection_took_over(
    acme: Organization, alice: User, up: Upstream, backup: ProviderConnection, sign_in: SignIn
) -> None:
    run = submit(acme, alice)
    tile = f"/o/acme/runs/{run.code}/card/"
    for at, words in ((run.connection_id, "Developing"), (backup.pk, "Developing elsewhere")):
        with tenancy.tenant(acme.pk):
            Slot.objects.filter(run=run).update(state=State.RUNNING, connection_id=at)
        assert f"<span>{words}</span>" in sign_in(alice).get(tile).content.decode()


def test_what_waits_for_an_open_one_moves_without_a_try(
    acme: Organization, alice: User, up: Upstream, backup: ProviderConnection
) -> None:
    up.script = up_is_down
    note_outages(default(acme), 5)
    run = submit(acme, alice, n=3)
    work()
    assert (keys(up), state(run)) == (["backup-key"] * 3, State.SUCCEEDED)


def test_what_waits_already_moves_when_an_admin_names_one(acme: Organization, alice: User, up: Upstream) -> None:
    up.script = up_is_down
    note_outages(default(acme), 5)
    run = submit(acme, alice)
    assert work() == 0
    with tenancy.tenant(acme.pk):
        add(
            org=acme,
            by=must_be_member(acme, alice),
            name="Backup",
            kind=ProviderKind.COMPATIBLE,
            base_url=up.url,
            key="sk-backup-key",
            terms=Terms(position=1),
        )
    work()
    assert state(run) == State.SUCCEEDED


@pytest.mark.parametrize(("lent_micros", "ends"), [(None, State.SUCCEEDED), (10, State.FAILED)])
def test_the_operators_key_takes_over_within_what_they_lend(
    lent_micros: int | None, ends: State, acme: Organization, alice: User, up: Upstream, settings: Any
) -> None:
    settings.OPENAI_API_KEY, settings.OPENAI_BASE_URL = "sk-backup-key", up.url
    settings.LENT_MICROS_A_MONTH = lent_micros
    up.script = up_is_down
    with tenancy.tenant(acme.pk):
        owner = must_be_member(acme, alice)
        add(org=acme, by=owner, name="Lent", kind=ProviderKind.OPERATOR, terms=Terms(position=1))
    note_outages(default(acme), 5)
    run = submit(acme, alice)
    work()
    assert state(run) == ends
    assert keys(up) == (["backup-key"] if lent_micros is None else [])
    with tenancy.tenant(acme.pk):
        held = Hold.objects.get(run_code=run.code)
        assert held.is_lent == (held.state == HoldState.SETTLED) == (lent_micros is None)
        assert not Counter.objects.exclude(held_micros=0).exists()
    assert nightly.one(acme.pk) == []


@pytest.mark.parametrize("is_lent_known_before", [True, False])
def test_the_operators_key_does_not_take_over_what_was_held_below_its_price(
    is_lent_known_before: bool, acme: Organization, alice: User, up: Upstream, settings: Any
) -> None:
    """Agreed on for nothing, with a connection of one's own that is down; then the key is named as the one that takes
    over."""
    settings.OPENAI_API_KEY, settings.OPENAI_BASE_URL = "sk-backup-key", up.url
    settings.LENT_MICROS_A_MONTH = None
    up.script = up_is_down
    with tenancy.tenant(acme.pk):
        owner = must_be_member(acme, alice)
        prices.set_flat_price(connection=default(acme), by=owner, micros=0)

    def lend() -> None:
        with tenancy.tenant(acme.pk):
            add(org=acme, by=owner, name="Lent", kind=ProviderKind.OPERATOR, terms=Terms(position=1))

    if is_lent_known_before:
        lend()
    run = submit(acme, alice)
    if not is_lent_known_before:
        lend()
    note_outages(default(acme), 5)
    work()
    with tenancy.tenant(acme.pk):
        held = Hold.objects.get(run_code=run.code)
    if is_lent_known_before:  # enough was held for it from the start, and it is paid at its price
        assert (state(run), keys(up), held.is_lent) == (State.SUCCEEDED, ["backup-key"], True)
        assert standing(acme, Subject.LOAN, acme.pk)[:2] == (8_940, 0)
    else:
        assert (state(run), keys(up), held.is_lent, held.micros) == (State.QUEUED, [], False, 0)
    assert nightly.one(acme.pk) == []


def test_one_of_their_own_that_takes_over_for_it_gives_its_room_back(
    acme: Organization, alice: User, up: Upstream, backup: ProviderConnection, settings: Any
) -> None:
    settings.OPENAI_API_KEY, settings.OPENAI_BASE_URL = "sk-test-key", up.url
    up.script = up_is_down
    with tenancy.tenant(acme.pk):
        owner = must_be_member(acme, alice)
        make_default(connection=add(org=acme, by=owner, name="Lent", kind=ProviderKind.OPERATOR), by=owner)
    note_outages(default(acme), 5)
    run = submit(acme, alice)
    assert standing(acme, Subject.LOAN, acme.pk)[1] > 0
    work()
    assert (keys(up), state(run)) == (["backup-key"], State.SUCCEEDED)
    assert standing(acme, Subject.LOAN, acme.pk) == (0, 0, 0, 0)
    assert nightly.one(acme.pk) == []


@pytest.mark.parametrize(
    ("status", "body", "code"),
    [
        (400, error("moderation_blocked"), "moderated"),
        (401, error("invalid_api_key"), "invalid_key"),
        (429, error("insufficient_quota", "insufficient_quota"), "out_of_money"),
        (403, error(None, message="Your organization must be verified"), "not_verified"),
        (504, error(None), "gateway_timeout"),
    ],
)
def test_for_nothing_but_an_outage_does_another_take_over(
    status: int, body: object, code: str, acme: Organization, alice: User, up: Upstream, backup: ProviderConnection
) -> None:
    up.script = lambda exchange: exchange.whole(status, body)
    run = submit(acme, alice)
    hurry()
    assert (slots(run)[0].error_code, keys(up)) == (code, ["test-key"])


def test_a_rate_limit_waits_for_its_own_connection(
    acme: Organization, alice: User, up: Upstream, backup: ProviderConnection
) -> None:
    up.script = lambda exchange: exchange.whole(429, error("rate_limit_exceeded", "requests"))
    run = submit(acme, alice)
    hurry()
    assert (slots(run)[0].error_code, keys(up)) == ("rate_limited", ["test-key"] * try_again.MOST_TRIES)


def test_when_all_have_an_outage_it_ends_and_never_goes_back(
    acme: Organization, alice: User, up: Upstream, backup: ProviderConnection
) -> None:
    up.script = down
    run = submit(acme, alice)
    hurry()
    assert keys(up) == ["test-key"] * try_again.MOST_TRIES + ["backup-key"] * try_again.MOST_TRIES
    assert (state(run), slots(run)[0].error_code) == (State.FAILED, "outage")


def test_the_sandbox_takes_over_for_nobody_and_nobody_for_the_sandbox(
    acme: Organization, alice: User, up: Upstream, backup: ProviderConnection
) -> None:
    with tenancy.tenant(acme.pk):
        sandbox = acme.connections.get(kind=ProviderKind.SANDBOX)
        assert circuit.standbys(sandbox) == []
        assert circuit.standbys(default(acme)) == [backup]


def test_one_that_lacks_the_responses_api_does_not_take_over_for_it(
    acme: Organization, alice: User, up: Upstream, backup: ProviderConnection
) -> None:
    with tenancy.tenant(acme.pk):
        ProviderConnection.objects.filter(pk=backup.pk).update(can_respond=False)
    up.script = down
    run = submit(acme, alice, kind="respond")
    hurry()
    assert (slots(run)[0].error_code, set(keys(up))) == ("outage", {"test-key"})


def test_another_organization_s_connection_takes_over_for_nobody(
    acme: Organization, alice: User, rival: Organization, charlie: User, up: Upstream
) -> None:
    with tenancy.tenant(rival.pk):
        add(
            org=rival,
            by=must_be_member(rival, charlie),
            name="Theirs",
            kind=ProviderKind.COMPATIBLE,
            base_url=up.url,
            key="sk-backup-key",
            terms=Terms(position=1),
        )
    up.script = up_is_down
    run = submit(acme, alice)
    hurry()
    assert (slots(run)[0].error_code, set(keys(up))) == ("outage", {"test-key"})


def test_a_changed_limit_reaches_what_waits(acme: Organization, alice: User, up: Upstream) -> None:
    submit(acme, alice, n=3)
    with tenancy.tenant(acme.pk):
        acme.connections.filter(is_default=True).update(calls_at_once=1)
    assert worker.begin() is not None
    assert worker.begin() is None
    assert set(Ticket.objects.values_list("connection_limit", flat=True)) == {1, 16}


def test_asked_again_after_all_tries_it_has_all_tries_again(acme: Organization, alice: User, up: Upstream) -> None:
    from studio.runs import retry_slot

    up.script = lambda exchange: exchange.whole(429, error("rate_limit_exceeded", "requests"))
    run = submit(acme, alice)
    hurry()
    with tenancy.tenant(acme.pk):
        slot = Slot.objects.select_related("run__connection").get(run=run)
        retry_slot.retry(slot=slot, by=must_be_member(acme, alice))
    hurry()
    assert len(up.seen) == 2 * try_again.MOST_TRIES
    with tenancy.tenant(acme.pk):
        assert Run.objects.get(pk=run.pk).state == State.FAILED
