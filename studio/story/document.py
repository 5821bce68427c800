"""Build the metadata of a run as one JSON document: what was asked, used and made, when, at what cost, and how the run
is related to others. `file` is always a name inside the run's ZIP."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from accounts.models import Membership
from studio.files import names
from studio.models import Composite, Output, Partial, Run, RunEvent, RunInput, Slot
from studio.story import changes, cost, lineage, tokens

VERSION = 1


def document_of(run: Run, *, seen_by: Membership) -> dict[str, Any]:
    """Return the document of a run, which must come from `studio.story.whole`, as this member may see it."""
    slots = list(run.slots.all())
    return {
        "version": VERSION,
        "run": str(run.code),
        "kind": run.kind,
        "state": run.state,
        "visibility": run.visibility,
        "project": run.project or None,
        "maker": run.maker.display_name,
        "api_key": run.api_key.name if run.api_key else None,
        "connection": run.connection.name if run.connection else None,
        "model": run.model,
        "prompt": run.prompt,
        "asked": run.asked,
        "created_at": _time(run.created_at),
        "started_at": _time(run.started_at),
        "ended_at": _time(run.ended_at),
        "tokens": _tokens(slots),
        "cost": _cost(run),
        "parent": _parent(run, seen_by),
        "children": lineage.codes_that_became(run, seen_by),
        "inputs": [_input(given, seen_by) for given in run.inputs.all()],
        "slots": [_slot(run, slot) for slot in slots],
        "events": _events(list(run.events.all())),
    }


def _tokens(slots: Sequence[Slot]) -> dict[str, int] | None:
    total = tokens.total([tokens.read_tokens(slot.usage) for slot in slots])
    if total is None:
        return None
    return {
        "text_in": total.text_in,
        "images_in": total.images_in,
        "cached_in": total.cached_in,
        "out": total.out,
    }


def _cost(run: Run) -> dict[str, int | bool] | None:
    """Return the cost in micro-dollars."""
    known = cost.cost_of(run)
    return asdict(known) if known else None


def _parent(run: Run, seen_by: Membership) -> dict[str, Any] | None:
    """Describe the parent, unless it is another person's private run."""
    if run.parent is None or not lineage.is_visible(run.parent, seen_by):
        return None
    return {
        "run": str(run.parent.code),
        "relation": run.relation or None,
        "changes": changes.said(changes.between(run.parent.asked, run.asked)),
    }


def _input(given: RunInput, seen_by: Membership) -> dict[str, Any]:
    source, made_here = given.input, given.input.source
    is_told = made_here is not None and lineage.is_visible(made_here.run, seen_by)
    return {
        "role": "mask" if given.number == RunInput.MASK else f"image {given.number}",
        "name": source.name,
        "file": names.of_input(given),
        "width": source.width,
        "height": source.height,
        "size_bytes": source.size_bytes,
        "sha256": source.sha256,
        "made_by": {"run": str(made_here.run.code), "output": str(made_here.code)} if made_here and is_told else None,
    }


def _slot(run: Run, slot: Slot) -> dict[str, Any]:
    output: Output | None = getattr(slot, "output", None)
    return {
        "index": slot.index,
        "state": slot.state,
        "charged": slot.charged,
        "connection": slot.connection.name if slot.connection else None,
        "error": {"code": slot.error_code, "sentence": slot.error_sentence} if slot.error_code else None,
        "request_id": slot.request_id,
        "used": slot.used,
        "usage": slot.usage,
        "tries": slot.tries,
        "started_at": _time(slot.started_at),
        "sent_at": _time(slot.sent_at),
        "first_partial_at": _time(slot.first_partial_at),
        "ended_at": _time(slot.ended_at),
        "partials": [_partial(slot, partial) for partial in slot.partials.all()],
        "output": _output(slot, output) if output else None,
    }


def _partial(slot: Slot, partial: Partial) -> dict[str, Any]:
    return {
        "index": partial.index,
        "try": partial.tried,
        "file": names.of_partial(slot, partial),
        "at": _time(partial.at),
        "size_bytes": partial.size_bytes,
    }


def _output(slot: Slot, output: Output) -> dict[str, Any]:
    return {
        "code": str(output.code),
        "file": names.of_final(slot, output),
        "format": output.format,
        "width": output.width,
        "height": output.height,
        "size_bytes": output.size_bytes,
        "sha256": output.sha256,
        "revised_prompt": output.revised_prompt or None,
        "composite": _composite(slot, output.composite) if hasattr(output, "composite") else None,
    }


def _composite(slot: Slot, composite: Composite) -> dict[str, Any]:
    return {
        "state": composite.state,
        "file": names.of_composite(slot, composite) if composite.is_made else None,
        "feather": composite.feather,
        "error": composite.sentence or None,
        "width": composite.width or None,
        "height": composite.height or None,
        "size_bytes": composite.size_bytes or None,
        "sha256": composite.sha256 or None,
        "changed_ppm": composite.changed_ppm,
        "ended_at": _time(composite.ended_at),
    }


def _events(events: list[RunEvent]) -> list[dict[str, Any]]:
    return [
        {"seq": event.seq, "at": _time(event.at), "type": event.type, "slot": event.slot_index, **event.data}
        for event in sorted(events, key=lambda event: event.seq)
    ]


def _time(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
