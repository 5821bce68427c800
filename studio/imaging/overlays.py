"""Draw a picture with alpha over another one. The functions take and return bytes and know nothing of events."""

from studio.imaging import vips
from studio.imaging.compositing import CannotCompose, opened

JPEG_QUALITY = 92
WHITE = [255, 255, 255]


def draw(picture: bytes, overlay: bytes) -> bytes:
    """Return the picture as JPEG, with the overlay scaled to its size. The caller has a turn to decode both: see
    `studio.imaging.compositing.turn`."""
    base, layer = opened(picture), opened(overlay)
    try:
        layer = layer.thumbnail_image(base.width, height=base.height, size="force").cast("uchar")
        drawn = base.composite2(layer, "over")
        if drawn.hasalpha():
            drawn = drawn.flatten(background=WHITE)
        data: bytes = drawn.cast("uchar").jpegsave_buffer(Q=JPEG_QUALITY, keep="none")
    except vips.Error as error:
        raise CannotCompose("One of the pictures is damaged.") from error
    return data
