"""Write a run's events as lines of a log. They contain no text of a provider."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.template.defaultfilters import filesizeformat

from studio.models import Run, RunEvent
from studio.story.shapes import Entry

Data = Mapping[str, Any]


def entries(run: Run, events: Sequence[RunEvent]) -> list[Entry]:
    ordered = sorted(events, key=lambda event: event.seq)
    return [_entry(run, event) for event in ordered]


def _entry(run: Run, event: RunEvent) -> Entry:
    words = WORDS.get(event.type)
    return Entry(
        seq=event.seq,
        at_ms=max(0, round((event.at - run.created_at).total_seconds() * 1000)),
        picture=None if event.slot_index is None else event.slot_index + 1,
        text=words(event.data) if words else event.type.capitalize(),
        tone=TONES.get(event.type, ""),
    )


def _queued(data: Data) -> str:
    count = data.get("count")
    return f"Asked for {count} picture{'s' if count != 1 else ''}" if count else "Asked for again"


def _started(data: Data) -> str:
    tried = data.get("try", 1)
    return "Began to develop" if tried == 1 else f"Began to develop, try {tried}"


def _waiting(data: Data) -> str:
    return f"The provider asked to wait; tried again after {data.get('wait_seconds', 0)} s"


def _partial(data: Data) -> str:
    return f"Partial {data.get('index', 0) + 1}, {filesizeformat(data.get('size_bytes', 0))}"


def _output(data: Data) -> str:
    return f"Finished: {data.get('width')} × {data.get('height')} {data.get('format', '')}"  # noqa: RUF001 the sign


def _moved(data: Data) -> str:
    return f"The connection {data.get('from', '')} had an outage; {data.get('to', 'another')} took over"


def _composite(data: Data) -> str:
    return "Everything outside the mask put back" if data.get("state") == "made" else "Left as it came"


def _ended(data: Data) -> str:
    return f"Ended with {data.get('succeeded', 0)} of {data.get('count', 0)} pictures"


def _sentence(data: Data) -> str:
    return str(data.get("sentence", ""))


WORDS: dict[str, Callable[[Data], str]] = {
    "queued": _queued,
    "started": _started,
    "waiting": _waiting,
    "partial": _partial,
    "output": _output,
    "moved": _moved,
    "composite": _composite,
    "ended": _ended,
    "answered": _sentence,
    "failed": _sentence,
    "partial_lost": _sentence,
    "refused": _sentence,
    "cancelled": _sentence,
    "unknown": _sentence,
}
TONES = {"output": "good", "failed": "danger", "refused": "warn", "unknown": "warn", "partial": "accent"}
TONES |= {"partial_lost": "warn"}
