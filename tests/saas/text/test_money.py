"""Micro-dollars become text that a person reads, and text that a person typed becomes micro-dollars."""

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from saas.text import money
from saas.web.forms import MoneyField


@pytest.mark.parametrize(
    ("micros", "shown"),
    [
        (0, "$0.00"),
        (1, "$0.000001"),
        (12, "$0.000012"),
        (123, "$0.00012"),
        (5_880, "$0.0059"),
        (52_680, "$0.053"),
        (99_999, "$0.100"),
        (100_000, "$0.10"),
        (165_000, "$0.17"),
        (1_234_567_890_000, "$1,234,567.89"),
        (-2_500_000, "−$2.50"),  # noqa: RUF001 a minus sign
    ],
)
def test_an_amount_shows_its_cents_and_a_tiny_one_its_first_digits(micros: int, shown: str) -> None:
    assert money.show(micros) == shown


@pytest.mark.parametrize(
    ("typed", "micros"),
    [
        ("12", 12_000_000),
        ("12.5", 12_500_000),
        ("$1,200.50", 1_200_500_000),
        (" 0.000001 ", 1),
        ("0", 0),
        ("5.", 5_000_000),
    ],
)
def test_what_people_type_is_read(typed: str, micros: int) -> None:
    assert money.parse(typed) == micros


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "-1",
        "1,5",
        "1.200,50",
        "1e3",
        "NaN",
        "€5",
        "5 USD",
        "=1+1",
        "12.3456789",
        "1,00",
        "٣",
        "9999999999",
        "1 000",
    ],
)
def test_what_could_mean_something_else_is_refused(typed: str) -> None:
    with pytest.raises(money.NotMoney):
        money.parse(typed)


@given(st.integers(0, money.MOST))
def test_every_amount_survives_being_written_and_read(micros: int) -> None:
    assert money.parse(money.exact(micros)) == micros


def test_a_field_reads_dollars_and_shows_them_again() -> None:
    field = MoneyField(required=False)
    assert (field.clean("12.50"), field.clean("")) == (12_500_000, None)
    assert field.prepare_value(12_500_000) == "12.50"
    assert not field.has_changed(12_500_000, "12.5")
    assert field.has_changed(None, "0")
    with pytest.raises(ValidationError, match="in dollars"):
        field.clean("1,5")
