"""An export of each month by itself: once, on the first of the month in the organization's time, for whoever may."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.core import mail
from django.test import Client

from accounts.models import Membership, Organization, Role, User
from accounts.people import members, organizations
from billing import exports, tasks
from billing.models import Export, ExportState, Subscription
from saas.database import tenancy
from studio.engine import caretaker
from tests.conftest import SignIn, actions, must_be_member
from tests.support.ledger_entries import entry

pytestmark = pytest.mark.django_db
URL = "/o/acme/usage/exports/monthly/"
Clock = Callable[..., None]


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    def set_to(*moment: int) -> None:
        monkeypatch.setattr("accounts.limits.periods.timezone.now", lambda: datetime(*moment, tzinfo=UTC))  # type: ignore[misc,arg-type]  # its parts

    set_to(2026, 10, 21)
    return set_to


@pytest.fixture(autouse=True)
def _made_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks.make_export, "send", tasks.make_export.fn)


@pytest.fixture
def books(acme: Organization, rival: Organization, alice: User, bob: User, charlie: User) -> Organization:
    entry(acme, bob, date(2026, 9, 30), 5_000_000)
    entry(acme, bob, date(2026, 10, 7), 1_250_000)
    entry(acme, bob, date(2026, 11, 1), 7_000_000)
    entry(rival, charlie, date(2026, 10, 7), 9_000_000)
    return acme


def subscribe(client: Client, **changes: str) -> None:
    asked = {"what": "ledger", "format": "csv", "play": "0", **changes}
    assert client.post(URL, asked).status_code == 302


def look(capture: Any) -> list[Export]:
    """What a worker does each hour, and what is there then."""
    with capture(execute=True):
        tasks.make_monthly_exports.fn()
    with tenancy.operator():
        ids = list(Organization.objects.values_list("pk", flat=True))
    found: list[Export] = []
    for org_id in ids:
        with tenancy.tenant(org_id):
            found += Export.objects.order_by("pk")
    return found


def test_it_comes_once_when_the_month_is_over(
    books: Organization, adam: User, sign_in: SignIn, clock: Clock, django_capture_on_commit_callbacks: Any
) -> None:
    subscribe(sign_in(adam))
    assert look(django_capture_on_commit_callbacks) == []
    clock(2026, 11, 1, 0, 30)
    (export,) = look(django_capture_on_commit_callbacks)
    assert (export.state, export.first, export.last) == (ExportState.READY, date(2026, 10, 1), date(2026, 10, 31))
    assert (export.rows, export.micros, export.maker_id) == (1, 1_250_000, adam.pk)
    (letter,) = mail.outbox
    assert letter.to == ["adam@example.com"]
    assert letter.subject == "Acme: October 2026 as a file"
    assert f"/o/acme/usage/exports/{export.code}/" in letter.body
    clock(2026, 11, 1, 1, 30)
    assert len(look(django_capture_on_commit_callbacks)) == len(mail.outbox) == 1
    assert sign_in(adam).get(f"/o/acme/usage/exports/{export.code}/").status_code == 200
    clock(2026, 12, 2)
    (export,) = look(django_capture_on_commit_callbacks)  # that of October is gone after its week
    assert (export.first, len(mail.outbox)) == (date(2026, 11, 1), 2)


def test_that_of_a_suspended_organization_comes_when_it_is_restored(
    books: Organization,
    adam: User,
    alice: User,
    sign_in: SignIn,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: Any,
) -> None:
    subscribe(sign_in(adam))
    clock(2026, 11, 1, 0, 30)
    waiting: list[tuple[int, str]] = []
    with monkeypatch.context() as queue:
        queue.setattr(tasks.make_export, "send", lambda *arguments: waiting.append(arguments))
        look(django_capture_on_commit_callbacks)
    organizations.suspend(org=books, by=alice)
    tasks.make_export.fn(*waiting[0])
    assert [export.state for export in look(django_capture_on_commit_callbacks)] == [ExportState.FAILED]
    assert mail.outbox == []
    organizations.restore(org=books, by=alice)
    assert [export.state for export in look(django_capture_on_commit_callbacks)] == [ExportState.READY]
    assert len(mail.outbox) == 1


@pytest.mark.parametrize(("hour", "count"), [(6, 0), (7, 1)])
def test_the_first_is_the_first_of_the_organizations_own_calendar(
    hour: int,
    count: int,
    books: Organization,
    adam: User,
    sign_in: SignIn,
    clock: Clock,
    django_capture_on_commit_callbacks: Any,
) -> None:
    with tenancy.tenant(books.pk):
        Organization.objects.filter(pk=books.pk).update(time_zone="America/Los_Angeles")
    subscribe(sign_in(adam))
    clock(2026, 11, 1, hour, 59)
    assert len(look(django_capture_on_commit_callbacks)) == count


@pytest.mark.parametrize("how", ["demoted", "removed"])
def test_it_ends_when_the_right_ends(
    how: str,
    books: Organization,
    alice: User,
    adam: User,
    sign_in: SignIn,
    clock: Clock,
    django_capture_on_commit_callbacks: Any,
) -> None:
    subscribe(sign_in(adam))
    with tenancy.tenant(books.pk):
        member, owner = Membership.objects.get(user=adam), must_be_member(books, alice)
        if how == "demoted":
            members.change_role(member=member, role=Role.MEMBER, by=owner)
        else:
            members.remove(member=member, by=owner)
    clock(2026, 11, 1, 0, 30)
    assert look(django_capture_on_commit_callbacks) == []
    assert mail.outbox == []
    with tenancy.tenant(books.pk):
        assert not Subscription.objects.exists()
    assert actions(books)[-1] == "export.unsubscribed"


def test_who_loses_the_right_while_it_is_made_gets_no_letter(
    books: Organization,
    alice: User,
    adam: User,
    sign_in: SignIn,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: Any,
) -> None:
    subscribe(sign_in(adam))
    real = exports.write

    def slowly(export: Export, *, upto: int) -> exports.Written:
        with tenancy.tenant(export.org_id):
            Membership.objects.filter(user=adam).update(role=Role.MEMBER)
        return real(export, upto=upto)

    monkeypatch.setattr(exports, "write", slowly)
    clock(2026, 11, 1, 0, 30)
    (export,) = look(django_capture_on_commit_callbacks)
    assert mail.outbox == []
    assert sign_in(adam).get(f"/o/acme/usage/exports/{export.code}/").status_code == 404


def test_what_failed_is_made_again(
    books: Organization,
    adam: User,
    sign_in: SignIn,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: Any,
) -> None:
    subscribe(sign_in(adam))
    clock(2026, 11, 1, 0, 30)
    with monkeypatch.context() as broken:
        broken.setattr(exports, "write", lambda *_, **__: 1 / 0)
        (export,) = look(django_capture_on_commit_callbacks)
        assert export.state == ExportState.FAILED
    (export,) = look(django_capture_on_commit_callbacks)
    assert (export.state, len(mail.outbox)) == (ExportState.READY, 1)


def test_admins_see_and_end_each_others(books: Organization, alice: User, adam: User, sign_in: SignIn) -> None:
    subscribe(sign_in(adam), format="xlsx", what="runs")
    client = sign_in(alice)
    seen = client.get("/o/acme/usage/exports/").content.decode()
    assert "Runs as Excel (XLSX)" in seen
    assert "adam@example.com" in seen
    with tenancy.tenant(books.pk):
        code = Subscription.objects.get().code
    assert client.post(f"{URL}{code}/end/").status_code == 302
    with tenancy.tenant(books.pk):
        assert not Subscription.objects.exists()
    assert actions(books) == ["export.subscribed", "export.unsubscribed"]


def test_a_member_neither_sees_nor_ends_them(books: Organization, adam: User, bob: User, sign_in: SignIn) -> None:
    subscribe(sign_in(adam))
    client = sign_in(bob)
    assert "adam@example.com" not in client.get("/o/acme/usage/exports/").content.decode()
    with tenancy.tenant(books.pk):
        code = Subscription.objects.get().code
    assert client.post(URL, {"what": "ledger", "format": "csv"}).status_code == 403
    assert client.post(f"{URL}{code}/end/").status_code == 403
    with tenancy.tenant(books.pk):
        assert Subscription.objects.count() == 1


def test_a_rivals_cannot_be_ended(
    books: Organization, rival: Organization, adam: User, charlie: User, sign_in: SignIn
) -> None:
    subscribe(sign_in(adam))
    with tenancy.tenant(books.pk):
        code = Subscription.objects.get().code
    assert sign_in(charlie).post(f"/o/rival/usage/exports/monthly/{code}/end/").status_code == 404
    with tenancy.tenant(books.pk):
        assert Subscription.objects.count() == 1


def test_the_same_twice_is_one(books: Organization, adam: User, sign_in: SignIn) -> None:
    client = sign_in(adam)
    subscribe(client)
    subscribe(client)
    assert "You already get this export." in client.get("/o/acme/usage/exports/").content.decode()
    with tenancy.tenant(books.pk):
        assert Subscription.objects.count() == 1


def test_runs_have_no_focus_file(books: Organization, adam: User, sign_in: SignIn) -> None:
    client = sign_in(adam)
    subscribe(client, what="runs", format="focus")
    assert "FOCUS is a format of the ledger" in client.get("/o/acme/usage/exports/").content.decode()
    with tenancy.tenant(books.pk):
        assert not Subscription.objects.exists()
    assert actions(books) == []


def test_each_hour_one_process_asks(db: None, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[int] = []
    monkeypatch.setattr(tasks.make_monthly_exports, "send", lambda: sent.append(1))
    for _ in range(2):
        caretaker.monthly_exports()
    assert len(sent) == 1
    clock(2026, 10, 21, 1)
    caretaker.monthly_exports()
    assert len(sent) == 2
