"""List a slot's frames with their times: the partials, then the final and its composite.

Times are counted from the start of each try and the tries are put one after the other, so that a slot that was tried
again a week later does not get a strip of a week."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from django.urls import reverse
from django.utils import timezone

from studio.files import names
from studio.imaging.sizes import Size
from studio.models import Output, Partial, Run, RunEvent, Slot, State
from studio.story import changes, tokens
from studio.story.shapes import Frame, SlotStory

TONES = {
    State.RUNNING: "accent",
    State.SUCCEEDED: "good",
    State.ANSWERED: "accent",
    State.REFUSED: "warn",
    State.FAILED: "danger",
    State.UNKNOWN: "warn",
}


class Telling:
    """A builder of slot stories for one run. The run's events say when each try started."""

    def __init__(self, run: Run, slug: str, events: Sequence[RunEvent]) -> None:
        self.run, self.slug = run, slug
        self.starts: dict[tuple[int, int], datetime] = {
            (event.slot_index, event.data.get("try", 0)): event.at
            for event in events
            if event.type == "started" and event.slot_index is not None
        }

    def slot(self, slot: Slot) -> SlotStory:
        output: Output | None = getattr(slot, "output", None)
        strip, length = self._strip(slot, output)
        width, height = (output.width, output.height) if output else _reserved(self.run)
        asked = slot.style["told"] if slot.style else self.run.prompt
        return SlotStory(
            index=slot.index,
            state=slot.state,
            word=slot.get_state_display(),
            tone=TONES.get(State(slot.state), ""),
            width=width,
            height=height,
            frames=strip,
            length_ms=length,
            tries=slot.tries,
            sentence=slot.words or slot.error_sentence,
            charged=slot.get_charged_display(),
            request_id=slot.request_id,
            tokens=tokens.read_tokens(slot.usage),
            output=output,
            output_code=str(output.code) if output else "",
            original=self._url("output_file", output.code, "kept" if output.has_composite else "original")
            if output
            else "",
            name=names.of_output(self.run, slot, output) if output else "",
            size_bytes=output.size_bytes if output else 0,
            revised=changes.words(asked, output.revised_prompt) if output and output.revised_prompt else (),
            style=slot.style["name"] if slot.style else "",
            told=slot.style["told"] if slot.style else "",
        )

    def _strip(self, slot: Slot, output: Output | None) -> tuple[list[Frame], int]:
        strip: list[Frame] = []
        before = 0  # milliseconds of the tries before this one
        for tried in range(1, slot.tries + 1):
            partials = [partial for partial in slot.partials.all() if partial.tried == tried]
            is_last = tried == slot.tries
            if not partials and not is_last:
                continue
            began = self.starts.get((slot.index, tried)) or slot.started_at or self.run.created_at
            strip += [self._partial(partial, before + _since(began, partial.at), tried, slot) for partial in partials]
            if is_last:
                length = before + _since(began, self._end(slot))
                if output:
                    length = max(length, strip[-1].at_ms if strip else 0)
                    strip += self._finals(output, length)
                return strip, length
            before = strip[-1].at_ms
        return strip, before

    def _end(self, slot: Slot) -> datetime:
        return slot.ended_at or (timezone.now() if slot.state == State.RUNNING else slot.started_at or timezone.now())

    def _partial(self, partial: Partial, at_ms: int, tried: int, slot: Slot) -> Frame:
        name = "Second picture" if partial.index >= names.SECOND_PICTURE else f"Partial {partial.index + 1}"
        return Frame(
            name=name if slot.tries == 1 else f"{name}, try {tried}",
            at_ms=at_ms,
            preview=self._url("partial_file", partial.code, "preview"),
            original=self._url("partial_file", partial.code, "original"),
            size_bytes=partial.size_bytes,
        )

    def _finals(self, output: Output, at_ms: int) -> Iterator[Frame]:
        """Yield the final as it came and, if there is one, its composite."""

        def frame(name: str, preview: str, original: str, size_bytes: int) -> Frame:
            first, second = (self._url("output_file", output.code, shape) for shape in (preview, original))
            return Frame(name, at_ms, preview=first, original=second, size_bytes=size_bytes, is_final=True)

        yield frame("Final", "preview", "original", output.size_bytes)
        if output.has_composite:
            yield frame("Kept exactly", "kept-preview", "kept", output.composite.size_bytes)

    def _url(self, name: str, code: object, shape: str) -> str:
        return reverse(name, args=[self.slug, code, shape])


def _reserved(run: Run) -> Size:
    """Return the size asked for, or a square for "auto", to reserve space until the picture is there."""
    asked = str(run.asked.get("size", ""))
    return Size.read(asked) if "x" in asked else Size(1024, 1024)


def _since(began: datetime, moment: datetime) -> int:
    return max(0, round((moment - began).total_seconds() * 1000))
