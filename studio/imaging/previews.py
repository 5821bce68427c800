"""Small pictures to look at. The originals stay as they are: re-encoding would lose their credentials."""

from typing import Any, NamedTuple

from studio import containers, vips
from studio.containers import BrokenPicture, Header

LIMIT_PIXELS = 8192 * 8192
PREVIEW_EDGE, PREVIEW_LIMIT_BYTES = 640, 48_000
THUMBNAIL_EDGE = 320
# Quality, and how much smaller than asked. The first that fits is taken; the last always does.
STEPS = [(78, 1.0), (60, 1.0), (40, 1.0), (40, 0.75), (30, 0.5), (20, 0.35), (10, 0.2), (1, 0.1), (1, 0.03)]
THUMBNAIL_QUALITY = 72
PREVIEW_EFFORT, THUMBNAIL_EFFORT = 0, 1  # more would take thrice as long for a tenth of the bytes


class Unreadable(Exception):
    """These bytes are no picture, or one that is too large to be opened."""


class Measured(NamedTuple):
    format: str
    width: int
    height: int


def measure(data: bytes) -> Measured:
    """By the structure of the file; nothing is decoded."""
    header = _header(data)
    return Measured(header.format, header.width, header.height)


def preview(data: bytes, *, max_edge: int = PREVIEW_EDGE, limit_bytes: int = PREVIEW_LIMIT_BYTES) -> bytes:
    """A WebP that is never larger than the limit: it travels inside a message."""
    return _fitting(_shrunk(data, max_edge), limit_bytes)


def preview_and_thumbnail(data: bytes) -> tuple[bytes, bytes]:
    """Both at their usual sizes, for the decoding of one."""
    shrunk = _shrunk(data, PREVIEW_EDGE)
    scale = min(1.0, THUMBNAIL_EDGE / max(shrunk.width, shrunk.height))
    return _fitting(shrunk, PREVIEW_LIMIT_BYTES), _webp(_scaled(shrunk, scale), THUMBNAIL_QUALITY, THUMBNAIL_EFFORT)


def thumbnail(data: bytes, *, max_edge: int = THUMBNAIL_EDGE) -> bytes:
    return _webp(_shrunk(data, max_edge), THUMBNAIL_QUALITY, THUMBNAIL_EFFORT)


def _header(data: bytes) -> Header:
    try:
        header = containers.read(data)
    except BrokenPicture as broken:
        raise Unreadable(broken.sentence) from None
    if header.pixels > LIMIT_PIXELS:
        raise Unreadable(f"{header.width} by {header.height} pixels are too many.")
    return header


def _shrunk(data: bytes, max_edge: int) -> Any:
    header = _header(data)
    try:
        image = vips.shrink(data, max_edge, has_foreign_colours=header.has_foreign_colours)
        return image.colourspace("srgb").cast("uchar").copy_memory()
    except vips.Error:
        raise Unreadable("This picture is damaged.") from None


def _fitting(shrunk: Any, limit_bytes: int) -> bytes:
    """Each miss tells how far to go, so that few are encoded in vain."""
    room = float("inf")
    for quality, scale in STEPS:
        if _weight(quality, scale) > room and (quality, scale) != STEPS[-1]:
            continue
        small = _webp(_scaled(shrunk, scale), quality, PREVIEW_EFFORT)
        if len(small) <= limit_bytes:
            return small
        room = _weight(quality, scale) * limit_bytes / len(small)
    raise Unreadable("This picture cannot be made small enough.")


def _weight(quality: int, scale: float) -> float:
    """About how the bytes of one picture go with these."""
    return scale * scale * float(quality**0.7)


def _scaled(image: Any, scale: float) -> Any:
    """A line of a thousand pixels keeps its height of one."""
    across, down = (max(scale, 1 / side) for side in (image.width, image.height))
    return image if scale == 1.0 else image.resize(across, vscale=down)


def _webp(image: Any, quality: int, effort: int) -> bytes:
    encoded: bytes = image.webpsave_buffer(Q=quality, alpha_q=quality, effort=effort, keep="none")
    return encoded
