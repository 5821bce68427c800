"""Read the structure of PNG, JPEG and WebP files. Pixels are not decoded, so a small file cannot take much memory.

Each reader returns what the file declares, and which ranges of bytes are the picture. The rest is what people did not
mean to send: places, names, thumbnails of what was cropped away, other files appended at the end."""

from studio.imaging.containers import foreign, jpeg, png, webp
from studio.imaging.containers.header import LONGEST_EDGE, BrokenPicture, Header, damaged

__all__ = [
    "LIMIT_PIXELS",
    "BrokenPicture",
    "Header",
    "bare",
    "bounded",
    "check_sums",
    "damaged",
    "is_known",
    "read_header",
]

LIMIT_PIXELS = 8192 * 8192


def is_known(data: bytes) -> bool:
    """Return whether the bytes begin like one of the three formats."""
    return png.claims(data) or jpeg.claims(data) or webp.claims(data)


def bounded(data: bytes) -> Header:
    """Read the header of a picture that may be decoded. Raise BrokenPicture if it is animated or has too many pixels,
    or if `read_header` refuses it."""
    header = read_header(data)
    if header.is_animated:
        raise BrokenPicture(
            "animated", "This picture is animated. Save the frame that you want as a picture of its own."
        )
    if header.pixels > LIMIT_PIXELS or max(header.width, header.height) > LONGEST_EDGE:
        raise BrokenPicture(
            "too_many_pixels",
            f"This picture is {header.width} by {header.height} pixels. Make it smaller: "
            f"{LIMIT_PIXELS // 1_000_000} million pixels is the most.",
        )
    return header


def read_header(data: bytes) -> Header:
    """Read the header, in the format that the bytes show. Raise BrokenPicture if they cannot be read."""
    if png.claims(data):
        return png.read_header(data)
    if jpeg.claims(data):
        return jpeg.read_header(data)
    if webp.claims(data):
        return webp.read_header(data)
    raise foreign.refusal(data)


def check_sums(data: bytes, header: Header) -> None:
    """Compare the picture with the checksums that it has, if its format has any. Raise BrokenPicture if they differ."""
    if header.format == "png":
        png.check_sums(data)


def bare(data: bytes, header: Header) -> bytes:
    """Return the file without anything but the picture, not decoded. Return `data` itself if there is nothing else."""
    if header.is_bare(len(data)):
        return data
    kept = b"".join(data[start:end] for start, end in header.kept)
    return webp.sealed(kept) if header.format == "webp" else kept
