"""The operator says what their key costs: it has no flat price, and no member resolves or corrects its charges."""

import uuid
from typing import Any

import pytest
from django.utils import timezone

from accounts.connections import registry
from accounts.errors import NotAllowed
from accounts.limits import holds
from accounts.limits.hold_requests import Part
from accounts.limits.refusals import Payer
from accounts.models import Hold, HoldState, Organization, Period, ProviderConnection, ProviderKind, Subject, User
from billing import charging, prices
from billing.models import Entry, EntryKind, FlatPrice
from billing.prices import Tariff
from saas.database import tenancy
from tests.conftest import SignIn, must_be_member
from tests.support.snapshot import nothing_changes
from tests.support.text_holds import PLAIN, standing

pytestmark = pytest.mark.django_db
USAGE = {
    "input_tokens": 12,
    "input_tokens_details": {"text_tokens": 12, "image_tokens": 0},
    "output_tokens": 296,
    "total_tokens": 308,
}
REAL_MICROS = 8_940  # 12 text tokens at $5 and 296 picture tokens at $30 a million
HELD_MICROS = 20_000


@pytest.fixture
def lent(acme: Organization, alice: User, settings: Any) -> ProviderConnection:
    settings.OPENAI_API_KEY = "sk-lent-by-the-operator-0123456789"
    with tenancy.tenant(acme.pk):
        return registry.add(org=acme, by=must_be_member(acme, alice), name="Lent", kind=ProviderKind.OPERATOR)


def held_at(connection: ProviderConnection, by: User, tariff: Tariff, micros: int = HELD_MICROS) -> Hold:
    org = connection.org
    with tenancy.tenant(org.pk):
        holds.hold(
            org=org,
            payer=Payer(must_be_member(org, by), None),
            wish=PLAIN,
            run_code=uuid.uuid4(),
            parts=[Part(uuid.uuid4())],
            micros=micros,
            is_play=False,
            is_lent=connection.traits.is_lent,
            terms={"tariff": tariff.to_json(), "purpose": {"model": "gpt-image-2", "run_kind": "generate"}},
        )
        return Hold.objects.select_related("org").get()


def of_loan(org: Organization) -> tuple[int, ...]:
    return standing(org, Subject.LOAN, org.pk, Period.MONTH)[:2]


@pytest.mark.parametrize("form", [{"how": "flat", "micros": "0"}, {"how": "flat", "micros": "5"}, {"how": "tokens"}])
def test_it_gets_no_price_of_a_tenants_choice(
    form: dict[str, str], lent: ProviderConnection, acme: Organization, alice: User, sign_in: SignIn
) -> None:
    client = sign_in(alice)
    with nothing_changes():
        answer = client.post(f"/o/acme/connections/{lent.code}/price/", form)
    assert answer.status_code == 403
    assert "The operator of this Darkroom pays for this connection" in answer.content.decode()
    with tenancy.tenant(acme.pk):
        assert not FlatPrice.objects.exists()
        with pytest.raises(NotAllowed):
            prices.set_flat_price(connection=lent, by=must_be_member(acme, alice), micros=0)
    page = client.get("/o/acme/connections/").content.decode()
    assert page.count("What it charges") == 1  # of the sandbox
    assert f"{lent.code}/price/" not in page


def test_a_price_from_before_does_not_count(lent: ProviderConnection, acme: Organization) -> None:
    with tenancy.tenant(acme.pk):
        FlatPrice.objects.create(org=acme, connection=lent, micros=0, valid_from=timezone.now())
        tariff = prices.tariff_for(model="gpt-image-2", connection=lent)
        assert (tariff.flat_micros, tariff.flat_price_id) == (None, None)
        assert prices.flat_price(lent, timezone.now()) is None
        with pytest.raises(prices.Unpriced):
            prices.tariff_for(model="a model without a price", connection=lent)


