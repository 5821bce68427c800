"""“Ask for more”: once or lasting, by one admin, and never above what was asked."""

from typing import Any

import pytest
from django.core.mail import EmailMessage

from accounts.errors import NotAllowed, Refused
from accounts.limits import requests
from accounts.limits.refusals import LimitReached
from accounts.models import Ask, AskState, Organization, Period, Quota, Role, Subject, User
from saas.database import tenancy
from tests.conftest import actions, must_be_member
from tests.support.text_holds import allow, counter, hold

pytestmark = pytest.mark.django_db


def refused(org: Organization, by: User, micros: int = 10, **options: Any) -> LimitReached:
    with pytest.raises(LimitReached) as refusal:
        hold(org, by, micros, **options)
    return refusal.value


def asking(org: Organization, by: User, micros: int = 10) -> Ask:
    refusal = refused(org, by, micros)
    with tenancy.tenant(org.pk):
        return requests.ask(
            org=org, by=must_be_member(org, by), refusal=refusal, reason="The fair is on Monday.", wish={}
        )


def grant(ask: Ask, by: User, *, is_lasting: bool = False) -> None:
    with tenancy.tenant(ask.org_id):
        found = Ask.objects.select_related("org", "user").get(pk=ask.pk)
        requests.grant(ask=found, by=must_be_member(found.org, by), is_lasting=is_lasting)


@pytest.fixture
def spent(acme: Organization, alice: User, bob: User) -> None:
    allow(acme, alice, Subject.MEMBER, user=bob, money_day=15, money_month=1000)
    hold(acme, bob, 10)


@pytest.mark.usefixtures("spent")
def test_once_raises_the_limit_by_what_is_missing_until_the_period_ends(
    acme: Organization, adam: User, bob: User
) -> None:
    ask = asking(acme, bob)
    assert (ask.needed, ask.period, ask.unit, ask.state) == (10, "day", "money", "open")
    grant(ask, adam)
    assert counter(acme, Subject.MEMBER, bob.pk, Period.DAY).allowed_micros == 20
    hold(acme, bob, 10)
    refused(acme, bob, 1)
    with tenancy.tenant(acme.pk):
        assert Quota.objects.get(user=bob).money_day == 15
    assert actions(acme)[-2:] == ["limits.asked", "limits.granted"]


@pytest.mark.usefixtures("spent")
def test_lasting_changes_the_limit_itself(acme: Organization, adam: User, bob: User) -> None:
    grant(asking(acme, bob), adam, is_lasting=True)
    with tenancy.tenant(acme.pk):
        assert Quota.objects.get(user=bob).money_day == 20
        assert Quota.objects.get(user=bob).money_month == 1000
    hold(acme, bob, 10)


def test_lasting_for_one_of_a_role_gives_that_one_their_own(
    acme: Organization, alice: User, adam: User, bob: User
) -> None:
    allow(acme, alice, Subject.ROLE, role=Role.MEMBER, images_month=0, most_pictures=4)
    grant(asking(acme, bob), adam, is_lasting=True)
    with tenancy.tenant(acme.pk):
        own = Quota.objects.get(subject=Subject.MEMBER)
        assert (own.user_id, own.images_month, own.most_pictures) == (bob.pk, 1, 4)
        assert Quota.objects.get(subject=Subject.ROLE).images_month == 0


@pytest.mark.usefixtures("spent")
def test_of_two_answers_one_counts(acme: Organization, alice: User, adam: User, bob: User) -> None:
    ask = asking(acme, bob)
    with tenancy.tenant(acme.pk):
        found = Ask.objects.select_related("org", "user").get(pk=ask.pk)
        requests.decline(ask=found, by=must_be_member(acme, adam))
    with pytest.raises(Refused, match="already been answered"):
        grant(ask, alice)
    refused(acme, bob)
    with tenancy.tenant(acme.pk):
        assert Ask.objects.get().state == AskState.DECLINED
    assert actions(acme)[-1] == "limits.declined"


@pytest.mark.usefixtures("spent")
def test_only_an_admin_answers(acme: Organization, bob: User) -> None:
    ask = asking(acme, bob)
    with pytest.raises(NotAllowed):
        grant(ask, bob)
    refused(acme, bob)


@pytest.mark.usefixtures("spent")
def test_the_question_and_the_answer_go_out_by_mail(
    acme: Organization,
    alice: User,
    adam: User,
    bob: User,
    mailoutbox: list[EmailMessage],
    django_capture_on_commit_callbacks: Any,
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        ask = asking(acme, bob, 10)
    assert sorted(mail.to[0] for mail in mailoutbox) == ["adam@example.com", "alice@example.com"]
    assert "The fair is on Monday." in mailoutbox[0].body
    mailoutbox.clear()
    with django_capture_on_commit_callbacks(execute=True):
        grant(ask, adam)
    assert [mail.to for mail in mailoutbox] == [["bob@example.com"]]
    assert "granted" in mailoutbox[0].subject


@pytest.mark.usefixtures("spent")
def test_nobody_asks_without_end(acme: Organization, bob: User) -> None:
    for _ in range(requests.MOST_OPEN):
        asking(acme, bob)
    with pytest.raises(Refused, match="open requests"):
        asking(acme, bob)


def test_a_ceiling_is_no_matter_of_how_much(acme: Organization, alice: User, bob: User) -> None:
    allow(acme, alice, Subject.ORGANIZATION, model_names=[])
    with pytest.raises(Refused, match="higher limit would not help"):
        asking(acme, bob)
