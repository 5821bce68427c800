"""libvips, tamed. Bytes from strangers go through here and nowhere else.

Only the loaders of PNG, JPEG and WebP exist, whatever a file claims to be; the dozens of others (SVG, PDF, ImageMagick,
…) are switched off for the whole process, and so is what libvips itself calls untrusted."""

import logging

import pyvips

LOADERS = ("Png", "Jpeg", "Webp")

pyvips.block_untrusted_set(True)
pyvips.operation_block_set("VipsForeignLoad", True)
for loader in LOADERS:
    pyvips.operation_block_set(f"VipsForeignLoad{loader}", False)
pyvips.cache_set_max(0)  # remembered operations would keep whole pictures in memory
pyvips.concurrency_set(1)  # many pictures at once, one thread each, not the other way round

logging.getLogger("pyvips").setLevel(logging.ERROR)  # or any stranger's file could write into our log

Image = pyvips.Image
Error = pyvips.Error


def decode(data: bytes, *, is_jpeg: bool = False) -> "pyvips.Image":
    """Reads the header; pixels are decoded line by line as they are asked for, once. What cannot be decoded is an
    error. To libjpeg a picture that stops in the middle is only worth a warning, so there a warning is enough."""
    return Image.new_from_buffer(data, "", access="sequential", fail_on="warning" if is_jpeg else "error")


def shrink(data: bytes, edge: int, *, has_foreign_colours: bool = False) -> "pyvips.Image":
    """At most this wide and high, upright. Formats that can are decoded smaller to begin with."""
    colours = {"output_profile": "srgb"} if has_foreign_colours else {}  # thrice the time, so only where it is needed
    return Image.thumbnail_buffer(data, edge, height=edge, size="down", option_string="[fail_on=error]", **colours)
