"""The page's one statement against the same sums in Python: any period, narrowing and reader, however much of it is
added up already."""

import random
from collections import defaultdict
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.test import Client

from accounts.models import Organization, User
from billing import charts, folding, usage
from billing.models import Entry
from billing.spans import Span
from billing.usage import EVERY_BY, Scope
from saas.database import tenancy
from tests.conftest import SignIn
from tests.support.ledger_entries import entry

pytestmark = pytest.mark.django_db

KEYS = [None, UUID(int=0xABCDEF), UUID(int=9)]
ENTRIES, QUESTIONS = 120, 60
PERIOD = "period=own&from=2026-11-01&to=2026-11-30&play=0"


def write_some(draw: random.Random, org: Organization, people: list[User], fold_after: int) -> None:
    for number in range(ENTRIES):
        key = draw.choice(KEYS)
        entry(
            org,
            draw.choice(people),
            date(2026, 8, 1) + timedelta(days=draw.randrange(100)),
            draw.randrange(-50, 1000),
            kind="correction",
            key_code=key,
            key_label="Shop" if key else "",
            model=draw.choice(["m1", "m2", "m3"]),
            project=draw.choice(["", "P"]),
            is_play=draw.random() < 0.2,
            images=draw.randrange(3),
            connection_code=draw.choice([None, UUID(int=1)]),
        )
        if number == fold_after:
            with tenancy.tenant(org.pk):
                folding.fold(org)


def some_span(draw: random.Random) -> Span:
    asked: dict[str, str] = draw.choice(
        [
            {},
            {"period": "last-month"},
            {"period": "7"},
            {"period": "90"},
            {"period": "own", "from": "2026-08-20", "to": f"2026-10-{draw.randrange(1, 30):02}"},
        ]
    )
    return Span.read(asked, today=date(2026, draw.choice([9, 10]), draw.randrange(1, 31)))


def some_narrowing(draw: random.Random, people: list[User]) -> dict[str, str]:
    values = {
        "key": ["", str(KEYS[1]), "x"],
        "model": ["m1"],
        "member": [str(user.pk) for user in people] + ["x"],
        "connection": ["", str(UUID(int=1))],
    }
    return {name: draw.choice(choices) for name, choices in values.items() if draw.random() < 0.3}


def said(one: Entry, name: str) -> str:
    value = getattr(one, EVERY_BY[name].column)
    return "" if value is None else str(value)


def is_of(one: Entry, scope: Scope) -> bool:
    return (
        one.is_play == scope.is_play
        and scope.user_id in (None, one.user_id)
        and all(said(one, name) == value for name, value in scope.only.items())
    )


@pytest.mark.parametrize("seed", range(4))
def test_the_database_adds_up_what_python_adds_up(
    seed: int, acme: Organization, rival: Organization, alice: User, bob: User, charlie: User
) -> None:
    draw = random.Random(seed)  # noqa: S311 a world that can be made again
    write_some(draw, acme, [alice, bob], fold_after=[0, 40, 90, ENTRIES][seed])
    entry(rival, charlie, date(2026, 10, 2), 10**6)
    told = 0
    with tenancy.tenant(acme.pk):
        every = list(Entry.objects.all())
        for _ in range(QUESTIONS):
            reader = draw.choice([None, bob.pk])
            scope = Scope(acme, some_span(draw), draw.random() < 0.2, some_narrowing(draw, [alice, bob]), reader)
            told += compare(scope, draw.choice(list(EVERY_BY)), draw.choice([1, 2, 6]), every)
    assert told > QUESTIONS // 2  # enough of them had an answer


def compare(scope: Scope, by: str, most_series: int, every: list[Entry]) -> int:
    """Answers how many lines there were."""
    days_a_bar, before = charts.days_a_bar(scope.span.count_days), scope.span.before
    lines, layers = usage.compared(scope, by, days_a_bar=days_a_bar, most_series=most_series)
    rank = {line.key: number for number, line in enumerate(lines)}
    expected: dict[str, list[Any]] = defaultdict(lambda: [None, 0, 0])
    bars: dict[tuple[int, int], list[int]] = defaultdict(lambda: [0, 0])
    here = set()
    for one in (one for one in every if is_of(one, scope)):
        line = expected[said(one, by)] if _is_in(one, scope.span) or _is_in(one, before) else []
        if _is_in(one, scope.span):
            here.add(one.pk)
            line[:2] = [(line[0] or 0) + one.micros, line[1] + one.images]
            bar = bars[(one.counted_on - scope.span.first).days // days_a_bar, min(rank[said(one, by)], most_series)]
            bar[:] = [bar[0] + one.micros, bar[1] + one.images]
        elif line:
            line[2] += one.micros
    assert {line.key: [line.micros, line.images, line.micros_before] for line in lines} == expected
    assert {(layer.bar, layer.series): [layer.micros, layer.images] for layer in layers} == bars
    assert {one.pk for one in usage.entries(scope)} == here
    amounts = [line.micros for line in lines if line.micros is not None]
    assert amounts == sorted(amounts, reverse=True)
    return len(lines)


def _is_in(one: Entry, span: Span) -> bool:
    return span.first <= one.counted_on <= span.last


def test_what_is_added_up_meanwhile_does_not_count_twice(
    acme: Organization, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the reading of how far it is added up and the statement itself."""
    entry(acme, alice, date(2026, 11, 2), 700)
    really = usage.conditions

    def fold_first(scope: Scope) -> tuple[str, dict[str, Any]]:
        where, values = really(scope)
        return where, Late(values, lambda: folding.fold(acme))

    monkeypatch.setattr(usage, "conditions", fold_first)
    with tenancy.tenant(acme.pk):
        scope = Scope(acme, Span("own", date(2026, 11, 1), date(2026, 11, 30)), is_play=False, only={})
        assert usage.total(scope).micros == 700
        assert folding.fold(acme) == 0  # it was done in between


class Late(dict[str, Any]):
    """Does something once it is told what was seen."""

    def __init__(self, values: dict[str, Any], act: Any) -> None:
        super().__init__(values)
        self.act = act

    def __setitem__(self, name: str, value: Any) -> None:
        super().__setitem__(name, value)
        if name == "seen":
            self.act()


def test_a_member_learns_nothing_of_what_others_used(
    acme: Organization, alice: User, bob: User, sign_in: SignIn
) -> None:
    entry(
        acme, alice, date(2026, 11, 2), 4_440_000, key_code=UUID(int=7), key_label="Shop", connection_label="Their own"
    )
    client: Client = sign_in(bob)
    for narrowing in (f"key={UUID(int=7)}", f"connection={UUID(int=1)}", f"member={alice.pk}"):
        for path in ("usage/", "usage/entries/"):
            page = client.get(f"/o/acme/{path}?{PERIOD}&{narrowing}").content.decode()
            assert not [word for word in ("4.44", "Shop", "Their own", "Alice") if word in page], (path, narrowing)


def test_a_code_is_meant_however_it_is_written(acme: Organization, alice: User, sign_in: SignIn) -> None:
    code = UUID("abcdefab-cdef-4bcd-8fab-cdefabcdefab")
    entry(acme, alice, date(2026, 11, 2), 5, key_code=code, key_label="Shop")
    page = sign_in(alice).get(f"/o/acme/usage/?{PERIOD}&key={str(code).upper()}")
    assert page.context["scope"].only == {"key": str(code)}
    assert page.context["spent"] == 5
