"""Closing a month: who may, when, once, and that nothing gets into it afterwards by whatever door."""

import re
import threading
from collections.abc import Callable
from datetime import UTC, date, datetime
from html import unescape
from typing import Any
from uuid import uuid4

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client

from accounts.models import AuditEntry, Membership, Organization, Role, User
from billing import folding, ledger, months, reconciling
from billing.models import ClosedMonth, Entry, EntryKind
from saas.database import tenancy
from tests.conftest import SignIn, actions, must_be_member
from tests.support.ledger_entries import entry
from tests.support.text_holds import hold, settle

pytestmark = pytest.mark.django_db
OCTOBER, NOVEMBER = date(2026, 10, 1), date(2026, 11, 1)
Clock = Callable[..., None]


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """It is the 21st of November, unless a test says otherwise."""

    def set_to(*moment: int) -> None:
        monkeypatch.setattr("accounts.limits.periods.timezone.now", lambda: datetime(*moment, tzinfo=UTC))  # type: ignore[misc,arg-type]  # its parts

    set_to(2026, 11, 21)
    return set_to


@pytest.fixture
def books(acme: Organization, rival: Organization, alice: User, bob: User, charlie: User) -> Organization:
    entry(acme, alice, date(2026, 9, 30), 1_000_000)
    entry(acme, alice, date(2026, 10, 1), 210_701, key_code=uuid4(), key_label="Shop", project="Spring")
    entry(acme, bob, date(2026, 10, 31), 3, model="gpt-image-2.5-flare")
    entry(acme, bob, date(2026, 10, 31), -1, kind="correction", images=0, note="A cent too much")
    entry(acme, bob, date(2026, 10, 12), 0, kind="uncertain", images=0, open_micros=90_000, request_id="req_42")
    entry(acme, bob, date(2026, 11, 1), 777_000_000)
    entry(acme, bob, date(2026, 10, 2), 55, is_play=True)
    entry(rival, charlie, date(2026, 10, 2), 9_000_000)
    return acme


def close(client: Client, month: str = "2026-10") -> None:
    assert client.post(f"/o/acme/usage/months/{month}/close/").status_code == 302


def closed(org: Organization) -> list[ClosedMonth]:
    with tenancy.tenant(org.pk):
        return list(ClosedMonth.objects.filter(org=org).order_by("month"))


def test_a_month_closes_with_those_before_it(books: Organization, adam: User, sign_in: SignIn) -> None:
    close(sign_in(adam))
    september, october = closed(books)
    assert (september.month, september.micros) == (date(2026, 9, 1), 1_000_000)
    assert (october.month, october.micros, october.images) == (OCTOBER, 210_703, 2)
    assert (october.play_micros, october.play_images) == (55, 1)
    assert october.by_label == "Adam <adam@example.com>"
    assert actions(books) == ["month.closed"]
    with tenancy.tenant(books.pk):
        row = AuditEntry.objects.get(action="month.closed")
    assert row.target == "October 2026"
    assert row.details == {"paid": "0.210703", "pictures": 2, "with the months before, from": "September 2026"}


def test_closed_twice_it_was_closed_once(books: Organization, alice: User, adam: User, sign_in: SignIn) -> None:
    close(sign_in(adam))
    close(sign_in(alice))
    close(sign_in(alice), "2026-09")
    close(sign_in(alice), "2025-01")
    assert [(one.month.month, one.by_label) for one in closed(books)] == [
        (9, "Adam <adam@example.com>"),
        (10, "Adam <adam@example.com>"),
    ]
    assert actions(books) == ["month.closed"]


@pytest.mark.parametrize(
    ("time_zone", "now", "is_over"),
    [
        ("UTC", (2026, 10, 31, 23, 59), False),
        ("UTC", (2026, 11, 1, 0, 0), True),
        ("America/Los_Angeles", (2026, 11, 1, 6, 59), False),
        ("America/Los_Angeles", (2026, 11, 1, 7, 0), True),
        ("Pacific/Auckland", (2026, 10, 31, 11, 0), True),
    ],
)
def test_only_a_month_that_is_over_in_the_organizations_own_time(
    time_zone: str, now: tuple[int, ...], is_over: bool, books: Organization, alice: User, sign_in: SignIn, clock: Clock
) -> None:
    clock(*now)
    with tenancy.tenant(books.pk):
        Organization.objects.filter(pk=books.pk).update(time_zone=time_zone)
    client = sign_in(alice)
    close(client)
    assert bool(closed(books)) == is_over
    said = client.get("/o/acme/usage/months/2026-10/").content.decode()
    assert ("is not over yet in" in said) != is_over


