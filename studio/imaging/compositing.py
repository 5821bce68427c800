"""Put the pixels outside the mask of a masked edit back. The functions take and return bytes and know nothing of runs.

The composite has the size of the input, so that the kept part consists of the input's own pixels. A result of another
size is scaled to it, and may be stretched by up to 3 %, since providers make only certain sizes. A result of another
shape is refused, because its pixels cannot be matched to those of the input.

Where the mask is clear, the result shows. Outside, the result fades out over the width of the feather, so that all that
was painted is new. Everything farther away than the feather is the input, pixel for pixel. The composite is a PNG,
because JPEG would change those pixels."""

from collections.abc import Hashable
from contextlib import AbstractContextManager
from typing import Any

from studio.imaging import decode_turns, inspection, vips
from studio.imaging.inspection import UploadRefused
from studio.imaging.sizes import Size, fits

DIAGONAL = 2**0.5
WHITE = 255
HALF = 128
PNG_EFFORT = 3


class CannotCompose(Exception):
    """The pictures cannot be put together. The sentence is shown to the person who made the run."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


def turn(*pictures: bytes, by: Hashable, seconds: float) -> AbstractContextManager[None]:
    """Wait for the turn to decode these pictures, with memory for one more that is made of them."""
    try:
        headers = [inspection.examine(data).header for data in pictures]
    except UploadRefused as error:
        raise CannotCompose("One of the pictures cannot be read.") from error
    most = max(header.pixels for header in headers)
    return decode_turns.turn(*headers, by=by, seconds=seconds, more_bytes=most * 4)


def compose(base: bytes, result: bytes, mask: bytes, feather: int) -> bytes:
    ground, layer = same_bands(opened(base), opened(result))
    layer = fitted(layer, Size(ground.width, ground.height))
    shown = weight(mask, feather).ifthenelse(layer, ground, blend=True)
    try:
        data: bytes = shown.cast("uchar").pngsave_buffer(compression=PNG_EFFORT, keep="none")
    except vips.Error as error:
        raise CannotCompose("One of the pictures is damaged.") from error
    return data


def opened(data: bytes) -> Any:
    """Open a picture upright, in sRGB with 8 bits. Unless it had to be turned, it can be read only once, from top to
    bottom."""
    try:
        return inspection.upright(inspection.examine(data))
    except (UploadRefused, vips.Error) as error:
        raise CannotCompose("One of the pictures cannot be read.") from error


def fitted(layer: Any, size: Size) -> Any:
    found = Size(layer.width, layer.height)
    if found == size:
        return layer
    if not fits(found, size):
        raise CannotCompose(
            f"The picture came back as {found.width} by {found.height}, a different shape from {size.width} by "
            f"{size.height}, so the area outside the mask cannot be put back."
        )
    return layer.thumbnail_image(size.width, height=size.height, size="force").cast("uchar")


def weight(mask: bytes, feather: int) -> Any:
    """Return how much of the result shows: 255 where the mask is clear, 0 farther away than the feather.

    A square window that reaches half the distance finds all pixels near the clear ones; a mean over the same window
    fades them. A square reaches farther along its diagonal, so its reach is divided by √2: no pixel beyond the feather
    changes in any direction."""
    alpha = opened(mask)[-1]
    clear = alpha.invert()
    reach = int(feather / (2 * DIAGONAL))
    if reach == 0:
        return clear
    window = vips.Image.black(2 * reach + 1, 1) + 1
    near = (clear >= HALF).convsep(window, precision="integer") > 0
    faded = near.convsep(_mean(2 * reach + 1), precision="integer")
    return (faded > clear).ifthenelse(faded, clear)


def same_bands(one: Any, other: Any) -> tuple[Any, Any]:
    """Return both pictures, with an alpha band added if only the other one has it."""
    if one.bands == other.bands:
        return one, other
    return tuple(each if each.hasalpha() else each.bandjoin(WHITE) for each in (one, other))


def _mean(length: int) -> Any:
    return vips.Image.new_from_array([[1] * length], scale=length)
