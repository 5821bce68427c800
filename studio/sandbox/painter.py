"""Turn a job into encoded pictures. Everything here takes processor time; call it in a thread."""

import functools
from dataclasses import dataclass

import pyvips

from studio.sandbox.paint import developing, editing, encoding, media, picture, sticker
from studio.sandbox.paint.picture import FINISHES, Brief


@dataclass(frozen=True)
class Job:
    brief: Brief
    form: str = "png"
    compression: int = 100
    images: tuple[bytes, ...] = ()
    mask: bytes | None = None


class Painting:
    """A picture that is painted once. Its partials are made of the finished picture."""

    def __init__(self, job: Job) -> None:
        self.job = job

    @functools.cached_property
    def _edit(self) -> editing.Edit | None:
        return editing.edit(self.job.brief, self.job.images, self.job.mask) if self.job.images else None

    @functools.cached_property
    def _layer(self) -> pyvips.Image:
        """Paint the picture into memory, because partials and final read it again and again."""
        brief = self.job.brief
        if self._edit:
            return media.render(brief.prompt, self._edit.layer.copy_memory())
        if brief.is_transparent:
            finish = FINISHES[brief.quality]
            return sticker.sticker(picture.blank(brief), brief.width, brief.height, finish.grain).copy_memory()
        return media.render(brief.prompt, picture.paint(brief).copy_memory())

    def final(self) -> bytes:
        layer = self._layer
        return self._encoded(self._edit.joined(layer) if self._edit else layer)

    def partial(self, index: int, count: int) -> bytes:
        """Return the partial `index` of `count`, from 0: each is nearer to the final than the one before."""
        ground = self._edit.base if self._edit else None
        rough = developing.develop(self._layer, (index + 1) / (count + 1), ground)
        return self._encoded(self._edit.joined(rough) if self._edit else rough)

    def _encoded(self, image: pyvips.Image) -> bytes:
        return encoding.encode(image, self.job.form, self.job.compression)
