"""PNG, JPEG and WebP files, read by their structure alone: nothing is decoded, so nothing can swell.

Each reader answers what the file declares, and which stretches of it are the picture. The rest is what people did not
mean to send: places, names, thumbnails of what was cropped away, other files hung on behind."""

from studio.containers import foreign, jpeg, png, webp
from studio.containers.header import BrokenPicture, Header, damaged

__all__ = ["BrokenPicture", "Header", "bare", "damaged", "read"]


def read(data: bytes) -> Header:
    """By the bytes, not the name. Raises BrokenPicture."""
    if png.claims(data):
        return png.read(data)
    if jpeg.claims(data):
        return jpeg.read(data)
    if webp.claims(data):
        return webp.read(data)
    raise foreign.refusal(data)


def bare(data: bytes, header: Header) -> bytes:
    """The same pixels without anything else, not decoded. The very same object where there was nothing else."""
    if header.is_bare(len(data)):
        return data
    kept = b"".join(data[start:end] for start, end in header.kept)
    return webp.sealed(kept) if header.format == "webp" else kept
