"""Load SVG: our own drawings, and nowhere else. studio.imaging.vips blocks that loader for the whole process, because
strangers' pictures are decoded in it too; so it is allowed while a drawing is parsed, and blocked again."""

import threading

import pyvips

from studio.imaging import vips

LOADER = "VipsForeignLoadSvgBuffer"

_one_at_a_time = threading.Lock()


def draw(svg: bytes) -> vips.Image:
    """Return the drawing as RGBA in the size that it names. Its pixels are drawn later, when they are asked for."""
    with _one_at_a_time:
        pyvips.operation_block_set(LOADER, False)
        try:
            return pyvips.Image.svgload_buffer(svg, unlimited=True)
        finally:
            pyvips.operation_block_set(LOADER, True)
