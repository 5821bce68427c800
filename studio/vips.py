"""libvips, tamed. Bytes from strangers go through here and nowhere else.

Only the loaders of PNG, JPEG and WebP exist, whatever a file claims to be; the dozens of others (SVG, PDF, ImageMagick,
…) are switched off for the whole process, and so is what libvips itself calls untrusted."""

import logging
from typing import Literal

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


def decode(data: bytes, *, access: Literal["sequential", "random"] = "sequential") -> "pyvips.Image":
    """Reads the header; pixels are decoded as they are asked for. What cannot be decoded is an error."""
    if not data.startswith((b"\x89PNG", b"\xff\xd8\xff", b"RIFF")):  # the sandbox's own drawings need the SVG loader
        raise Error("this is no PNG, JPEG or WebP")
    return Image.new_from_buffer(data, "", access=access, fail_on="error")
