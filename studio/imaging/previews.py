"""Make previews and thumbnails. The originals stay as they are: encoding them again would lose their content
credentials."""

from typing import Any, NamedTuple

from studio.imaging import containers, vips
from studio.imaging.containers import BrokenPicture, Header

PREVIEW_EDGE, PREVIEW_LIMIT_BYTES = 640, 48_000
THUMBNAIL_EDGE = 320
# Quality and scale, tried in this order until the bytes fit.
STEPS = [(78, 1.0), (60, 1.0), (40, 1.0), (40, 0.75), (30, 0.5), (20, 0.35), (10, 0.2), (1, 0.1), (1, 0.03)]
THUMBNAIL_QUALITY = 72
PREVIEW_EFFORT, THUMBNAIL_EFFORT = 0, 1  # more would take three times as long to save a tenth of the bytes


class Unreadable(Exception):
    """These bytes are not a picture, or it is damaged, too large to open, or cannot be made small enough."""


class Measured(NamedTuple):
    format: str
    width: int
    height: int


def measure(data: bytes) -> Measured:
    """Read format and size from the structure of the file, without decoding."""
    header = examine(data)
    return Measured(header.format, header.width, header.height)


def preview(data: bytes, *, max_edge: int = PREVIEW_EDGE, limit_bytes: int = PREVIEW_LIMIT_BYTES) -> bytes:
    """Return a WebP of at most `limit_bytes`, because previews are sent inside messages."""
    return _fitting(_shrunk(data, max_edge), limit_bytes)


def preview_and_thumbnail(data: bytes) -> tuple[bytes, bytes]:
    """Return both in their usual sizes, decoding the picture only once."""
    shrunk = _shrunk(data, PREVIEW_EDGE)
    scale = min(1.0, THUMBNAIL_EDGE / max(shrunk.width, shrunk.height))
    return _fitting(shrunk, PREVIEW_LIMIT_BYTES), _webp(_scaled(shrunk, scale), THUMBNAIL_QUALITY, THUMBNAIL_EFFORT)


def thumbnail(data: bytes, *, max_edge: int = THUMBNAIL_EDGE) -> bytes:
    return _webp(_shrunk(data, max_edge), THUMBNAIL_QUALITY, THUMBNAIL_EFFORT)


def examine(data: bytes) -> Header:
    """Read the header from the structure of the file, without decoding. Raise Unreadable if that fails."""
    try:
        return containers.bounded(data)
    except BrokenPicture as broken:
        raise Unreadable(broken.sentence) from None


def examine_closely(data: bytes) -> Header:
    """Examine, and compare the picture with its checksums: as much as can be known without decoding. Raise Unreadable
    if that fails."""
    header = examine(data)
    try:
        containers.check_sums(data, header)
    except BrokenPicture as broken:
        raise Unreadable(broken.sentence) from None
    return header


def _shrunk(data: bytes, max_edge: int) -> Any:
    header = examine(data)
    try:
        image = vips.shrink(data, header, max_edge)
        return image.colourspace("srgb").cast("uchar").copy_memory()
    except vips.Error:
        raise Unreadable("This picture is damaged.") from None


def _fitting(shrunk: Any, limit_bytes: int) -> bytes:
    """Encode with the first of STEPS that fits. The size of each result tells which of the next steps are too large, so
    that those are not tried."""
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
    """Estimate the relative size in bytes for a quality and scale."""
    return scale * scale * float(quality**0.7)


def _scaled(image: Any, scale: float) -> Any:
    """Scale a picture, but keep each side at least one pixel long."""
    across, down = (max(scale, 1 / side) for side in (image.width, image.height))
    return image if scale == 1.0 else image.resize(across, vscale=down)


def _webp(image: Any, quality: int, effort: int) -> bytes:
    encoded: bytes = image.webpsave_buffer(Q=quality, alpha_q=quality, effort=effort, keep="none")
    return encoded