def test_what_was_held_at_such_a_price_is_paid_at_the_real_one(
    lent: ProviderConnection, acme: Organization, alice: User
) -> None:
    held = held_at(lent, alice, Tariff(flat_micros=0), micros=0)
    with tenancy.tenant(acme.pk):
        charging.settle(held, usage=USAGE)
        assert Entry.objects.get().micros == REAL_MICROS
    assert of_loan(acme) == (REAL_MICROS, 0)


def test_a_flat_price_of_their_own_connection_counts_as_ever(acme: Organization, alice: User) -> None:
    with tenancy.tenant(acme.pk):
        own = registry.add(
            org=acme, by=must_be_member(acme, alice), name="Own", kind=ProviderKind.OPENAI, key="sk-own-0123456789"
        )
    held = held_at(own, alice, Tariff(flat_micros=7))
    with tenancy.tenant(acme.pk):
        charging.settle(held, usage=USAGE)
        assert Entry.objects.get().micros == 7


@pytest.mark.parametrize(
    "form",
    [{"answer": "free", "note": "It was free."}, {"answer": "charged", "amount": "0", "note": "Nothing."}],
)
def test_nobody_in_the_organization_says_what_was_charged(
    form: dict[str, str], lent: ProviderConnection, acme: Organization, alice: User, sign_in: SignIn
) -> None:
    held = held_at(lent, alice, prices.Tariff(rates={}))
    with tenancy.tenant(acme.pk):
        charging.doubt(held)
    client = sign_in(alice)
    page = client.get("/o/acme/limits/").content.decode()
    assert "so the operator decides" in page
    assert f"{held.code}/resolve/" not in page
    with nothing_changes():
        answer = client.post(f"/o/acme/limits/charges/{held.code}/resolve/", form)
    assert answer.status_code == 302
    assert of_loan(acme) == (0, HELD_MICROS)
    with tenancy.tenant(acme.pk):
        assert [entry.kind for entry in Entry.objects.all()] == [EntryKind.UNCERTAIN]
    assert "only they can change it" in client.get("/o/acme/limits/").content.decode()


def test_without_a_word_it_counts_as_charged(lent: ProviderConnection, acme: Organization, alice: User) -> None:
    held = held_at(lent, alice, prices.Tariff(rates={}))
    with tenancy.tenant(acme.pk):
        charging.doubt(held)
        charging.resolve(held, by=None, is_charged=True, note="Nobody said.")
    assert of_loan(acme) == (HELD_MICROS, 0)


def test_nor_does_anybody_correct_it(lent: ProviderConnection, acme: Organization, alice: User) -> None:
    with tenancy.tenant(acme.pk):
        tariff = prices.tariff_for(model="gpt-image-2", connection=lent)
    held = held_at(lent, alice, tariff)
    with tenancy.tenant(acme.pk):
        charging.settle(held, usage=USAGE)
        held.refresh_from_db()
        with pytest.raises(NotAllowed):
            charging.correct(held, by=must_be_member(acme, alice), micros=-1, note="A discount.")
        assert Hold.objects.get().state == HoldState.SETTLED
        assert Entry.objects.count() == 1
    assert of_loan(acme) == (REAL_MICROS, 0)


def test_own_doubts_come_first_where_there_are_many(
    lent: ProviderConnection, acme: Organization, alice: User, sign_in: SignIn
) -> None:
    tariff = prices.Tariff(rates={})
    with tenancy.tenant(acme.pk):
        own = acme.connections.select_related("org").get(kind=ProviderKind.SANDBOX)
        for connection in (*[lent] * 6, own):
            run_code = uuid.uuid4()
            holds.hold(
                org=acme,
                payer=Payer(must_be_member(acme, alice), None),
                wish=PLAIN,
                run_code=run_code,
                parts=[Part(uuid.uuid4())],
                micros=1,
                is_play=False,
                is_lent=connection.traits.is_lent,
                terms={"tariff": tariff.to_json(), "purpose": {}},
            )
            charging.doubt(Hold.objects.get(run_code=run_code))
        mine = Hold.objects.get(is_lent=False)
    assert f"{mine.code}/resolve/" in sign_in(alice).get("/o/acme/limits/").content.decode()
