"""Two admins set the same limit at the same moment, and a run asks while one is set."""

import pytest

from accounts.errors import Refused
from accounts.limits import requests, rules
from accounts.limits.refusals import LimitReached
from accounts.models import Ask, AuditEntry, Organization, Period, Quota, Subject, User
from saas.database import tenancy
from tests.accounts.limits.test_requests import asking
from tests.conftest import must_be_member
from tests.support.deadlocks import no_deadlocks
from tests.support.snapshot import at_once
from tests.support.text_holds import allow, counter, hold

pytestmark = pytest.mark.django_db(transaction=True)


def sets(org: Organization, by: User, images: int) -> None:
    """From a page that was opened before anybody had set anything."""
    with tenancy.tenant(org.pk):
        quota = Quota(org=org, subject=Subject.ORGANIZATION)
        rules.change(org=org, by=must_be_member(org, by), quota=quota, values={"images_day": images})


def test_of_two_admins_the_second_one_counts_and_sees_what_the_first_has_set(
    acme: Organization, alice: User, adam: User
) -> None:
    answers = at_once(acme, lambda: sets(acme, alice, 1), lambda: sets(acme, adam, 2))
    assert answers == [None, None]
    with tenancy.tenant(acme.pk):
        (quota,) = Quota.objects.all()
        told = AuditEntry.objects.filter(details__has_key="images_day").order_by("pk")
        first, second = (entry.details["images_day"] for entry in told)
    assert {first, second} in ({"unlimited → 1", "1 → 2"}, {"unlimited → 2", "2 → 1"})
    assert first.startswith("unlimited")
    assert second.endswith(f"→ {quota.images_day}")


def test_a_run_that_asks_while_a_limit_is_set_meets_the_old_one_or_the_new_one(
    acme: Organization, alice: User, bob: User
) -> None:
    allow(acme, alice, Subject.ORGANIZATION, images_day=1)
    hold(acme, bob)
    set_to_two, held = at_once(acme, lambda: sets(acme, alice, 2), lambda: hold(acme, bob))
    assert set_to_two is None
    found = counter(acme, Subject.ORGANIZATION, acme.pk, Period.DAY)
    assert found.allowed_images == 2
    assert found.held_images == (1 if isinstance(held, LimitReached) else 2)


def test_one_question_is_granted_and_declined_at_the_same_moment(
    acme: Organization, alice: User, adam: User, bob: User
) -> None:
    """One admin's answer counts, the other one is refused; neither waits for the other in a circle."""
    allow(acme, alice, Subject.MEMBER, user=bob, money_day=15)
    hold(acme, bob, 10)
    question = asking(acme, bob)

    def answer(by: User, *, is_granted: bool) -> None:
        with tenancy.tenant(acme.pk):
            found, member = Ask.objects.select_related("org", "user").get(pk=question.pk), must_be_member(acme, by)
            requests.grant(ask=found, by=member, is_lasting=False) if is_granted else requests.decline(
                ask=found, by=member
            )

    with no_deadlocks():
        granted, declined = at_once(
            acme, lambda: answer(alice, is_granted=True), lambda: answer(adam, is_granted=False)
        )
    assert {type(granted), type(declined)} == {type(None), Refused}
