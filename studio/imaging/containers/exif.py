"""Read the orientation from EXIF, the only entry that changes how a picture is shown."""

from struct import Struct

ORIENTATION, SHORT, UPRIGHT = 0x0112, 3, 1
TURNS = range(1, 9)
HEAD_BYTES = 8
ENTRY_BYTES = 12
MOST_ENTRIES = 512


def orientation(exif: bytes) -> int:
    """Return the orientation in the first directory. Return UPRIGHT if it cannot be read."""
    tiff = exif.removeprefix(b"Exif\0\0")
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(tiff[:4])
    if order is None:
        return UPRIGHT
    short, long, entry = Struct(order + "H"), Struct(order + "L"), Struct(order + "HHLH")
    if len(tiff) < HEAD_BYTES:
        return UPRIGHT
    at = long.unpack_from(tiff, 4)[0]
    if at + 2 > len(tiff):
        return UPRIGHT
    count = min(short.unpack_from(tiff, at)[0], MOST_ENTRIES)
    for start in range(at + 2, min(at + 2 + count * ENTRY_BYTES, len(tiff) - ENTRY_BYTES + 1), ENTRY_BYTES):
        tag, kind, _, value = entry.unpack_from(tiff, start)
        if tag == ORIENTATION:
            return int(value) if kind == SHORT and value in TURNS else UPRIGHT
    return UPRIGHT
