"""List what was asked beside what came. A choice that was left to the provider counts as no difference."""

from collections.abc import Iterable, Iterator
from typing import Any

from studio.catalogue.specs import AUTO
from studio.models import Run, Slot, State
from studio.story.changes import shown
from studio.story.shapes import Fact

NAMES = {"size": "Size", "quality": "Quality", "format": "Format", "background": "Background"}
ALIKE = {"jpg": "jpeg"}


def facts_of(run: Run) -> list[Fact]:
    slots = list(run.slots.all())
    return [_pictures(run, slots), *_compared(run, slots), *_told_only(run.asked)]


def _pictures(run: Run, slots: list[Slot]) -> Fact:
    made = sum(slot.state == State.SUCCEEDED for slot in slots)
    return Fact("Pictures", str(run.count), str(made), is_different=made < run.count and not run.is_live)


def _compared(run: Run, slots: list[Slot]) -> Iterator[Fact]:
    for field, name in NAMES.items():
        asked = run.asked.get(field)
        got = _distinct(_got(slot, field) for slot in slots)
        is_different = bool(got) and asked not in {AUTO, None} and got != [_alike(str(asked))]
        yield Fact(name, shown(asked or AUTO), ", ".join(map(shown, got)), is_different)


def _got(slot: Slot, field: str) -> str:
    """Return the value of the picture. Size and format come from the file, because the provider's answer may be
    wrong."""
    output = getattr(slot, "output", None)
    if output is None:
        return ""
    if field == "size":
        return f"{output.width}x{output.height}"
    return _alike(str(output.format if field == "format" else slot.used.get(field) or ""))


def _told_only(asked: dict[str, Any]) -> Iterator[Fact]:
    """Yield parameters that a provider's answer does not repeat."""
    if asked.get("compression") is not None:
        yield Fact("Compression", str(asked["compression"]), "")
    if asked.get("moderation") not in {None, AUTO}:
        yield Fact("Moderation", str(asked["moderation"]), "")
    if asked.get("input_fidelity"):
        yield Fact("Input fidelity", str(asked["input_fidelity"]), "")
    yield Fact("Partial images", str(asked.get("partial_images", 0)), "")
    yield Fact("API", str(asked.get("api", "images")).capitalize(), "")


def _distinct(values: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(value for value in values if value))


def _alike(value: str) -> str:
    return ALIKE.get(value, value)
