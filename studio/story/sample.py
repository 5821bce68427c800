"""Build the story of the sample run, for members who have no run to replay yet. It has no rows in the database. Its
frames come from the sandbox by `tools/paint_sample.py` and are shipped with Darkroom."""

from django.templatetags.static import static
from django.urls import reverse

from studio.story.shapes import Entry, Fact, Frame, SlotStory, Story

CODE = "00000000-0000-4000-8000-000000000000"
PROMPT = "A lighthouse on a cliff at dusk, warm light in the window"
WIDTH, HEIGHT = 1152, 768
# Milliseconds from the start: each partial's, then the final's.
TIMES = ((3100, 6900, 11200, 15400), (3600, 7400, 12300, 17100))
NAMES = ("partial-1", "partial-2", "partial-3", "final")


def story(slug: str) -> Story:
    slots = [_slot(index, times) for index, times in enumerate(TIMES)]
    return Story(
        code=CODE,
        prompt=PROMPT,
        kind="generate",
        model="Darkroom's sandbox",
        state="succeeded",
        word="Finished",
        tone="good",
        made_at=None,
        length_ms=max(slot.length_ms for slot in slots),
        slots=slots,
        url=reverse("sample_run", args=[slug]),
        is_sample=True,
        facts=[
            Fact("Pictures", "2", "2"),
            Fact("Size", f"{WIDTH} × {HEIGHT}", f"{WIDTH} × {HEIGHT}"),  # noqa: RUF001 the sign
            Fact("Quality", "auto", "high"),
            Fact("Partial images", "3", ""),
        ],
        log=_log(),
        chosen=slots[0],
    )


def _slot(index: int, times: tuple[int, ...]) -> SlotStory:
    return SlotStory(
        index=index,
        state="succeeded",
        word="Finished",
        tone="good",
        width=WIDTH,
        height=HEIGHT,
        frames=[_frame(index, name, at_ms) for name, at_ms in zip(NAMES, times, strict=True)],
        length_ms=times[-1],
    )


def _frame(index: int, name: str, at_ms: int) -> Frame:
    address = static(f"darkroom/sample/{index + 1}-{name}.webp")
    return Frame(name.replace("-", " ").capitalize(), at_ms, address, address, size_bytes=0, is_final=name == "final")


def _log() -> list[Entry]:
    happened = [
        (at_ms, index + 1, "Finished" if name == "final" else name.replace("-", " ").capitalize())
        for index, times in enumerate(TIMES)
        for name, at_ms in zip(NAMES, times, strict=True)
    ]
    told = [
        (0, None, "Asked for 2 pictures"),
        *sorted(happened),
        (max(map(max, TIMES)), None, "Ended with 2 of 2 pictures"),
    ]
    return [Entry(seq, *line) for seq, line in enumerate(told, start=1)]
