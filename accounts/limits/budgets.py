"""Keep budgets: sums for one purpose, such as an event. A run that names a budget is held and counted within it beside
every other limit, by the same functions."""

from dataclasses import dataclass

from django.db.models import QuerySet

from accounts.limits.periods import EVER
from accounts.models import Budget, Counter, Organization, Period, Subject


@dataclass(frozen=True, slots=True)
class Standing:
    """What is spent and held of a budget, in micro-dollars."""

    micros: int
    spent: int
    held: int

    @property
    def left(self) -> int:
        return max(0, self.micros - self.spent - self.held)

    @property
    def percent(self) -> int:
        """Return what is spent and held in percent of the budget."""
        return min(100, (self.spent + self.held) * 100 // self.micros) if self.micros else 100


def make(*, org: Organization, name: str, micros: int) -> Budget:
    return Budget.objects.create(org=org, name=name[:80], micros=micros)


def change(budget: Budget, *, micros: int) -> None:
    """Set the sum. One below what is spent and held stops new runs and nothing else. This locks the organization, as
    every change of limits does, so call it before anything else is locked."""
    Organization.objects.get(pk=budget.org_id).locked()
    Budget.objects.filter(pk=budget.pk).update(micros=micros)
    _counters(budget).update(allowed_micros=micros)
    budget.micros = micros


def standing(budget: Budget, *, is_play: bool) -> Standing:
    """Return how the budget stands, in real or in play money."""
    counter = _counters(budget).filter(is_play=is_play).first()
    if counter is None:
        return Standing(budget.micros, 0, 0)
    return Standing(budget.micros, counter.spent_micros, counter.held_micros)


def _counters(budget: Budget) -> QuerySet[Counter]:
    return Counter.objects.filter(
        org=budget.org_id, subject=Subject.BUDGET, subject_id=budget.pk, period=Period.EVER, starts_on=EVER
    )
