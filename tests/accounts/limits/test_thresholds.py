"""Amounts and shares of limits that an admin names: each alerts once in its day or month, and stops nothing."""

from typing import Any

import pytest
from django.core.mail import EmailMessage
from django.test import Client

from accounts.limits import alerts
from accounts.models import LimitAlert, Organization, Subject, Threshold, User
from saas.database import tenancy
from tests.conftest import SignIn, actions, must_be_member
from tests.support.text_holds import allow, hold, settle

pytestmark = pytest.mark.django_db
DOLLAR = 1_000_000
WHOLE = "/o/acme/limits/of/organization/all/alerts/"


@pytest.fixture
def spend(acme: Organization, bob: User, django_capture_on_commit_callbacks: Any) -> Any:
    def spent(micros: int, *, is_play: bool = False) -> None:
        with django_capture_on_commit_callbacks(execute=True):
            (held,) = hold(acme, bob, micros, is_play=is_play)
            settle(held, micros)

    return spent


def name(client: Client, value: str, kind: str = "money", period: str = "month", url: str = WHOLE) -> int:
    return client.post(url, {"value": value, "kind": kind, "period": period}).status_code


def thresholds(org: Organization) -> list[tuple[object, ...]]:
    with tenancy.tenant(org.pk):
        found = Threshold.objects.filter(org=org)
        return list(found.values_list("subject", "period", "unit", "percent", "amount"))


def told(org: Organization) -> list[tuple[object, ...]]:
    with tenancy.tenant(org.pk):
        return list(LimitAlert.objects.order_by("pk").values_list("percent", "amount", "is_play"))


def line_for(org: Organization, user: User) -> str:
    with tenancy.tenant(org.pk):
        member = must_be_member(org, user)
        alert = alerts.for_page(member)
        return alerts.sentence(alert, member) if alert else ""


def test_an_amount_is_told_once_without_any_limit(
    acme: Organization, alice: User, adam: User, bob: User, sign_in: SignIn, spend: Any, mailoutbox: list[EmailMessage]
) -> None:
    assert name(sign_in(alice), "20") == 302
    spend(19 * DOLLAR)
    assert (told(acme), mailoutbox) == ([], [])
    spend(2 * DOLLAR)
    spend(5 * DOLLAR)
    assert told(acme) == [(0, 20 * DOLLAR, False)]
    assert sorted(mail.to[0] for mail in mailoutbox) == ["adam@example.com", "alice@example.com"]
    assert mailoutbox[0].subject == "Acme: $20.00 this month, Acme"
    assert "Acme has spent $20.00 this month in Acme." in mailoutbox[0].body
    assert line_for(acme, alice) == "$20.00 of this month are spent by Acme. This stops nothing."
    assert line_for(acme, bob) == ""


def test_play_money_reaches_it_too_and_the_mail_says_so(
    acme: Organization, alice: User, sign_in: SignIn, spend: Any, mailoutbox: list[EmailMessage]
) -> None:
    name(sign_in(alice), "1", period="day")
    spend(DOLLAR, is_play=True)
    assert told(acme) == [(0, DOLLAR, True)]
    assert mailoutbox[0].subject == "Acme: $1.00 today, Acme (play money)"
    assert "play money: nothing was charged" in mailoutbox[0].body
    assert line_for(acme, alice).startswith("$1.00 of today")


def test_a_share_of_a_limit_that_no_limit_tells_by_itself(
    acme: Organization, alice: User, bob: User, sign_in: SignIn, spend: Any, mailoutbox: list[EmailMessage]
) -> None:
    allow(acme, alice, Subject.MEMBER, user=bob, money_month=100 * DOLLAR)
    of_bob = f"/o/acme/limits/of/member/{must_be_member(acme, bob).code}/alerts/"
    assert name(sign_in(alice), "30 %", "percent_money", url=of_bob) == 302
    spend(29 * DOLLAR)
    assert mailoutbox == []
    spend(DOLLAR)
    assert told(acme) == [(30, None, False)]
    assert mailoutbox[0].subject == "Acme: 30 % of the monthly limit of Bob"
    assert line_for(acme, bob) == "30 % of your monthly limit of $100.00 is used."


def test_a_number_of_pictures(acme: Organization, alice: User, sign_in: SignIn, spend: Any) -> None:
    name(sign_in(alice), "2", "images", "day")
    assert thresholds(acme) == [("organization", "day", "images", None, 2)]


def test_it_is_shown_with_its_subject_and_removed(acme: Organization, alice: User, sign_in: SignIn) -> None:
    client = sign_in(alice)
    name(client, "20")
    page = client.get("/o/acme/limits/of/organization/all/").content.decode()
    assert "$20.00 in a month" in page
    with tenancy.tenant(acme.pk):
        code = Threshold.objects.get(org=acme).code
    assert client.post(f"{WHOLE}{code}/remove/").status_code == 302
    assert thresholds(acme) == []
    assert actions(acme) == ["alert.added", "alert.removed"]


@pytest.mark.parametrize(
    ("value", "kind"),
    [("0", "money"), ("-1", "money"), ("0", "percent_money"), ("101", "percent_money"), ("x", "images")],
)
def test_nonsense_is_refused(acme: Organization, alice: User, sign_in: SignIn, value: str, kind: str) -> None:
    assert name(sign_in(alice), value, kind) == 422
    assert thresholds(acme) == []


def test_the_same_one_twice_is_refused(acme: Organization, alice: User, sign_in: SignIn) -> None:
    client = sign_in(alice)
    assert [name(client, "20"), name(client, "20")] == [302, 422]
    assert len(thresholds(acme)) == 1


def test_a_role_has_none(acme: Organization, alice: User, sign_in: SignIn) -> None:
    client = sign_in(alice)
    assert name(client, "20", url="/o/acme/limits/of/role/member/alerts/") == 422
    assert thresholds(acme) == []
    assert 'id="alerts"' not in client.get("/o/acme/limits/of/role/member/").content.decode()


def test_that_of_another_subject_is_not_found(acme: Organization, alice: User, bob: User, sign_in: SignIn) -> None:
    client = sign_in(alice)
    name(client, "20")
    with tenancy.tenant(acme.pk):
        code = Threshold.objects.get(org=acme).code
    of_bob = f"/o/acme/limits/of/member/{must_be_member(acme, bob).code}/alerts/{code}/remove/"
    assert client.post(of_bob).status_code == 404
    assert len(thresholds(acme)) == 1
