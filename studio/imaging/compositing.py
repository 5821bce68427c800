"""Puts the untouched pixels of a masked edit back. Pure: bytes in, bytes out, nothing of runs.

The rule. The composite has the size of the input, so that what was kept can be the input's own pixels; a result of
another size is scaled to it, and may be stretched by up to 3 %, since providers make only certain sizes. A result of
another shape is refused: nobody can know which of its pixels belongs where.

Where the mask is clear, the result shows. Around it the result fades out over the feather, outwards, so that all that
was painted is new. Everything farther away than the feather is the input, pixel for pixel. It is a PNG, because JPEG
could not promise that."""

from typing import Any

from studio import uploads, vips
from studio.sizes import Size, fits
from studio.uploads import UploadRefused

DIAGONAL = 2**0.5
WHITE = 255
HALF = 128
PNG_EFFORT = 3


class CannotCompose(Exception):
    """The sentence is for the person who waits for it."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


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
    """Upright, 8 bits, sRGB. Read once, from top to bottom."""
    try:
        return uploads.upright(uploads.examine(data))
    except (UploadRefused, vips.Error) as error:
        raise CannotCompose("One of the pictures cannot be read.") from error


def fitted(layer: Any, size: Size) -> Any:
    found = Size(layer.width, layer.height)
    if found == size:
        return layer
    if not fits(found, size):
        raise CannotCompose(
            f"The picture came back as {found.width} by {found.height}, which is another shape than {size.width} by "
            f"{size.height}: what was outside the mask cannot be put back into it."
        )
    return layer.thumbnail_image(size.width, height=size.height, size="force").cast("uchar")


def weight(mask: bytes, feather: int) -> Any:
    """How much of the result shows: 255 where the mask is clear, 0 farther away than the feather.

    A square window of half the reach finds every place near the painted one, and a mean over the same window fades
    it. A window reaches farther along its diagonal, so the reach is shortened for that: no pixel beyond the feather
    is touched in any direction."""
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
    """Both with transparency where one has it."""
    if one.bands == other.bands:
        return one, other
    return tuple(each if each.hasalpha() else each.bandjoin(WHITE) for each in (one, other))


def _mean(length: int) -> Any:
    return vips.Image.new_from_array([[1] * length], scale=length)
