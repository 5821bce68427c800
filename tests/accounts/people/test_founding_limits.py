"""How many organizations one person founds, and which of them the operator's key is lent to."""

from typing import Any

import pytest
from django.test import Client

from accounts import demo
from accounts.limits import operator_key, rules
from accounts.limits.refusals import LimitReached
from accounts.models import Founding, Organization, Role, User
from accounts.people import founding_limits, organizations
from accounts.people.founding_limits import FoundingClosed, TooManyFounded
from saas.database import tenancy
from saas.text.money import DOLLAR
from tests.accounts.conftest import Post
from tests.conftest import SignIn, make_person, must_be_member
from tests.support.snapshot import nothing_changes, together
from tests.support.text_holds import hold

pytestmark = pytest.mark.django_db
LENT = "sk-lent-by-the-operator-0123456789"


@pytest.fixture
def olga(db: None) -> User:
    return make_person("Olga", is_staff=True, is_superuser=True)


def found(by: User, slug: str) -> Organization:
    return organizations.found(name=slug.title(), slug=slug, by=by)


def names(user: User) -> list[str]:
    with tenancy.person(user.pk):
        return list(Organization.objects.order_by("pk").values_list("slug", flat=True))


def test_so_many_a_day_and_no_more(dora: User, post: Post, settings: Any) -> None:
    settings.ORGANIZATIONS_A_DAY = 2
    for slug in ("one", "two"):
        assert post(dora, "/o/new/", {"name": slug, "slug": slug}).status_code == 302
    with nothing_changes():
        answer = post(dora, "/o/new/", {"name": "three", "slug": "three"})
    assert answer.status_code == 403
    assert "One person may found 2 organizations within 24 hours." in answer.content.decode()
    assert names(dora) == ["one", "two"]
    assert Founding.objects.count() == 2
    Founding.objects.update(founded_at="2020-01-01T00:00:00Z")
    assert post(dora, "/o/new/", {"name": "three", "slug": "three"}).status_code == 302


def test_so_many_at_the_same_time_and_a_deleted_one_makes_room(dora: User, settings: Any, sign_in: SignIn) -> None:
    settings.ORGANIZATIONS_A_PERSON, settings.ORGANIZATIONS_A_DAY = 1, 9
    org = found(dora, "one")
    with nothing_changes(), pytest.raises(TooManyFounded):
        found(dora, "two")
    assert "You have founded 1 organization" in sign_in(dora).get("/o/new/").content.decode()
    with tenancy.tenant(org.pk):
        organizations.delete(org=org, by=must_be_member(org, dora))
    found(dora, "two")


def test_deleting_makes_no_room_within_the_day(dora: User, settings: Any) -> None:
    settings.ORGANIZATIONS_A_DAY = 1
    org = found(dora, "one")
    with tenancy.tenant(org.pk):
        organizations.delete(org=org, by=must_be_member(org, dora))
    with pytest.raises(TooManyFounded):
        found(dora, "two")


def test_a_refused_founding_does_not_count(acme: Organization, dora: User, settings: Any) -> None:
    settings.ORGANIZATIONS_A_DAY = 1
    for slug in ("acme", "admin"):
        with pytest.raises(organizations.SlugTaken):
            found(dora, slug)
    found(dora, "mine")


@pytest.mark.django_db(transaction=True)
def test_of_two_at_once_one_is_the_last(dora: User, settings: Any) -> None:
    settings.ORGANIZATIONS_A_DAY = 1
    results = together(lambda: found(dora, "one"), lambda: found(dora, "two"))
    assert sorted(type(result).__name__ for result in results) == ["Organization", "TooManyFounded"]
    assert Founding.objects.count() == 1