def test_who_lost_the_right_meanwhile_closes_nothing(books: Organization, adam: User) -> None:
    member = must_be_member(books, adam)
    with tenancy.tenant(books.pk):
        Membership.objects.filter(pk=member.pk).update(role=Role.MEMBER)
        with pytest.raises(Exception, match="Only an admin"):
            months.close(org=books, by=member, month=OCTOBER)
    assert closed(books) == []
    assert actions(books) == []


def test_what_comes_later_is_booked_in_the_next_open_month(books: Organization, bob: User, alice: User) -> None:
    with tenancy.tenant(books.pk):
        months.close(org=books, by=must_be_member(books, alice), month=OCTOBER)
    late = entry(books, bob, date(2026, 9, 3), 40, kind="correction", images=0)
    usual = entry(books, bob, date(2026, 11, 3), 50)
    for one in (late, usual):
        with tenancy.tenant(books.pk):
            one.refresh_from_db()
    assert (late.counted_on, late.held_on) == (NOVEMBER, date(2026, 9, 3))
    assert (usual.counted_on, usual.held_on) == (date(2026, 11, 3), None)
    with tenancy.tenant(books.pk):
        october = months.statement(books, OCTOBER, is_play=False)
    assert (october.total.micros, october.is_as_closed) == (210_703, True)


def test_a_run_that_ends_after_the_close_is_paid_in_the_next_month(
    acme: Organization, bob: User, alice: User, clock: Clock
) -> None:
    clock(2026, 10, 31, 23, 59)
    (held,) = hold(acme, bob, 2_000_000)
    clock(2026, 11, 1, 0, 1)
    with tenancy.tenant(acme.pk):
        months.close(org=acme, by=must_be_member(acme, alice), month=OCTOBER)
    settle(held, 1_500_000)
    with tenancy.tenant(acme.pk):
        ledger.write(held, EntryKind.CHARGE, micros=1_500_000, images=1)
        written = Entry.objects.get()
        assert (written.counted_on, written.held_on) == (NOVEMBER, date(2026, 10, 31))
        assert reconciling.reconcile(acme) == []  # budgets count where it was held


@pytest.mark.parametrize(
    "act",
    [
        "UPDATE billing_closedmonth SET micros = 0",
        "DELETE FROM billing_closedmonth",
        "UPDATE billing_closedmonth SET month = '2026-08-01'",
    ],
)
def test_the_database_lets_nobody_open_a_month_again(act: str, books: Organization, alice: User) -> None:
    with tenancy.tenant(books.pk):
        months.close(org=books, by=must_be_member(books, alice), month=OCTOBER)
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(act)
    assert [one.month for one in closed(books)] == [date(2026, 9, 1), OCTOBER]


def test_of_a_rival_nothing_is_closed_or_shown(
    books: Organization, rival: Organization, alice: User, sign_in: SignIn
) -> None:
    client = sign_in(alice)
    close(client)
    assert client.post("/o/rival/usage/months/2026-10/close/").status_code == 404
    assert closed(rival) == []
    seen = client.get("/o/acme/usage/months/2026-10/").content.decode()
    assert "9.00" not in seen
    assert "Charlie" not in seen


def test_the_sums_of_a_statement_are_the_ledgers_to_the_micro_dollar(books: Organization) -> None:
    with tenancy.tenant(books.pk):
        folding.fold(books)
        entry(books, must_be_member(books, books.memberships.first().user).user, date(2026, 10, 9), 5)  # type: ignore[union-attr]  # Alice
        found = months.statement(books, OCTOBER, is_play=False)
        micros = sum(Entry.objects.filter(is_play=False, counted_on__month=10).values_list("micros", flat=True))
    assert found.total.micros == micros == 210_708
    assert [part.by for part in found.parts] == ["connection", "model", "member", "key", "project"]
    for part in found.parts:
        assert sum(row.micros for row in part.rows) == micros
        assert sum(row.images for row in part.rows) == found.total.images == 3


