"""Configure libvips and decode pictures with it. Untrusted bytes are decoded only here.

Only the loaders of PNG, JPEG and WebP are enabled, whatever a file claims to be. The dozens of others (SVG, PDF,
ImageMagick, …) are blocked for the whole process, and so are all operations that libvips itself calls untrusted."""

import logging

import pyvips

from studio.imaging import containers, decode_turns
from studio.imaging.containers import Header

LOADERS = ("Png", "Jpeg", "Webp")

pyvips.block_untrusted_set(True)
pyvips.operation_block_set("VipsForeignLoad", True)
for loader in LOADERS:
    pyvips.operation_block_set(f"VipsForeignLoad{loader}", False)
pyvips.cache_set_max(0)  # cached operations would keep whole pictures in memory
pyvips.concurrency_set(1)  # one thread for each picture, since many are decoded at once

logging.getLogger("pyvips").setLevel(logging.ERROR)  # otherwise any uploaded file could write into our log

Image = pyvips.Image
Error = pyvips.Error


# Steps that turn a stored picture upright, by its EXIF orientation.
TURNS = {2: ["fliphor"], 3: ["rot180"], 4: ["flipver"], 5: ["rot90", "fliphor"], 6: ["rot90"]} | {
    7: ["rot270", "fliphor"],
    8: ["rot270"],
}


def decode(data: bytes, header: Header) -> "pyvips.Image":
    """Open a picture. Its pixels are decoded line by line when they are read, and only once. Damage raises Error; for
    JPEG a warning does too, because libjpeg only warns of a picture that ends in the middle."""
    fail_on = "warning" if header.format == "jpeg" else "error"
    return Image.new_from_buffer(_allowed(data, header), "", access="sequential", fail_on=fail_on)


def shrink(data: bytes, header: Header, edge: int) -> "pyvips.Image":
    """Return the upright picture with sides of at most `edge`. Some formats are decoded at a smaller size directly."""
    # Converting colours takes three times as long, so it is done only where it is needed.
    colours = {"output_profile": "srgb"} if header.has_foreign_colours else {}
    image = Image.thumbnail_buffer(
        _allowed(data, header),
        edge,
        height=edge,
        size="down",
        no_rotate=True,
        option_string="[fail_on=error]",
        **colours,
    )
    return turned(image.copy_memory(), header.orientation)


def turned(image: "pyvips.Image", orientation: int) -> "pyvips.Image":
    """Turn a picture upright. It must be in memory, because its pixels are read in another order than stored."""
    for step in TURNS.get(orientation, []):
        image = getattr(image, step)()
    return image


def _allowed(data: bytes, header: Header) -> bytes:
    """Return the bytes that libvips may read: without metadata, which can also expand when it is decoded, unless the
    picture has a colour profile that is needed. Raise RuntimeError if the thread has no turn."""
    if not decode_turns.has_turn():
        raise RuntimeError("A picture is decoded without a turn: see studio.imaging.decode_turns.")
    return data if header.has_foreign_colours else containers.bare(data, header)
