"""What the provider says late puts right what was guessed or given back; a death in the middle changes nothing."""

from collections.abc import Callable
from importlib import import_module
from typing import Any

import pytest

from accounts.models import Hold, HoldState, Organization, Subject, User
from billing import charging, reconciling
from billing.ledger import Purpose
from billing.models import Entry
from billing.prices import Tariff
from saas.database import tenancy
from tests.support.text_holds import hold, standing

pytestmark = pytest.mark.django_db

RATES = dict.fromkeys(["text_in", "image_in", "cached_text", "cached_image", "image_out", "text_out"], 30_000_000)
PURPOSE = Purpose("generate", "gpt-image-2", "low", "1024x1024", "", "Alice", None, "", "", "OpenAI")
USAGE = {"output_tokens": 10}  # 300 micro-dollars
HELD = 1000
SEAMS = [("billing.ledger", "write"), ("accounts.limits.holds", "_shift"), ("accounts.limits.counters", "shift")]


class Killed(BaseException):
    pass


def guess(held: Hold) -> None:
    charging.settle(held, usage=None)


def give_back(held: Hold) -> None:
    charging.release(held)


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize(("module", "name"), SEAMS)
@pytest.mark.parametrize(("first", "spent"), [(guess, HELD), (give_back, 0)])
def test_a_death_in_a_late_settlement_loses_and_doubles_nothing(
    first: Callable[[Hold], None],
    spent: int,
    module: str,
    name: str,
    when: str,
    acme: Organization,
    alice: User,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    held = agreed(acme, alice)
    with tenancy.tenant(acme.pk):
        first(held)
    really = getattr(import_module(module), name)

    def dies(*arguments: Any, **options: Any) -> Any:
        if when == "after":
            really(*arguments, **options)
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(import_module(module), name, dies)
        with pytest.raises(Killed), tenancy.tenant(acme.pk):
            charging.settle(found(acme, held), usage=USAGE)
    assert spent_now(acme, alice) == spent
    for is_new in (True, False):
        with tenancy.tenant(acme.pk):
            assert charging.settle(found(acme, held), usage=USAGE) is is_new
        assert spent_now(acme, alice) == 300
    with tenancy.tenant(acme.pk):
        written = list(Entry.objects.order_by("pk").values_list("kind", "micros", "images"))
        assert found(acme, held).state == HoldState.SETTLED
        assert reconciling.reconcile(acme) == []
    if first is guess:
        assert written == [("charge", HELD, 1), ("correction", 300 - HELD, 0)]
    else:
        assert written == [("charge", 300, 1)]


def agreed(org: Organization, by: User) -> Hold:
    (held,) = hold(org, by, HELD)
    terms = charging.terms(Tariff(rates=RATES), PURPOSE)
    terms["purpose"]["connection_code"] = None
    with tenancy.tenant(org.pk):
        Hold.objects.filter(pk=held.pk).update(terms=terms)
    return found(org, held)


def found(org: Organization, held: Hold) -> Hold:
    with tenancy.tenant(org.pk):
        return Hold.objects.get(pk=held.pk)


def spent_now(org: Organization, by: User) -> int:
    assert standing(org, Subject.MEMBER, by.pk) == standing(org, Subject.ORGANIZATION, org.pk)
    spent, held, _, _ = standing(org, Subject.ORGANIZATION, org.pk)
    assert held == 0
    return spent
