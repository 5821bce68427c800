"""Add grain and spray. The noise is made once, kept, and laid over every picture."""

import functools
from typing import cast

import pyvips

TILE = 1024


@functools.cache
def _uniform() -> pyvips.Image:
    """Return noise of 0 to 255, each value as often: a wide bell curve, of which only the remainder by 256 is kept."""
    bell = pyvips.Image.gaussnoise(TILE, TILE, mean=0, sigma=9000, seed=7)
    return ((bell + 2**20).cast("int") % 256).cast("uchar").copy_memory()


@functools.cache
def _grain(strength: int, block: int) -> pyvips.Image:
    fine = pyvips.Image.gaussnoise(TILE // block, TILE // block, mean=0, sigma=strength, seed=11).cast("char")
    return cast("pyvips.Image", (fine.zoom(block, block) if block > 1 else fine).copy_memory())


@functools.cache
def _mottle() -> pyvips.Image:
    """Return slow unevenness of 0 to 255, as of a developer bath."""
    slow = pyvips.Image.perlin(TILE, TILE, cell_size=256, seed=5) * 90
    return (slow + pyvips.Image.perlin(TILE, TILE, cell_size=64, seed=6) * 30 + 128).cast("uchar").copy_memory()


def _cover(tile: pyvips.Image, width: int, height: int) -> pyvips.Image:
    if width <= tile.width and height <= tile.height:
        return tile.crop(0, 0, width, height)
    return tile.replicate(-(-width // tile.width), -(-height // tile.height)).crop(0, 0, width, height)


def grain(image: pyvips.Image, strength: int, block: int = 1) -> pyvips.Image:
    return (image + _cover(_grain(strength, block), image.width, image.height)).cast("uchar")


def spray(image: pyvips.Image, shade: pyvips.Image, ink: tuple[int, int, int], strength: float) -> pyvips.Image:
    """Spray dots on the image, more of them where the shade is deep: the same colour, darker, with a little ink."""
    dots = shade > _cover(_uniform(), image.width, image.height)
    factors = [1 - strength + 0.3 * strength * channel / 255 for channel in ink]
    darker = image.linear(factors, [0, 0, 0], uchar=True)
    return dots.ifthenelse(darker, image)


def mottle(width: int, height: int) -> pyvips.Image:
    return _cover(_mottle(), width, height)
