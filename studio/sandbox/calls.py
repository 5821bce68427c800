"""Prepare a call to be answered: what was asked, what that resolves to, its script, and the tokens it counts."""

import time
from dataclasses import dataclass, replace
from typing import Any

from studio.sandbox import directives, easel, sizes, tokens
from studio.sandbox.asks import Ask
from studio.sandbox.directives import Script
from studio.sandbox.given import Given
from studio.sandbox.paint.picture import Brief
from studio.sandbox.painter import Job

DEFAULT_QUALITY = "medium"


@dataclass(frozen=True)
class Call:
    ask: Ask
    script: Script
    job: Job
    inputs: tuple[Given, ...]
    created: int
    whose: str

    @property
    def is_edit(self) -> bool:
        return bool(self.inputs)

    @property
    def resolved(self) -> dict[str, str]:
        """Return the parameters that are used: never `auto`."""
        brief = self.job.brief
        return {
            "size": f"{brief.width}x{brief.height}",
            "quality": brief.quality,
            "background": "transparent" if brief.is_transparent else "opaque",
            "output_format": self.ask.output_format,
        }

    @property
    def partials(self) -> int:
        """Return how many partials are delivered. Fewer than were asked for is normal."""
        asked = self.ask.partial_images
        return asked if self.script.partials is None else min(asked, self.script.partials)

    def usage(self, delivered: int, *, with_details: bool) -> dict[str, Any]:
        brief = self.job.brief
        each = tokens.of_picture(self.ask.model, brief.quality, brief.width, brief.height)
        return tokens.usage(
            tokens.of_text(self.ask.prompt),
            sum(tokens.of_input(picture.width, picture.height) for picture in self.inputs),
            each * self.ask.n + tokens.PER_PARTIAL * delivered,
            with_details=with_details,
        )

    def sibling(self, index: int) -> Job:
        brief = replace(self.job.brief, slot=self.job.brief.slot + index)
        return replace(self.job, brief=brief)


def make(ask: Ask, *, key: str, inputs: tuple[Given, ...] = (), mask: bytes | None = None) -> Call:
    words, script = directives.read(ask.prompt, key=key, identifier=ask.identifier)
    width, height = _size(ask, words, inputs)
    brief = Brief(
        prompt=words,
        width=width,
        height=height,
        quality=DEFAULT_QUALITY if ask.quality == "auto" else ask.quality,
        seed=script.seed,
        slot=directives.slot(ask.identifier),
        is_transparent=_is_transparent(ask, words) and not inputs,
        stray=script.stray,
    )
    job = Job(brief, ask.output_format, ask.compression, tuple(picture.data for picture in inputs), mask)
    return Call(ask, script, job, inputs, int(time.time()), easel.whose(key))


def _size(ask: Ask, words: str, inputs: tuple[Given, ...]) -> tuple[int, int]:
    if ask.size != "auto":
        return sizes.read(ask.size)
    return sizes.for_picture(inputs[0].width, inputs[0].height) if inputs else sizes.for_prompt(words)


def _is_transparent(ask: Ask, words: str) -> bool:
    """Return whether the background is transparent. `auto` is if the model can, the format can, and the prompt asks for
    a sticker."""
    can = ask.model.is_transparent and ask.output_format != "jpeg"
    return can and (ask.background == "transparent" or (ask.background == "auto" and "sticker" in words.lower()))
