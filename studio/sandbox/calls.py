"""Prepare a call to be answered: what was asked, what that resolves to, its script, and the tokens it counts."""

import time
from dataclasses import dataclass, replace
from typing import Any

from studio.sandbox import directives, paint_queue, sizes, tokens
from studio.sandbox.directives import Script
from studio.sandbox.paint.picture import Brief
from studio.sandbox.painter import Job
from studio.sandbox.parameters import ImageParameters
from studio.sandbox.picture_checks import CheckedPicture

DEFAULT_QUALITY = "medium"


@dataclass(frozen=True)
class Call:
    asked: ImageParameters
    script: Script
    job: Job
    inputs: tuple[CheckedPicture, ...]
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
            "output_format": self.asked.output_format,
        }

    @property
    def partials(self) -> int:
        """Return how many partials are delivered. Fewer than were asked for is normal."""
        asked = self.asked.partial_images
        return asked if self.script.partials is None else min(asked, self.script.partials)

    def usage(self, delivered: int, *, with_details: bool) -> dict[str, Any]:
        brief = self.job.brief
        each = tokens.of_picture(self.asked.model, brief.quality, brief.width, brief.height)
        return tokens.usage(
            tokens.of_text(self.asked.prompt),
            sum(tokens.of_input(picture.width, picture.height) for picture in self.inputs),
            each * self.asked.n + tokens.PER_PARTIAL * delivered,
            with_details=with_details,
        )

    def sibling(self, index: int) -> Job:
        brief = replace(self.job.brief, slot=self.job.brief.slot + index)
        return replace(self.job, brief=brief)


def make(
    asked: ImageParameters, *, key: str, inputs: tuple[CheckedPicture, ...] = (), mask: bytes | None = None
) -> Call:
    words, script = directives.read_directives(asked.prompt, key=key, identifier=asked.identifier)
    width, height = _size(asked, words, inputs)
    brief = Brief(
        prompt=words,
        width=width,
        height=height,
        quality=DEFAULT_QUALITY if asked.quality == "auto" else asked.quality,
        seed=script.seed,
        slot=directives.slot(asked.identifier),
        is_transparent=_is_transparent(asked, words) and not inputs,
        stray=script.stray,
    )
    job = Job(brief, asked.output_format, asked.compression, tuple(picture.data for picture in inputs), mask)
    return Call(asked, script, job, inputs, int(time.time()), paint_queue.tenant_of_key(key))


def _size(asked: ImageParameters, words: str, inputs: tuple[CheckedPicture, ...]) -> tuple[int, int]:
    if asked.size != "auto":
        return sizes.read_size(asked.size)
    return sizes.for_picture(inputs[0].width, inputs[0].height) if inputs else sizes.for_prompt(words)


def _is_transparent(asked: ImageParameters, words: str) -> bool:
    """Return whether the background is transparent. `auto` is if the model can, the format can, and the prompt asks for
    a sticker."""
    can = asked.model.is_transparent and asked.output_format != "jpeg"
    return can and (asked.background == "transparent" or (asked.background == "auto" and "sticker" in words.lower()))
