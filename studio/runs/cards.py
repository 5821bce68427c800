"""Load runs with all that their cards in the stream show, in as many queries for one run as for fifty."""

from django.db.models import Count, OuterRef, Prefetch, QuerySet, Subquery

from studio.models import Partial, Run, RunInput, Slot


def prefetch(found: QuerySet[Run]) -> QuerySet[Run]:
    given = RunInput.objects.select_related("input").order_by("number")
    return found.select_related("maker").prefetch_related(Prefetch("slots", _slots()), Prefetch("inputs", given))


def _slots() -> QuerySet[Slot]:
    """Annotate slots with their newest frame and the number of frames of this try. Most cards show no more, and to load
    all frames of a page would be its slowest query."""
    frames = Partial.objects.filter(slot=OuterRef("pk"))
    newest = frames.order_by("-tried", "-index").values("code")[:1]
    of_this_try = frames.filter(tried=OuterRef("tries")).order_by().values("slot")
    seen = of_this_try.annotate(count=Count("index", distinct=True)).values("count")
    slots = Slot.objects.select_related("output__composite").annotate(frame=Subquery(newest), seen=Subquery(seen))
    return slots.order_by("index")
