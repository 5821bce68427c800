"""So much of a limit is used: on the page, until it is put away, by each person for themselves."""

import re
from typing import Any

import pytest
from django.test import Client

from accounts.models import Organization, Role, SeenAlert, Subject, User
from saas.database import tenancy
from tests.conftest import SignIn
from tests.support.text_holds import allow, hold, settle

pytestmark = pytest.mark.django_db
DOLLAR = 1_000_000


@pytest.fixture
def spend(acme: Organization, bob: User) -> Any:
    def spent(micros: int, *, is_play: bool = False) -> None:
        (held,) = hold(acme, bob, micros, is_play=is_play)
        settle(held, micros)

    return spent


def alert_on(client: Client, path: str = "/o/acme/usage/") -> tuple[str, str]:
    """What it says, and the address that puts it away."""
    page = client.get(path).content.decode()
    found = re.search(r'class="limit-alert[^>]* hx-post="([^"]+)".*?<p [^>]*>(.*?)</p>', page, re.DOTALL)
    return (re.sub(r"<[^>]+>", "", found[2]).strip(), found[1]) if found else ("", "")


def test_it_stands_on_the_page_until_it_is_put_away(
    acme: Organization, alice: User, bob: User, spend: Any, sign_in: SignIn
) -> None:
    allow(acme, alice, Subject.MEMBER, user=bob, money_month=10 * DOLLAR)
    client = sign_in(bob)
    spend(4 * DOLLAR)
    assert alert_on(client) == ("", "")
    spend(2 * DOLLAR)
    said, address = alert_on(client)
    assert said.startswith("50 % of your monthly limit of $10.00 is used.")
    assert alert_on(sign_in(alice))[0] == ""
    assert client.post(address, {"next": "/o/acme/gallery/"})["Location"] == "/o/acme/gallery/"
    assert alert_on(client) == ("", "")
    spend(3 * DOLLAR)
    assert alert_on(client)[0].startswith("80 %")


def test_put_away_takes_the_lesser_ones_along(
    acme: Organization, alice: User, bob: User, spend: Any, sign_in: SignIn
) -> None:
    allow(acme, alice, Subject.MEMBER, user=bob, money_month=10 * DOLLAR)
    for _ in range(2):
        spend(5 * DOLLAR)
    client = sign_in(bob)
    said, address = alert_on(client)
    assert said.startswith("Nothing is left of your monthly limit of $10.00. It resets on 1 ")
    answer = client.post(address, headers={"HX-Request": "true"})
    assert (answer.status_code, "limit-alert" in answer.content.decode()) == (200, False)
    with tenancy.tenant(acme.pk):
        assert SeenAlert.objects.count() == 2
    client.post(address)
    with tenancy.tenant(acme.pk):
        assert SeenAlert.objects.count() == 2


def test_each_puts_it_away_for_themselves(
    acme: Organization, alice: User, adam: User, bob: User, spend: Any, sign_in: SignIn
) -> None:
    allow(acme, alice, Subject.ORGANIZATION, money_day=10 * DOLLAR)
    spend(8 * DOLLAR)
    owner, admin = sign_in(alice), sign_in(adam)
    said, address = alert_on(owner)
    assert said.startswith("80 % of the daily limit of Acme of $10.00 is used.")
    owner.post(address)
    assert alert_on(owner)[0] == ""
    assert alert_on(admin)[0] == said
    assert alert_on(sign_in(bob))[0] == ""  # until nothing fits any more
    spend(2 * DOLLAR)
    assert "Nothing is left of the daily limit of Acme" in alert_on(sign_in(bob))[0]


def test_a_limit_that_was_raised_makes_it_old_news(
    acme: Organization, alice: User, bob: User, spend: Any, sign_in: SignIn
) -> None:
    allow(acme, alice, Subject.MEMBER, user=bob, money_month=10 * DOLLAR, images_month=2)
    spend(9 * DOLLAR)
    client = sign_in(bob)
    assert alert_on(client)[0].startswith("80 %")
    allow(acme, alice, Subject.MEMBER, user=bob, money_month=100 * DOLLAR)
    assert alert_on(client)[0].startswith("50 % of your monthly limit of 2 pictures")
    allow(acme, alice, Subject.MEMBER, user=bob, images_month=None)
    assert alert_on(client) == ("", "")


def test_play_money_is_for_those_who_have_no_other(
    acme: Organization, alice: User, bob: User, spend: Any, sign_in: SignIn
) -> None:
    allow(acme, alice, Subject.MEMBER, user=bob, money_month=10 * DOLLAR)
    spend(9 * DOLLAR, is_play=True)
    client = sign_in(bob)
    assert alert_on(client)[0].startswith("play 80 %")
    spend(1)
    assert alert_on(client) == ("", "")


def test_nobody_puts_away_anothers(
    acme: Organization,
    rival: Organization,
    alice: User,
    bob: User,
    vera: User,
    charlie: User,
    spend: Any,
    sign_in: SignIn,
) -> None:
    allow(acme, alice, Subject.MEMBER, user=bob, money_month=10 * DOLLAR)
    spend(9 * DOLLAR)
    _, address = alert_on(sign_in(bob))
    assert sign_in(vera).post(address).status_code == 404
    assert sign_in(charlie).post(address).status_code == 404
    assert sign_in(charlie).post(address.replace("/acme/", "/rival/")).status_code == 404
    with tenancy.tenant(acme.pk):
        assert not SeenAlert.objects.exists()
        assert acme.memberships.get(user=vera).role == Role.VIEWER


def test_a_page_asks_once_whether_there_is_one(acme: Organization, bob: User, django_assert_num_queries: Any) -> None:
    from accounts.limits import alerts
    from tests.conftest import must_be_member

    member = must_be_member(acme, bob)
    with tenancy.tenant(acme.pk), django_assert_num_queries(1):
        assert alerts.for_page(member) is None
