"""Holds, settlements, late settlements, releases, corrections and changes of limits, all mixed, over hundreds of
counters that nothing has made yet. However they meet: no deadlock, and each counter is the sum of its holds."""

import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection

from accounts.limits import holds
from accounts.limits.refusals import LimitReached
from accounts.models import ApiKey, Counter, Hold, HoldState, Organization, Role, Subject, User
from billing.reconciling import COUNTERS
from saas.database import tenancy
from saas.fairness import connection_seats
from tests.accounts.limits.test_first_bursts import key_of
from tests.conftest import join, make_person
from tests.support.deadlocks import no_deadlocks
from tests.support.snapshot import together
from tests.support.text_holds import allow, hold, settle

pytestmark = pytest.mark.django_db(transaction=True)

THREADS, ACTS = 12, 30
BEGINNING = datetime(2026, 11, 27, tzinfo=UTC)  # some days before the end of a month
DAYS, KEYS = 8, 12


class Storm:
    """One thread's acts. Each picks what exists at that moment, whoever else is at it."""

    def __init__(self, org: Organization, owner: User, payers: list[tuple[User, ApiKey | None]], seed: int) -> None:
        self.org, self.owner, self.payers = org, owner, payers
        self.chance = random.Random(seed)  # noqa: S311 chances, no secrets

    def __call__(self) -> list[str]:
        return [self._act() for _ in range(ACTS)]

    def _act(self) -> str:
        acts: list[Callable[[], Any]] = [self.hold] * 6 + [self.settle] * 3 + [self.give_back] * 2
        act = self.chance.choice([*acts, self.correct, self.limit])
        try:
            act()
        except LimitReached:
            return "refused"
        except Exception as error:
            return repr(error)
        return "done"

    def hold(self) -> None:
        user, key = self.chance.choice(self.payers)
        moment = BEGINNING + timedelta(hours=self.chance.randrange(24 * DAYS))
        more: dict[str, Any] = {"is_play": self.chance.random() < 0.2, "is_lent": self.chance.random() < 0.2}
        pictures = self.chance.randint(1, 3)
        hold(self.org, user, self.chance.randint(1, 50), pictures=pictures, api_key=key, now=moment, **more)

    def settle(self) -> None:
        held = self._one(HoldState.OPEN, HoldState.RELEASED, HoldState.SETTLED)
        if held is not None:
            settle(held, self.chance.randint(0, held.micros), is_estimated=self.chance.random() < 0.5)

    def give_back(self) -> None:
        """Of several payers at once, as where a run is stopped."""
        with tenancy.tenant(self.org.pk):
            holds.release(*Hold.objects.filter(state=HoldState.OPEN).order_by("?")[: self.chance.randint(1, 4)])

    def correct(self) -> None:
        held = self._one(HoldState.SETTLED)
        if held is not None:
            with tenancy.tenant(self.org.pk):
                holds.correct(held, micros=self.chance.randint(-5, 5))

    def limit(self) -> None:
        subject = self.chance.choice([Subject.ORGANIZATION, Subject.MEMBER, Subject.ROLE])
        whose: dict[Subject, dict[str, Any]] = {
            Subject.MEMBER: {"user": self.chance.choice(self.payers)[0]},
            Subject.ROLE: {"role": Role.MEMBER},
        }
        values = {"money_month": self.chance.randint(2_000, 9_000), "images_day": self.chance.randint(50, 200)}
        allow(self.org, self.owner, subject, **whose.get(subject, {}), **values)

    def _one(self, *states: HoldState) -> Hold | None:
        with tenancy.tenant(self.org.pk):
            return Hold.objects.filter(state__in=states).order_by("?").first()


@pytest.mark.parametrize("seed", [1, 2])
def test_whatever_meets_there_is_no_deadlock_and_the_sums_are_exact(
    seed: int, acme: Organization, alice: User, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection_seats, "TASK_SECONDS", 300)  # all of the storm is one tenant's
    settings.LENT_MICROS_A_DAY, settings.LENT_MICROS_A_MONTH = 5_000, 9_000
    people = [alice, *(make_person(f"Person{number}") for number in range(5))]
    for person in people[1:]:
        join(acme, person, Role.MEMBER)
    keys = [key_of(acme, people[number % len(people)], f"Key {number}") for number in range(KEYS)]
    payers = [(people[number % len(people)], key) for number, key in enumerate(keys)]
    everybody = [*payers, *((person, None) for person in people)]
    storms = [Storm(acme, alice, everybody, seed * 100 + number) for number in range(THREADS)]
    with no_deadlocks():
        answers = together(*storms)
    said = {word for each in answers for word in (each if isinstance(each, list) else [repr(each)])}
    assert said <= {"done", "refused"}
    with tenancy.tenant(acme.pk), connection.cursor() as cursor:
        cursor.execute(COUNTERS, {"org": acme.pk})
        assert cursor.fetchall() == []
        assert Counter.objects.count() > 100
