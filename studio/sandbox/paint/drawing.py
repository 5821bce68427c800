"""The only place where SVG is loaded: our own drawings. studio.vips shuts that loader for the whole process, because
strangers' pictures are decoded in it too; so it opens for the moment that parsing takes, and shuts again."""

import threading

import pyvips

from studio import vips

LOADER = "VipsForeignLoadSvgBuffer"

_one_at_a_time = threading.Lock()


def draw(svg: bytes) -> vips.Image:
    """RGBA, as sharp as the size that the drawing names. Pixels are drawn later, when they are asked for."""
    with _one_at_a_time:
        pyvips.operation_block_set(LOADER, False)
        try:
            return pyvips.Image.svgload_buffer(svg, unlimited=True)
        finally:
            pyvips.operation_block_set(LOADER, True)
