"""The operator enters prices in their corner, in dollars; what has held is ended and never rewritten."""

import pytest
from django.test import Client

from accounts.models import AuditEntry, User
from billing.models import Price
from saas.database import tenancy
from tests.conftest import SignIn, make_person

PRICES = "/-/operator/billing/price/"
NEW = {
    "model": "paint-9",
    "text_in": "5",
    "cached_text": "",
    "image_in": "8.00",
    "cached_image": "2",
    "image_out": "$30.00",
    "text_out": "",
    "valid_from_0": "2026-06-01",
    "valid_from_1": "00:00",
    "valid_until_0": "",
    "valid_until_1": "",
}


@pytest.fixture
def corner(db: None, sign_in: SignIn) -> Client:
    return sign_in(make_person("Olga", is_staff=True, is_superuser=True))


def log() -> list[str]:
    with tenancy.operator():
        actions = AuditEntry.objects.filter(org=None).order_by("pk").values_list("action", flat=True)
        return [action for action in actions if action.startswith("price.")]


def test_a_price_is_entered_in_dollars(corner: Client) -> None:
    assert corner.post(f"{PRICES}add/", NEW).status_code == 302
    found = Price.objects.get(model="paint-9")
    assert (found.text_in, found.cached_text, found.image_out) == (5_000_000, None, 30_000_000)
    assert log() == ["price.added"]


@pytest.mark.parametrize(
    "wrong",
    [{"image_out": "0"}, {"image_out": "-5"}, {"text_in": "5,00"}, {"image_in": ""}, {"model": "gpt-image-2"}],
)
def test_what_makes_no_sense_or_overlaps_is_said_beside_the_field(wrong: dict[str, str], corner: Client) -> None:
    before = Price.objects.count()
    answer = corner.post(f"{PRICES}add/", {**NEW, **wrong})
    assert answer.status_code == 200
    assert "errorlist" in answer.content.decode()
    assert Price.objects.count() == before
    assert log() == []


def test_a_price_that_holds_is_ended_and_its_numbers_stay(corner: Client) -> None:
    price = Price.objects.get(model="gpt-image-2", is_batch=False)
    ended = {"valid_until_0": "2026-12-31", "valid_until_1": "00:00", "image_out": "1"}
    answer = corner.post(f"{PRICES}{price.pk}/change/", ended, follow=True)
    assert "has no price, so it cannot be used then" in answer.content.decode()
    price.refresh_from_db()
    assert (price.image_out, price.valid_until is not None) == (30_000_000, True)
    assert log() == ["price.ended"]


def test_the_corner_is_the_operators_alone(alice: User, sign_in: SignIn) -> None:
    assert sign_in(alice).get(PRICES).status_code == 404
    assert sign_in(alice).post(f"{PRICES}add/", NEW).status_code == 404
    assert not Price.objects.filter(model="paint-9").exists()
