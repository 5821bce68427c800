"""Build a run's story from its rows, with a fixed number of queries."""

from collections.abc import Sequence

from django.db.models import Prefetch, QuerySet
from django.urls import reverse

from accounts.models import Membership
from studio.models import Partial, Run, RunInput, Slot, State
from studio.story import cost, facts, frames, lineage, log, tokens
from studio.story.shapes import SlotStory, Story

TONES = {
    State.QUEUED: "",
    State.RUNNING: "accent",
    State.SUCCEEDED: "good",
    State.ANSWERED: "accent",
    State.REFUSED: "warn",
    State.FAILED: "danger",
    State.CANCELLED: "",
    State.UNKNOWN: "warn",
}


def build(run: Run, *, seen_by: Membership, slot_index: int = 0) -> Story:
    """Build the story of a run, which must come from `prefetch`, as this member may see it."""
    slug = seen_by.org.slug
    happened = list(run.events.all())
    told = frames.Telling(run, slug, happened)
    slots = [told.slot(slot) for slot in run.slots.all()]
    became, more = lineage.became(run, seen_by)
    return Story(
        code=str(run.code),
        prompt=run.prompt,
        kind=run.kind,
        model=run.model,
        state=run.state,
        word=run.get_state_display(),
        tone=TONES[State(run.state)],
        made_at=run.created_at,
        length_ms=max((slot.length_ms for slot in slots), default=0),
        slots=slots,
        url=reverse("run", args=[slug, run.code]),
        maker=run.maker.display_name,
        maker_code=str(run.maker.code),
        maker_id=run.maker_id,
        key_name=run.api_key.name if run.api_key else "",
        connection=run.connection.name if run.connection else "",
        project=run.project,
        is_stopping=run.cancel_asked_at is not None,
        is_private=run.visibility == "private",
        facts=facts.facts_of(run),
        inputs=lineage.inputs(run, seen_by),
        came_from=lineage.came_from(run, seen_by),
        became=became,
        more_became=more,
        log=log.entries(run, happened),
        tokens=tokens.total([slot.tokens for slot in slots]),
        cost=cost.cost_of(run),
        comments=list(run.comments.select_related("author").order_by("pk")),
        may_act=run.maker_id == seen_by.user_id or seen_by.is_admin,
        chosen=_chosen(slots, slot_index),
    )


def prefetch(found: QuerySet[Run]) -> QuerySet[Run]:
    """Prefetch the rows of these runs that a story needs."""
    partials = Prefetch("partials", Partial.objects.order_by("tried", "index"))
    slots = Slot.objects.select_related("output__composite", "connection").prefetch_related(partials).order_by("index")
    inputs = RunInput.objects.select_related("input__source__run__maker").order_by("number")
    return found.select_related("maker", "api_key", "connection", "parent__maker").prefetch_related(
        Prefetch("slots", slots), Prefetch("inputs", inputs), "parent__outputs", "events"
    )


def _chosen(slots: Sequence[SlotStory], index: int) -> SlotStory | None:
    """Return the slot with this index, or the first one."""
    return next((slot for slot in slots if slot.index == index), slots[0] if slots else None)
