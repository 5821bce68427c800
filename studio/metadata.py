"""All that is known of a run, as one document: what was asked, what was used, what came of it."""

from datetime import datetime
from typing import Any

from studio.models import Composite, Output, Run, RunInput, Slot

VERSION = 1


def of(run: Run) -> dict[str, Any]:
    slots = run.slots.select_related("output__composite", "connection").prefetch_related("partials").order_by("index")
    return {
        "version": VERSION,
        "run": str(run.code),
        "kind": run.kind,
        "state": run.state,
        "maker": run.maker.display_name,
        "model": run.model,
        "prompt": run.prompt,
        "asked": run.asked,
        "created_at": _time(run.created_at),
        "started_at": _time(run.started_at),
        "ended_at": _time(run.ended_at),
        "inputs": [_input(given) for given in run.inputs.select_related("input").order_by("number")],
        "slots": [_slot(slot) for slot in slots],
    }


def _input(given: RunInput) -> dict[str, Any]:
    source = given.input
    return {
        "role": "mask" if given.number == RunInput.MASK else f"image {given.number}",
        "name": source.name,
        "width": source.width,
        "height": source.height,
        "sha256": source.sha256,
    }


def _slot(slot: Slot) -> dict[str, Any]:
    output = getattr(slot, "output", None)
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
        "sent_at": _time(slot.sent_at),
        "first_partial_at": _time(slot.first_partial_at),
        "ended_at": _time(slot.ended_at),
        "partials": [
            {"index": partial.index, "try": partial.tried, "at": _time(partial.at), "size_bytes": partial.size_bytes}
            for partial in slot.partials.all()
        ],
        "output": _output(output) if output else None,
    }


def _output(output: Output) -> dict[str, Any]:
    return {
        "code": str(output.code),
        "format": output.format,
        "width": output.width,
        "height": output.height,
        "size_bytes": output.size_bytes,
        "sha256": output.sha256,
        "revised_prompt": output.revised_prompt or None,
        "composite": _composite(output.composite) if hasattr(output, "composite") else None,
    }


def _composite(composite: Composite) -> dict[str, Any]:
    return {
        "state": composite.state,
        "feather": composite.feather,
        "error": composite.sentence or None,
        "width": composite.width or None,
        "height": composite.height or None,
        "size_bytes": composite.size_bytes or None,
        "sha256": composite.sha256 or None,
        "changed_ppm": composite.changed_ppm,
        "ended_at": _time(composite.ended_at),
    }


def _time(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
