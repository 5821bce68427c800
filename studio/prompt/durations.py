"""Say how long a picture takes, from the organization's own last hundred: no promise, but what happened."""

from dataclasses import dataclass
from statistics import median, quantiles

from django.core.cache import cache

from accounts.models import Organization
from studio.models import Slot, State

LAST = 100
FEWEST = 5  # of fewer nothing is said
KEPT_SECONDS = 120
MINUTE = 60


@dataclass(frozen=True, slots=True)
class Durations:
    """How long the last pictures took, in seconds."""

    count: int
    usual: float
    nine_of_ten: float

    def __str__(self) -> str:
        usual, most = _words(self.usual), _words(self.nine_of_ten)
        return f"The last {self.count} pictures here took {usual} each, nine of ten at most {most}."


def of_last(org: Organization) -> Durations | None:
    """Return how long the last pictures took, or None if there are too few. It is counted again every two minutes: the
    prompt bar asks at every pause in typing."""
    found: list[float] = cache.get_or_set(f"durations:{org.pk}", lambda: _seconds(org), KEPT_SECONDS) or []
    if len(found) < FEWEST:
        return None
    return Durations(len(found), median(found), quantiles(found, n=10)[-1])


def _seconds(org: Organization) -> list[float]:
    made = Slot.objects.filter(org=org, state=State.SUCCEEDED)
    spans = made.order_by("-id").values_list("started_at", "ended_at")[:LAST]
    return [max(0.0, (ended - started).total_seconds()) for started, ended in spans if started and ended]


def _words(seconds: float) -> str:
    if seconds < MINUTE:
        return f"{max(1, round(seconds))} s"
    minutes, rest = divmod(round(seconds), MINUTE)
    return f"{minutes} min {rest} s" if rest else f"{minutes} min"
