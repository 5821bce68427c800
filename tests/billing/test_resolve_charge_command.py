"""The operator resolves what their own key may have been charged, which no member may."""

import uuid

import pytest
from django.core.management import CommandError, call_command

from accounts.models import HoldState, Organization, Period, ProviderConnection, Subject, User
from billing import charging
from billing.models import Entry, EntryKind
from billing.prices import Tariff
from saas.database import tenancy
from tests.billing.test_lent_prices import HELD_MICROS, held_at, lent
from tests.conftest import actions
from tests.support.snapshot import nothing_changes
from tests.support.text_holds import standing

__all__ = ["lent"]
pytestmark = pytest.mark.django_db
NOTE = "Seen in the provider's list of requests."


@pytest.fixture
def charge(acme: Organization, alice: User, lent: ProviderConnection) -> str:
    held = held_at(lent, alice, Tariff(rates={}))
    with tenancy.tenant(acme.pk):
        charging.doubt(held)
    return str(held.code)


def counted(org: Organization) -> tuple[int, ...]:
    return standing(org, Subject.LOAN, org.pk, Period.MONTH)[:2]


def state(org: Organization, code: str) -> str:
    with tenancy.tenant(org.pk):
        return str(org.holds.get(code=code).state)


def test_it_lists_what_is_uncertain(acme: Organization, charge: str, capsys: pytest.CaptureFixture[str]) -> None:
    with nothing_changes():
        call_command("resolve_charge", "acme")
    (line,) = capsys.readouterr().out.splitlines()
    assert line.startswith(f"{charge}  $0.02 held  ")
    assert "  alice@example.com  the operator's key  run " in line


def test_it_says_that_nothing_is_uncertain(rival: Organization, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("resolve_charge", "rival")
    assert capsys.readouterr().out == "Rival has no uncertain charge.\n"


@pytest.mark.parametrize(
    ("words", "told", "micros", "ends"),
    [
        (["--free"], "Not charged.", 0, HoldState.RELEASED),
        (["--charged"], "Charged $0.02.", HELD_MICROS, HoldState.SETTLED),
        (["--amount", "0.013"], "Charged $0.013.", 13_000, HoldState.SETTLED),
    ],
)
def test_it_resolves_a_charge(
    acme: Organization,
    charge: str,
    capsys: pytest.CaptureFixture[str],
    words: list[str],
    told: str,
    micros: int,
    ends: str,
) -> None:
    call_command("resolve_charge", "acme", charge, *words, "--note", NOTE)
    assert capsys.readouterr().out == f"{told}\n"
    assert (state(acme, charge), counted(acme)) == (ends, (micros, 0))
    with tenancy.tenant(acme.pk):
        entry = Entry.objects.get(org=acme, kind=EntryKind.RESOLUTION)
        assert (entry.micros, entry.note) == (micros, NOTE)
    assert actions(acme)[-1] == "charge.resolved"


@pytest.mark.parametrize(
    ("org", "words", "told"),
    [
        ("nowhere", ["CHARGE", "--free", "--note", NOTE], "no organization at /o/nowhere/"),
        ("rival", ["CHARGE", "--free", "--note", NOTE], "no such charge"),
        ("acme", ["CHARGE", "--note", NOTE], "Say --free, --charged or --amount"),
        ("acme", ["CHARGE", "--free"], "Say how you know"),
        ("acme", ["CHARGE", "--amount", "lots", "--note", NOTE], "Enter an amount in dollars"),
        ("acme", [str(uuid.uuid4()), "--free", "--note", NOTE], "no such charge"),
        ("acme", ["no-code", "--free", "--note", NOTE], "no such charge"),
    ],
)
def test_it_refuses_what_makes_no_sense(
    acme: Organization, rival: Organization, charge: str, org: str, words: list[str], told: str
) -> None:
    with nothing_changes(), pytest.raises(CommandError, match=told):
        call_command("resolve_charge", org, *[charge if word == "CHARGE" else word for word in words])
    assert state(acme, charge) == HoldState.UNCERTAIN


def test_it_resolves_a_charge_but_once(acme: Organization, charge: str) -> None:
    call_command("resolve_charge", "acme", charge, "--free", "--note", NOTE)
    with nothing_changes(), pytest.raises(CommandError, match="already been resolved"):
        call_command("resolve_charge", "acme", charge, "--charged", "--note", NOTE)
