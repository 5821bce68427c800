"""Given pictures, as sRGB with 8 bits and no alpha."""

import pyvips

from studio import vips

WHITE = 255
COLOURS = 3


def opened(data: bytes) -> vips.Image:
    """For reading more than once. What is no PNG, JPEG or WebP no loader takes: see studio.vips."""
    return vips.Image.new_from_buffer(data, "")


def plain(data: bytes) -> pyvips.Image:
    image = opened(data).autorot()
    image = image.colourspace("srgb").cast("uchar")
    if image.hasalpha():
        image = image.flatten(background=WHITE)
    return image[:COLOURS].copy_memory()


def cover(image: pyvips.Image, width: int, height: int) -> pyvips.Image:
    """The whole surface, nothing stretched. A picture that fits already keeps every pixel."""
    if (image.width, image.height) == (width, height):
        return image
    return image.thumbnail_image(width, height=height, crop="centre", size="both")


def redrawn(mask: bytes, width: int, height: int) -> pyvips.Image:
    """255 where the mask is clear and the picture shall change, 0 where it must stay."""
    alpha = opened(mask).colourspace("srgb").cast("uchar")[-1]
    return cover(alpha.invert(), width, height).copy_memory()
