"""Say how an event goes while it lasts, and what came of it."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from statistics import quantiles

from django.db.models import Count, Sum

from accounts.limits import budgets
from accounts.models import Hold
from studio.booth import capture as captures
from studio.models import LIVE, Capture, Event, Output, State

ENOUGH = 2  # values for a percentile
COLUMNS = (
    "code",
    "captured_at",
    "people",
    "consent",
    "consented_at",
    "of_age",
    "styles",
    "state",
    "seconds",
    "deleted_at",
)


@dataclass(frozen=True, slots=True)
class Standing:
    """What staff see of an event: its budget, and what waits."""

    budget: budgets.Standing
    pictures_left: int | None  # of one style each, at the price of the last one; None before the first
    waiting: int
    developing: int


@dataclass(frozen=True, slots=True)
class Facts:
    captures: int
    guests: int
    pictures: int
    deleted: int  # by guests, staff, or because their time was over
    spent: int
    styles: list[tuple[str, int]]
    half_within: float | None  # seconds from a capture to its last picture
    most_within: float | None  # of 95 in 100
    consents: list[tuple[str, int]]


def standing_of(event: Event) -> Standing:
    budget = budgets.standing(event.budget, is_play=captures.is_play(event))
    last = Hold.objects.filter(org=event.org_id, budget=event.budget_id).order_by("-pk").first()
    states = Counter(event.captures.filter(run__state__in=LIVE).values_list("run__state", flat=True))
    left = budget.left // last.micros if last and last.micros else None
    return Standing(budget, left, states[State.QUEUED], states[State.RUNNING])


def facts_of(event: Event) -> Facts:
    rows = event.captures.all()
    seconds = sorted(_seconds(event))
    said = rows.values_list("consent__language", "consent__version").annotate(count=Count("pk")).order_by("-count")
    spent = Hold.objects.filter(org=event.org_id, budget=event.budget_id).aggregate(sum=Sum("spent_micros", default=0))
    return Facts(
        captures=rows.count(),
        guests=rows.values("guest").distinct().count(),
        pictures=Output.objects.filter(org=event.org_id, run__capture__event=event).count(),
        deleted=rows.filter(deleted_at__isnull=False).count(),
        spent=spent["sum"],
        styles=_styles(event).most_common(),
        half_within=_percentile(seconds, 50),
        most_within=_percentile(seconds, 95),
        consents=[(f"{language}-{version}", count) for language, version, count in said],
    )


def rows_of(event: Event) -> Iterator[list[str]]:
    """Yield the captures as rows of text, oldest first: what proves consent, and nothing that shows a guest."""
    yield list(COLUMNS)
    for one in event.captures.select_related("consent", "run").order_by("pk").iterator(chunk_size=500):
        run = one.run
        ended = run.ended_at if run else None
        yield [
            one.short_code,
            one.created_at.isoformat(timespec="seconds"),
            str(one.people),
            str(one.consent),
            one.consented_at.isoformat(timespec="seconds"),
            "yes" if one.is_of_age else "no",
            ", ".join(style["name"] for style in run.asked.get("styles", ())) if run else "",
            run.state if run else "",
            f"{(ended - one.created_at).total_seconds():.0f}" if ended else "",
            one.deleted_at.isoformat(timespec="seconds") if one.deleted_at else "",
        ]


def _seconds(event: Event) -> Iterator[float]:
    done = Capture.objects.filter(event=event, run__state=State.SUCCEEDED)
    for began, ended in done.values_list("created_at", "run__ended_at"):
        if ended is not None:
            yield (ended - began).total_seconds()


def _styles(event: Event) -> Counter[str]:
    asked = event.captures.filter(run__isnull=False).values_list("run__asked__styles", flat=True)
    return Counter(style["name"] for styles in asked for style in styles or ())


def _percentile(seconds: list[float], percent: int) -> float | None:
    return quantiles(seconds, n=100, method="inclusive")[percent - 1] if len(seconds) >= ENOUGH else None
