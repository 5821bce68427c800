"""Price rows: what the database takes, what counts when, and what is said where nothing does."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import Organization, ProviderConnection, User
from billing import prices, tokens
from billing.models import FlatPrice, Price
from billing.prices import Tariff, Unpriced
from billing.tokens import Tokens
from saas.database import tenancy
from tests.conftest import actions, must_be_member

pytestmark = pytest.mark.django_db
RATES = {"text_in": 5_000_000, "image_in": 8_000_000, "image_out": 30_000_000}
JUNE = datetime(2026, 6, 1, tzinfo=UTC)


def price(**changes: Any) -> Price:
    return Price.objects.create(**{"model": "paint", "valid_from": JUNE, **RATES, **changes})


@pytest.fixture
def sandbox(acme: Organization) -> ProviderConnection:
    with tenancy.tenant(acme.pk):
        return acme.connections.get()


def test_the_seeded_rows_are_the_published_prices(db: None) -> None:
    now = timezone.now()
    standard = Price.objects.valid(now).get(model="gpt-image-2", is_batch=False)
    batch = Price.objects.valid(now).get(model="gpt-image-2", is_batch=True)
    kinds = ("text_in", "cached_text", "image_in", "cached_image", "image_out", "text_out")
    assert [getattr(standard, kind) for kind in kinds] == [5_000_000, 1_250_000, 8_000_000, 2_000_000, 30_000_000, None]
    assert [getattr(batch, kind) for kind in kinds] == [2_500_000, 625_000, 4_000_000, 1_000_000, 15_000_000, None]
    talk = Price.objects.valid(now).get(model="gpt-5")
    assert [getattr(talk, kind) for kind in ("text_in", "cached_text", "text_out")] == [1_250_000, 125_000, 10_000_000]
    assert Price.objects.count() == 11


@pytest.mark.parametrize(
    ("first_end", "second_start", "second_end"),
    [(None, JUNE + timedelta(days=9), None), (JUNE + timedelta(days=9), JUNE, None), (None, JUNE - timedelta(1), None)],
)
def test_two_prices_of_one_model_cannot_hold_at_once(
    first_end: datetime | None, second_start: datetime, second_end: datetime | None
) -> None:
    price(valid_until=first_end)
    second = Price(model="paint", valid_from=second_start, valid_until=second_end, **RATES)
    with pytest.raises(ValidationError, match="Another price of this model holds in this time"):
        second.full_clean()
    with pytest.raises(IntegrityError), transaction.atomic():
        second.save()
    assert Price.objects.filter(model="paint").count() == 1


def test_one_after_another_two_models_and_batches_stand_side_by_side() -> None:
    price(valid_until=JUNE + timedelta(days=9))
    price(valid_from=JUNE + timedelta(days=9))
    price(model="ink")
    price(is_batch=True)
    assert Price.objects.filter(model__in=["paint", "ink"]).count() == 4


@pytest.mark.parametrize("wrong", [{"text_in": -1}, {"image_out": 0}, {"cached_text": -5}, {"valid_until": JUNE}])
def test_the_database_refuses_prices_that_make_no_sense(wrong: dict[str, Any]) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        price(**wrong)


def test_a_gap_is_no_price(acme: Organization, sandbox: ProviderConnection) -> None:
    price(valid_until=JUNE + timedelta(days=1))
    price(valid_from=JUNE + timedelta(days=3), image_out=60_000_000)
    with tenancy.tenant(acme.pk):
        before = prices.tariff_for(model="paint", connection=sandbox, at=JUNE)
        after = prices.tariff_for(model="paint", connection=sandbox, at=JUNE + timedelta(days=3))
        assert (before.rates["image_out"], after.rates["image_out"]) == (30_000_000, 60_000_000)
        with pytest.raises(Unpriced, match="paint has no price, so it cannot be used"):
            prices.tariff_for(model="paint", connection=sandbox, at=JUNE + timedelta(days=2))


def test_a_flat_price_takes_the_place_of_tokens_for_its_own_connection_alone(
    acme: Organization, rival: Organization, alice: User, sandbox: ProviderConnection
) -> None:
    with tenancy.tenant(acme.pk):
        prices.set_flat_price(connection=sandbox, by=must_be_member(acme, alice), micros=30_000)
        tariff = prices.tariff_for(model="no such model", connection=sandbox)
        assert (tariff.cost(Tokens(image_out=99_999)), tariff.most(Tokens())) == (30_000, 30_000)
    with tenancy.tenant(rival.pk), pytest.raises(Unpriced):
        prices.tariff_for(model="no such model", connection=rival.connections.get())
    assert actions(acme) == ["connection.price_set"]


def test_a_flat_price_that_changes_or_ends_leaves_its_history(
    acme: Organization, alice: User, sandbox: ProviderConnection
) -> None:
    owner = must_be_member(acme, alice)
    with tenancy.tenant(acme.pk):
        for micros in (30_000, 30_000, 40_000, None, None):
            prices.set_flat_price(connection=sandbox, by=owner, micros=micros)
        assert list(FlatPrice.objects.order_by("pk").values_list("micros", flat=True)) == [30_000, 40_000]
        assert not FlatPrice.objects.filter(valid_until=None).exists()
        assert prices.tariff_for(model="gpt-image-2", connection=sandbox).flat_micros is None
    assert actions(acme) == ["connection.price_set"] * 3


def test_a_tariff_charges_each_kind_its_price_and_cached_ones_less() -> None:
    tariff = Tariff(
        rates={
            "text_in": 5_000_000,
            "image_in": 8_000_000,
            "cached_text": 1_250_000,
            "cached_image": 2_000_000,
            "image_out": 30_000_000,
            "text_out": 10_000_000,
        }
    )
    assert tariff.cost(Tokens(text_in=100, image_in=1000, image_out=196)) == 500 + 8000 + 5880
    assert tariff.cost(Tokens(text_in=100, cached_text=100)) == 125
    assert (tariff.cost(Tokens(cached_text=1, text_in=1)), tariff.most(Tokens(cached_text=1, text_in=1))) == (1, 2)
    assert Tariff.from_json(tariff.to_json()) == tariff


def usage(**changes: Any) -> dict[str, Any]:
    details = {"text_tokens": 14, "image_tokens": 0}
    return {"input_tokens": 14, "input_tokens_details": details, "output_tokens": 196, "total_tokens": 210, **changes}


@pytest.mark.parametrize(
    ("said", "read"),
    [
        (usage(), Tokens(text_in=14, image_out=196)),
        (usage(output_tokens_details={"text_tokens": 6, "image_tokens": 190}), Tokens(14, 0, 0, 0, 190, 6)),
        (usage(input_tokens=1038, input_tokens_details=None), Tokens(image_in=1038, image_out=196)),
        (usage(cached_tokens_details={"cached_text_tokens": 10}), Tokens(14, 0, 10, 0, 196)),
        (usage(cached_tokens_details={"cached_text_tokens": 999}), Tokens(14, 0, 14, 0, 196)),
    ],
)
def test_usage_is_read_by_kind_and_what_is_not_said_counts_as_the_dearer(said: dict[str, Any], read: Tokens) -> None:
    assert tokens.read_usage(said) == read


@pytest.mark.parametrize(
    "said",
    [
        None,
        {},
        usage(output_tokens=0),
        usage(output_tokens=-5),
        usage(output_tokens="196"),
        usage(output_tokens=10**12),
    ],
)
def test_usage_that_cannot_be_true_is_no_usage(said: dict[str, Any] | None) -> None:
    assert tokens.read_usage(said) is None
