"""Recognize files that are no PNG, JPEG or WebP, and say what they are."""

import re

from studio.imaging.containers.header import BrokenPicture

LOOKED_AT_BYTES = 1024
ADVICE = "Save it as PNG, JPEG or WebP and upload that."
HEADS: list[tuple[bytes, str]] = [
    (rb"GIF8[79]a", "a GIF"),
    (rb"(II\*\x00|MM\x00\*|II\+\x00|MM\x00\+)", "a TIFF or a camera's raw file"),
    (rb"%PDF-", "a PDF"),
    (rb"....ftyp(avif|avis)", "an AVIF"),
    (rb"....ftyp(heic|heix|heim|heis|hevc|hevx|mif1|msf1)", "a HEIC photo, as iPhones take them"),
    (rb"....ftyp", "a video"),
    (rb"\x1aE\xdf\xa3", "a video"),
    (rb"BM.{12}[\x0c\x28\x34\x38\x40\x6c\x7c]\x00\x00\x00", "a BMP"),
    (rb"8BPS", "a Photoshop file"),
    (rb"\x00\x00\x01\x00", "an icon file"),
    (rb"(\xff\x0a|\x00\x00\x00\x0cJXL )", "a JPEG XL"),
    (rb"(\x00\x00\x00\x0cjP  |\xff\x4f\xff\x51)", "a JPEG 2000"),
    (rb"PK\x03\x04", "a ZIP archive or an office document"),
]
SVG = re.compile(rb"<svg[\s>]", re.IGNORECASE)
MARKUP = re.compile(rb"\s*<", re.IGNORECASE)


def refusal(data: bytes) -> BrokenPicture:
    start = data[:LOOKED_AT_BYTES].removeprefix(b"\xef\xbb\xbf")
    kind = _kind(start)
    if kind is None:
        return BrokenPicture("unsupported_format", f"This file is not a picture that Darkroom can read. {ADVICE}")
    return BrokenPicture("unsupported_format", f"This file is {kind}. {ADVICE}")


def _kind(start: bytes) -> str | None:
    for pattern, kind in HEADS:
        if re.match(pattern, start, re.DOTALL):
            return kind
    if SVG.search(start):
        return "an SVG drawing"
    return "a web page or another text" if MARKUP.match(start) else None
