"""Runs with all that their cards in the stream show, in as many queries for one as for fifty."""

from django.db.models import Prefetch, QuerySet

from studio.models import Partial, Run, RunInput, Slot


def of(found: QuerySet[Run]) -> QuerySet[Run]:
    newest_first = Prefetch("partials", Partial.objects.order_by("-tried", "-index"))
    slots = Slot.objects.select_related("output__composite").prefetch_related(newest_first).order_by("index")
    given = RunInput.objects.select_related("input").order_by("number")
    return found.select_related("maker").prefetch_related(Prefetch("slots", slots), Prefetch("inputs", given))
