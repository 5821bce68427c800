"""What a month of pictures would cost, before any is made."""

import re

import pytest

from accounts.models import Counter, Hold, Organization, User
from billing.models import Price
from saas.database import tenancy
from saas.text import money
from studio.money import planning
from tests.conftest import SignIn

pytestmark = pytest.mark.django_db
URL = "/o/acme/usage/calculator/"
ASKED = {"pictures": "50", "size": "1024x1024", "quality": "medium", "references": "0"}


def test_a_month_is_thirty_days_of_the_price_on_the_button(acme: Organization, vera: User, sign_in: SignIn) -> None:
    with tenancy.tenant(acme.pk):
        found = planning.cost_of(acme, pictures=50, size="1024x1024", quality="medium")
    assert found is not None
    assert found.month == (found.each[0] * 1500, found.each[1] * 1500)
    page = sign_in(vera).get(URL, ASKED).content.decode()
    assert money.show(found.month[1]) in page
    assert Hold.objects.count() == Counter.objects.count() == 0


def test_four_examples_are_priced_and_can_be_taken_over(acme: Organization, bob: User, sign_in: SignIn) -> None:
    client = sign_in(bob)
    page = client.get(URL).content.decode()
    links = re.findall(r'<a href="(\?pictures=[^"]+)"', page)
    assert len(links) == 4
    for link in links:
        taken = client.get(URL + link.replace("&amp;", "&")).content.decode()
        assert "plan-cost" in taken


@pytest.mark.parametrize("changed", [{"pictures": "0"}, {"size": "7x7"}, {"quality": "superb"}, {"references": "17"}])
def test_what_cannot_be_made_has_no_price(
    changed: dict[str, str], acme: Organization, bob: User, sign_in: SignIn
) -> None:
    answer = sign_in(bob).get(URL, {**ASKED, **changed})
    assert answer.status_code == 200
    page = answer.content.decode()
    assert "plan-cost" not in page
    assert "field-error" in page or "aria-invalid" in page


def test_without_a_price_the_page_says_so(acme: Organization, bob: User, sign_in: SignIn) -> None:
    Price.objects.all().delete()
    page = sign_in(bob).get(URL, ASKED).content.decode()
    assert "plan-cost" not in page
    assert "Four examples" not in page
