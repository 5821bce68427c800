"""Load given pictures as sRGB with 8 bits and no alpha, and masks."""

import pyvips

from studio.imaging import containers, decode_turns, vips

WHITE = 255
COLOURS = 3
SANDBOX = "sandbox"  # all callers, with any key, share one turn
PATIENCE_SECONDS = 60.0


def plain(data: bytes) -> pyvips.Image:
    header = containers.bounded(data)
    with decode_turns.turn(header, by=SANDBOX, seconds=PATIENCE_SECONDS, more_bytes=header.pixels * COLOURS):
        image = vips.decode(data, header).colourspace("srgb").cast("uchar")
        if image.hasalpha():
            image = image.flatten(background=WHITE)
        return vips.turned(image[:COLOURS].copy_memory(), header.orientation)


def cover(image: pyvips.Image, width: int, height: int) -> pyvips.Image:
    """Fill the whole size without stretching. A picture that has the size already keeps every pixel."""
    if (image.width, image.height) == (width, height):
        return image
    return image.thumbnail_image(width, height=height, crop="centre", size="both")


def redrawn(mask: bytes, width: int, height: int) -> pyvips.Image:
    """Return 255 where the mask is clear and the picture must change, 0 where it must stay."""
    header = containers.bounded(mask)
    with decode_turns.turn(header, by=SANDBOX, seconds=PATIENCE_SECONDS, more_bytes=header.pixels):
        alpha = vips.decode(mask, header).colourspace("srgb").cast("uchar")[-1].copy_memory()
    return cover(alpha.invert(), width, height).copy_memory()