def test_where_founding_is_closed_the_page_says_so_and_the_operator_founds(
    dora: User, olga: User, post: Post, sign_in: SignIn, settings: Any
) -> None:
    settings.FOUNDING = "operator"
    client: Client = sign_in(dora)
    page = client.get("/o/new/")
    assert page.status_code == 403
    assert "Only the operator of this Darkroom creates organizations." in page.content.decode()
    assert client.get("/", follow=True).status_code == 403
    with nothing_changes():
        assert post(dora, "/o/new/", {"name": "Mine", "slug": "mine"}).status_code == 403
        with pytest.raises(FoundingClosed):
            found(dora, "mine")
    assert post(olga, "/o/new/", {"name": "Theirs", "slug": "theirs"}).status_code == 302


def test_the_demo_is_made_where_founding_is_closed(db: None, settings: Any) -> None:
    settings.FOUNDING = "operator"
    assert demo.make()["org"] == "demo"


@pytest.fixture
def lent(settings: Any) -> None:
    settings.OPENAI_API_KEY = LENT
    settings.LENT_MICROS_A_MONTH, settings.LENT_MICROS_A_DAY = 10 * DOLLAR, None


def test_only_the_first_organization_of_a_person_has_the_usual_loan(
    dora: User, olga: User, sign_in: SignIn, lent: None
) -> None:
    first, second = found(dora, "one"), found(dora, "two")
    hold(first, dora, 10 * DOLLAR, is_lent=True)
    with pytest.raises(LimitReached) as refusal:
        hold(second, dora, 1, is_lent=True)
    assert refusal.value.code == "loan_money_month"
    with tenancy.tenant(second.pk):
        kinds = list(second.connections.order_by("pk").values_list("kind", "is_default"))
    assert kinds == [("sandbox", True)]
    client = sign_in(dora)
    client.post("/o/two/connections/new/", {"kind": "operator", "name": "Lent", "can_stream": "on"})
    page = client.get("/o/two/limits/").content.decode()
    assert "By default it works only in the first organization that each person founds." in page
    assert "only in the first organization" not in client.get("/o/one/limits/").content.decode()
    operator_key.change(org=second, by=olga, money_month=3 * DOLLAR, money_day=None)
    hold(second, dora, 3 * DOLLAR, is_lent=True)
    operator_key.as_usual(org=second, by=olga)
    with pytest.raises(LimitReached):
        hold(second, dora, 1, is_lent=True)


def test_nor_does_one_that_is_founded_after_the_first_was_deleted_or_handed_on(
    dora: User, bob: User, lent: None
) -> None:
    first = found(dora, "one")
    with tenancy.tenant(first.pk):
        organizations.delete(org=first, by=must_be_member(first, dora))
    again = found(dora, "one")
    with pytest.raises(LimitReached):
        hold(again, dora, 1, is_lent=True)


def test_other_limits_of_it_are_set_as_ever_and_none_lifts_the_loan(dora: User, lent: None) -> None:
    found(dora, "one")
    second = found(dora, "two")
    with pytest.raises(LimitReached):
        hold(second, dora, 1, is_lent=True)
    hold(second, dora, 0, is_lent=True)  # which leaves the counters behind that are refreshed
    with tenancy.tenant(second.pk):
        rules.refresh(second)
    with pytest.raises(LimitReached):
        hold(second, dora, 1, is_lent=True)


def test_where_the_loan_has_no_limit_all_have_it(dora: User, settings: Any, lent: None) -> None:
    settings.LENT_MICROS_A_MONTH = None
    found(dora, "one")
    second = found(dora, "two")
    hold(second, dora, 100 * DOLLAR, is_lent=True)
    with tenancy.tenant(second.pk):
        assert second.connections.get(is_default=True).kind == "operator"


def test_joining_others_costs_nobody_the_loan(acme: Organization, bob: User, lent: None) -> None:
    assert founding_limits.is_first(bob)
    own = found(bob, "bobs")
    hold(own, bob, 10 * DOLLAR, is_lent=True)
    assert must_be_member(acme, bob).role == Role.MEMBER
