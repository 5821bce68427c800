"""Two admins set the same limit at the same moment, and a run asks while one is set."""

import pytest

from accounts import limits
from accounts.models import AuditEntry, Organization, Period, Quota, Subject, User
from accounts.refusals import LimitReached
from saas import tenancy
from tests.accounts.money import allow, counter, hold
from tests.accounts.world import at_once
from tests.conftest import must_be_member

pytestmark = pytest.mark.django_db(transaction=True)


def sets(org: Organization, by: User, images: int) -> None:
    """From a page that was opened before anybody had set anything."""
    with tenancy.tenant(org.pk):
        quota = Quota(org=org, subject=Subject.ORGANIZATION)
        limits.change(org=org, by=must_be_member(org, by), quota=quota, values={"images_day": images})


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
