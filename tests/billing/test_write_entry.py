"""What an entry says: everything that the hold remembers and the provider said, each in its place."""

from typing import Any
from uuid import UUID

import pytest

from accounts.models import Counter, Hold, Organization, User
from billing import ledger
from billing.ledger import ProviderFacts
from billing.models import Entry, EntryKind
from billing.tokens import Tokens
from saas.database import tenancy
from tests.support.text_holds import hold

pytestmark = pytest.mark.django_db

PURPOSE = {
    "run_kind": "generate",
    "model": "a-model",
    "quality": "low",
    "size": "1024x1024",
    "project": "Ü" * 80,
    "user_label": "Alice <alice@example.com>",
    "key_code": str(UUID(int=5)),
    "key_label": "Shop",
    "connection_code": str(UUID(int=6)),
    "connection_label": "OpenAI",
}
NOTHING = {**dict.fromkeys(PURPOSE, ""), "key_code": None, "connection_code": None}
TARIFF = {"rates": {"image_out": 3}, "flat_micros": None}
SAID = ProviderFacts(Tokens(1, 2, 3, 4, 5, 6, 7, 8, 9), "q" * 30, "", "é" * 130)


def held_for(org: Organization, by: User, terms: dict[str, Any], *, is_play: bool = False) -> Hold:
    (held,) = hold(org, by, 1000, is_play=is_play)
    with tenancy.tenant(org.pk):
        Hold.objects.filter(pk=held.pk).update(terms=terms)
        held.refresh_from_db()
    return held


@pytest.mark.parametrize("is_play", [False, True])
@pytest.mark.parametrize(
    "purpose", [PURPOSE, {**PURPOSE, "key_code": None, "key_label": ""}, None], ids=["key", "browser", "none"]
)
def test_a_charge_says_it_all(purpose: dict[str, Any] | None, is_play: bool, acme: Organization, alice: User) -> None:
    terms = {"tariff": TARIFF, **({"purpose": purpose} if purpose else {})}
    held = held_for(acme, alice, terms, is_play=is_play)
    with tenancy.tenant(acme.pk):
        found = ledger.charge(held, micros=0, is_estimated=True, said=SAID)
        assert ledger.charge(held, micros=5, is_estimated=False, said=SAID) is None
        written = Entry.objects.values().get()
    given: dict[str, Any] = {**written}
    for name in ("id", "code", "at"):
        assert given.pop(name)
    expected = {**(purpose or NOTHING), "quality": "q" * 20, "request_id": "é" * 120}
    for name in ("key_code", "connection_code"):
        expected[name] = UUID(expected[name]) if expected[name] else None
    assert given == {
        **expected,
        **SAID.tokens.to_json(),
        "org_id": acme.pk,
        "counted_on": held.day,
        "held_on": None,
        "kind": "charge",
        "is_play": is_play,
        "micros": 0,
        "open_micros": 0,
        "images": 1,
        "is_estimated": True,
        "tariff": TARIFF,
        "run_code": held.run_code,
        "slot_code": held.slot_code,
        "attempt": 1,
        "user_id": alice.pk,
        "by_label": "",
        "note": "",
    }
    assert found is not None
    assert [(one.held_micros, one.held_images, one.spent_images) for one in found] == [(0, 0, 1)] * 4


def test_what_was_charged_stands_on_hold_and_counters(acme: Organization, alice: User) -> None:
    held = held_for(acme, alice, {"tariff": TARIFF, "purpose": PURPOSE})
    with tenancy.tenant(acme.pk):
        ledger.charge(held, micros=777, is_estimated=False, said=SAID)
        now = Hold.objects.get(pk=held.pk)
        assert (now.state, now.spent_micros, now.is_estimated, now.ended_at is not None) == (
            "settled",
            777,
            False,
            True,
        )
        assert {(one.spent_micros, one.held_micros) for one in Counter.objects.all()} == {(777, 0)}


def test_another_organizations_hold_is_not_charged(acme: Organization, rival: Organization, alice: User) -> None:
    held = held_for(acme, alice, {"tariff": TARIFF, "purpose": PURPOSE})
    with tenancy.tenant(rival.pk):
        assert ledger.charge(held, micros=5, is_estimated=False, said=SAID) is None
        with pytest.raises(IndexError):
            ledger.write(held, EntryKind.CORRECTION, micros=5)
    with tenancy.tenant(acme.pk):
        assert Hold.objects.get(pk=held.pk).state == "open"
        assert not Entry.objects.exists()


def test_a_correction_is_answered_as_it_was_written(acme: Organization, alice: User) -> None:
    held = held_for(acme, alice, {"tariff": TARIFF, "purpose": PURPOSE})
    with tenancy.tenant(acme.pk):
        entry = ledger.write(held, EntryKind.CORRECTION, micros=-3, note="n" * 600)
        stored = Entry.objects.get()
    assert (entry.pk, entry.micros, entry.tariff, entry.note) == (stored.pk, -3, TARIFF, "n" * 500)
    assert (stored.quality, stored.size) == ("low", "1024x1024")  # nobody said otherwise
