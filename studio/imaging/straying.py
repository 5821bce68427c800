"""Measure where a model changed what it should have kept: as a number, and as a heat map to lay over the picture.

Both pictures are scaled down and blurred a little first, so that effects of scaling and compression do not count. The
remaining difference is measured in ΔE, which follows how people see colours."""

from itertools import pairwise
from typing import Any, NamedTuple

from studio.imaging import compositing, vips
from studio.imaging.sizes import Size

EDGE = 1024
SOFTNESS = 1.2
SEEN = 6.0  # in ΔE: side by side, most people notice
GLARING = 40.0
MILLION = 1_000_000
HEAT_QUALITY = 70
# Colours of the heat map by level, from SEEN to GLARING: amber, orange, crimson, each more opaque than the one before.
STOPS = [(0, (255, 196, 64, 90)), (96, (255, 120, 32, 170)), (255, (214, 16, 72, 225))]


class Straying(NamedTuple):
    changed_ppm: int | None  # of the kept area; None if there is none, as the mask is clear everywhere
    heat: bytes  # WebP, transparent where nothing changed


def measure(base: bytes, result: bytes, mask: bytes | None, feather: int) -> Straying:
    """Measure how far a result strayed from its base outside of the mask or, without one, everywhere."""
    try:
        return _measure(base, result, mask, feather)
    except vips.Error as error:
        raise compositing.CannotCompose("One of the pictures is damaged.") from error


def _measure(base: bytes, result: bytes, mask: bytes | None, feather: int) -> Straying:
    ground = compositing.opened(base)
    scale = min(1.0, EDGE / max(ground.width, ground.height))
    size = Size(max(1, round(ground.width * scale)), max(1, round(ground.height * scale)))
    painted = _small(compositing.weight(mask, feather), size) if mask else vips.Image.black(*size)
    kept = (painted == 0).copy_memory()
    difference = _soft(ground, size).dE76(_soft(compositing.opened(result), size)).copy_memory()
    strayed = (difference > SEEN) & kept
    kept_share = kept.avg()
    changed = round(strayed.avg() / kept_share * MILLION) if kept_share else None
    return Straying(changed, _heat(difference, strayed))


def _small(image: Any, size: Size) -> Any:
    if (image.width, image.height) == size:
        return image
    return image.thumbnail_image(size.width, height=size.height, size="force")


def _soft(image: Any, size: Size) -> Any:
    plain = image.flatten(background=[255]) if image.hasalpha() else image
    return _small(plain, size).gaussblur(SOFTNESS).cast("uchar").copy(interpretation="srgb")


def _heat(difference: Any, strayed: Any) -> bytes:
    levels = ((difference - SEEN) * (255 / (GLARING - SEEN))).cast("uchar")
    coloured = levels.maplut(_ramp())
    seen = strayed.ifthenelse(coloured, [0, 0, 0, 0]).copy(interpretation="srgb")
    data: bytes = seen.webpsave_buffer(Q=HEAT_QUALITY, alpha_q=HEAT_QUALITY, effort=1, keep="none")
    return data


def _ramp() -> Any:
    rows = bytes(channel for level in range(256) for channel in _colour(level))
    return vips.Image.new_from_memory(rows, 256, 1, 4, "uchar")


def _colour(level: int) -> tuple[int, ...]:
    for (low, one), (high, other) in pairwise(STOPS):
        if level <= high:
            part = (level - low) / (high - low)
            return tuple(round(a + (b - a) * part) for a, b in zip(one, other, strict=True))
    return STOPS[-1][1]
