"""Load runs with all that their cards in the stream show, in as many queries for one run as for fifty."""

from typing import Any

from django.db.models import Count, OuterRef, Prefetch, QuerySet, Subquery

from studio.models import Partial, Run, RunInput, Slot
from studio.runs.plan import Pictures


def prefetch(found: QuerySet[Run]) -> QuerySet[Run]:
    given = RunInput.objects.select_related("input").order_by("number")
    return found.select_related("maker").prefetch_related(Prefetch("slots", _slots()), Prefetch("inputs", given))


def fill_new(run: Run, pictures: Pictures) -> Run:
    """Put all that the card of a run shows that was made just now into the run, without a query."""
    slots = [
        Slot(org_id=run.org_id, run=run, index=index, connection_id=run.connection_id) for index in range(run.count)
    ]
    given = [RunInput(org_id=run.org_id, run=run, input=one, number=number) for one, number in pictures.numbered]
    _fill(run, "slots", slots)
    _fill(run, "inputs", sorted(given, key=lambda one: one.number))
    return run


def is_filled(run: Run) -> bool:
    return "slots" in getattr(run, "_prefetched_objects_cache", {})


def _fill(run: Run, name: str, rows: list[Any]) -> None:
    """Put rows in the place in which Django keeps those that it has prefetched."""
    found = getattr(run, name).all()
    found._result_cache, found._prefetch_done = rows, True
    run.__dict__.setdefault("_prefetched_objects_cache", {})[name] = found


def _slots() -> QuerySet[Slot]:
    """Annotate slots with their newest frame and the number of frames of this try. Most cards show no more, and to load
    all frames of a page would be its slowest query."""
    frames = Partial.objects.filter(slot=OuterRef("pk"))
    newest = frames.order_by("-tried", "-index").values("code")[:1]
    of_this_try = frames.filter(tried=OuterRef("tries")).order_by().values("slot")
    seen = of_this_try.annotate(count=Count("index", distinct=True)).values("count")
    slots = Slot.objects.select_related("output__composite").annotate(frame=Subquery(newest), seen=Subquery(seen))
    return slots.order_by("index")
