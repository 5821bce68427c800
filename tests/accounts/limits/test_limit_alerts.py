"""Half, four fifths and all of a limit: told once each, to whom it concerns."""

from typing import Any

import pytest
from django.core.mail import EmailMessage

from accounts.models import LimitAlert, Organization, Subject, User
from saas.database import tenancy
from tests.support.text_holds import allow, hold, settle

pytestmark = pytest.mark.django_db
DOLLAR = 1_000_000


@pytest.fixture
def spend(acme: Organization, bob: User, django_capture_on_commit_callbacks: Any) -> Any:
    def spent(micros: int, *, is_play: bool = False) -> None:
        with django_capture_on_commit_callbacks(execute=True):
            (held,) = hold(acme, bob, micros, is_play=is_play)
            settle(held, micros)

    return spent


def percents(org: Organization) -> list[int]:
    with tenancy.tenant(org.pk):
        return list(LimitAlert.objects.order_by("percent").values_list("percent", flat=True))


def test_each_step_is_told_once_to_admins_and_to_whose_limit_it_is(
    acme: Organization, alice: User, adam: User, bob: User, vera: User, spend: Any, mailoutbox: list[EmailMessage]
) -> None:
    allow(acme, alice, Subject.MEMBER, user=bob, money_month=100 * DOLLAR)
    spend(49 * DOLLAR)
    assert (percents(acme), mailoutbox) == ([], [])
    spend(1 * DOLLAR)
    assert sorted(mail.to[0] for mail in mailoutbox) == ["adam@example.com", "alice@example.com", "bob@example.com"]
    assert mailoutbox[0].subject == "Acme: 50 % of the monthly limit of Bob"
    assert "$100.00" in mailoutbox[0].body
    to_bob = next(mail for mail in mailoutbox if mail.to == ["bob@example.com"])
    assert "/limits/" not in to_bob.body  # a page that he may not see
    spend(20 * DOLLAR)
    spend(5 * DOLLAR)
    assert len(mailoutbox) == 3
    spend(10 * DOLLAR)
    spend(15 * DOLLAR)
    assert percents(acme) == [50, 80, 100]
    assert len(mailoutbox) == 9


def test_a_leap_over_several_steps_is_one_letter(
    acme: Organization, alice: User, spend: Any, mailoutbox: list[EmailMessage]
) -> None:
    allow(acme, alice, Subject.ORGANIZATION, images_day=1)
    spend(5)
    assert percents(acme) == [100]
    assert [mail.subject for mail in mailoutbox] == ["Acme: 100 % of the daily limit of Acme"]


def test_play_money_writes_no_letters(
    acme: Organization, alice: User, spend: Any, mailoutbox: list[EmailMessage]
) -> None:
    allow(acme, alice, Subject.ORGANIZATION, images_day=1)
    spend(5, is_play=True)
    assert (percents(acme), mailoutbox) == ([100], [])


def test_without_a_limit_there_is_nothing_to_tell(
    acme: Organization, spend: Any, mailoutbox: list[EmailMessage]
) -> None:
    spend(10**12)
    assert (percents(acme), mailoutbox) == ([], [])