def test_a_statement_says_what_stands_in_it(books: Organization, alice: User, sign_in: SignIn) -> None:
    client = sign_in(alice)
    seen = client.get("/o/acme/usage/months/2026-10/").content.decode()
    for words in ("0.210703", "−0.000001", "A cent too much", "req_42", "0.090000", "Shop", "Spring", "In the browser"):  # noqa: RUF001 a minus sign
        assert words in seen
    assert "Close October 2026" in seen
    assert "may have been charged" in seen
    close(client)
    seen = client.get("/o/acme/usage/months/2026-10/").content.decode()
    assert "by Alice &lt;alice@example.com&gt;" in seen
    assert "Close October 2026" not in seen
    assert "Closed" in client.get("/o/acme/usage/months/").content.decode()


def test_a_statement_says_how_many_it_does_not_name(
    books: Organization, bob: User, alice: User, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(months, "MOST_NAMED", 1)
    for _ in range(3):
        entry(books, bob, date(2026, 10, 20), -7, kind="correction", images=0, note="Too much again")
    client = sign_in(alice)
    seen = client.get("/o/acme/usage/months/2026-10/").content.decode()
    assert "Too much again" not in seen
    assert "−0.000022" in seen  # noqa: RUF001 a minus sign; all four of them
    (more,) = re.findall(r'And 3 more, <a href="([^"]+)"', seen)
    assert client.get(unescape(more)).content.decode().count("Too much again") == 3


def test_only_what_was_a_run_leads_to_its_page(books: Organization, alice: User, bob: User, sign_in: SignIn) -> None:
    run, prompt = uuid4(), uuid4()
    for kind in ("uncertain", "correction"):
        for code, was in ((run, "generate"), (prompt, "rewrite")):
            entry(books, bob, date(2026, 10, 20), 0, kind=kind, images=0, run_code=code, run_kind=was)
    seen = sign_in(alice).get("/o/acme/usage/months/2026-10/").content.decode()
    assert (seen.count(f"/runs/{run}/"), seen.count(f"/runs/{prompt}/")) == (2, 0)


def test_what_was_uncertain_at_the_close_stays_named(books: Organization, alice: User, bob: User) -> None:
    with tenancy.tenant(books.pk):
        doubt = Entry.objects.get(kind="uncertain")
        months.close(org=books, by=must_be_member(books, alice), month=OCTOBER)
    entry(books, bob, doubt.counted_on, 80_000, kind="resolution", slot_code=doubt.slot_code, attempt=1, note="It was.")
    with tenancy.tenant(books.pk):
        october, november = (months.statement(books, each, is_play=False) for each in (OCTOBER, NOVEMBER))
    assert (october.uncertain.micros, [one.pk for one in october.uncertain.entries]) == (90_000, [doubt.pk])
    assert (november.uncertain.micros, [one.note for one in november.late.entries]) == (0, ["It was."])
    assert november.late.micros == 80_000


@pytest.mark.parametrize("month", ["2026-13", "2026", "october", "2026-1", "0000-01"])
def test_what_is_no_month_is_not_there(month: str, books: Organization, alice: User, sign_in: SignIn) -> None:
    client = sign_in(alice)
    assert client.get(f"/o/acme/usage/months/{month}/").status_code == 404
    assert client.post(f"/o/acme/usage/months/{month}/close/").status_code == 404
    assert closed(books) == []


def at_once(*acts: Callable[[], Any]) -> None:
    """Each in a thread and a connection of its own."""
    gate = threading.Barrier(len(acts))

    def run(act: Callable[[], Any]) -> None:
        try:
            gate.wait()
            act()
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=[act]) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)


@pytest.mark.django_db(transaction=True)
def test_two_admins_and_a_payment_at_once(acme: Organization, alice: User, adam: User, bob: User) -> None:
    entry(acme, bob, date(2026, 10, 5), 100)
    alone, other = must_be_member(acme, alice), must_be_member(acme, adam)

    def shut(member: Membership) -> None:
        with tenancy.tenant(acme.pk):
            months.close(org=acme, by=member, month=OCTOBER)

    at_once(
        lambda: shut(alone),
        lambda: shut(other),
        *[lambda: entry(acme, bob, date(2026, 10, 31), 7)] * 6,
    )
    (october,) = closed(acme)
    with tenancy.tenant(acme.pk):
        found = months.statement(acme, OCTOBER, is_play=False)
        assert Entry.objects.count() == 7
    assert (found.total.micros, found.total.images) == (october.micros, october.images)
    assert actions(acme) == ["month.closed"]
