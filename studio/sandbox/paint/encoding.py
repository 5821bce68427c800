"""Encode pictures with the cheapest settings that still look good, as measured in bench/sandbox.py."""

import pyvips

BEST = 95  # above it JPEG and WebP only get larger


def encode(image: pyvips.Image, form: str, compression: int = 100) -> bytes:
    quality = max(1, min(compression, BEST))
    if form == "jpeg":
        return bytes(image[:3].jpegsave_buffer(Q=quality, keep="none"))
    if form == "webp":
        return bytes(image.webpsave_buffer(Q=quality, effort=0, keep="none"))
    return bytes(image.pngsave_buffer(compression=1, filter="none", keep="none"))
