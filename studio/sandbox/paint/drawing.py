"""The only place that opens the SVG loader, which studio.vips shuts for the whole process.

Only our own drawings go in, by `svgload_buffer`. Bytes from strangers are told apart by studio.vips.decode, which knows
them by their first bytes and never by what libvips would make of them."""

import pyvips

from studio import vips

pyvips.operation_block_set("VipsForeignLoadSvgBuffer", False)


def draw(svg: bytes) -> vips.Image:
    """RGBA, as sharp as the size that the drawing names."""
    return pyvips.Image.svgload_buffer(svg, unlimited=True)
