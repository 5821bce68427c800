from collections.abc import Iterator
from struct import Struct

from studio.imaging.containers import exif
from studio.imaging.containers.header import (
    MOST_PARTS,
    Header,
    Span,
    check_profile,
    cut_off,
    damaged,
    is_foreign_profile,
)

CHUNK = Struct("<4sL")
RIFF_BYTES = 12
ANIMATION_FLAG, ALPHA_FLAG = 0x02, 0x10
FLAGS_AT = RIFF_BYTES + CHUNK.size  # of a bare file whose first chunk is VP8X
KEPT = {b"VP8X", b"ALPH", b"VP8 ", b"VP8L"}
LOSSY, LOSSY_START = Struct("<3x3sHH"), b"\x9d\x01\x2a"
LOSSLESS, LOSSLESS_START = Struct("<BL"), 0x2F
EXTENDED_BYTES = 10
PIXEL_BYTES = 4  # always with alpha, and always the whole picture
FRAMES_HELD = 2  # the picture, and as much for the decoder's intermediate data
# A lossless picture has at most this many sets of codes, one for each block of 4 by 4 pixels; each takes at least 20
# bits of the file and about 6 kB of memory.
MOST_CODES, CODE_BITS, CODE_BYTES = 65_536, 20, 6_144


def claims(data: bytes) -> bool:
    return data[:4] == b"RIFF" and data[8:12] == b"WEBP"


def read_header(data: bytes) -> Header:
    kept: list[Span] = [(0, RIFF_BYTES)]
    first: dict[bytes, bytes] = {}
    for name, start, end in _chunks(data):
        if name in KEPT:
            if name in first:
                raise damaged()  # two pictures: decoders may disagree about which one counts
            kept.append((start, end))
        if name not in first:
            first[name] = data[start + CHUNK.size : end]
    if b"VP8 " in first and b"VP8L" in first:
        raise damaged()
    check_profile(first.get(b"ICCP", b""))
    if b"ANIM" in first or b"ANMF" in first or _flags(first) & ANIMATION_FLAG:
        width, height, has_alpha, is_animated = *_canvas(first), False, True
    else:
        width, height, has_alpha = _still(first)
        is_animated = False
    return Header(
        format="webp",
        width=width,
        height=height,
        mode="rgb",
        bit_depth=8,
        has_alpha=has_alpha or b"ALPH" in first,
        kept=tuple(kept),
        decoded_bytes=width * height * PIXEL_BYTES * FRAMES_HELD + _code_bytes(first),
        orientation=exif.orientation(first.get(b"EXIF", b"")),
        is_animated=is_animated,
        has_foreign_colours=is_foreign_profile(first.get(b"ICCP", b"")),
    )


def sealed(kept: bytes) -> bytes:
    """Correct the header after parts were removed: set the new length, and clear the flags of the removed parts."""
    head = CHUNK.pack(b"RIFF", len(kept) - 8) + kept[8:]
    if kept[12:16] != b"VP8X":
        return head
    return head[:FLAGS_AT] + bytes([kept[FLAGS_AT] & ALPHA_FLAG]) + head[FLAGS_AT + 1 :]


def _chunks(data: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Yield name, start and end of each chunk. Bytes after the length that the header declares are ignored."""
    whole = CHUNK.size + CHUNK.unpack_from(data)[1]
    if whole > len(data):
        raise cut_off()
    at = RIFF_BYTES
    for _ in range(MOST_PARTS):
        if at + CHUNK.size > whole:
            return
        name, length = CHUNK.unpack_from(data, at)
        end = at + CHUNK.size + length + length % 2
        if end > whole + length % 2:
            raise cut_off()
        yield name, at, min(end, whole)
        at = end
    raise damaged()


def _still(first: dict[bytes, bytes]) -> tuple[int, int, bool]:
    if b"VP8L" in first:
        width, height, has_alpha = _lossless(first[b"VP8L"])
    elif b"VP8 " in first:
        width, height, has_alpha = *_lossy(first[b"VP8 "]), False
    else:
        raise damaged()
    if not width or not height or (b"VP8X" in first and _canvas(first) != (width, height)):
        raise damaged()
    return width, height, has_alpha


def _lossy(frame: bytes) -> tuple[int, int]:
    if len(frame) < LOSSY.size:
        raise damaged()
    start, width, height = LOSSY.unpack_from(frame)
    if start != LOSSY_START:
        raise damaged()
    return width & 0x3FFF, height & 0x3FFF  # the two bits above ask for scaling, which decoders ignore


def _lossless(frame: bytes) -> tuple[int, int, bool]:
    if len(frame) < LOSSLESS.size:
        raise damaged()
    start, bits = LOSSLESS.unpack_from(frame)
    if start != LOSSLESS_START:
        raise damaged()
    return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1, bool(bits >> 28 & 1)


def _code_bytes(first: dict[bytes, bytes]) -> int:
    packed = len(first.get(b"VP8L", b"")) + len(first.get(b"ALPH", b""))
    return min(MOST_CODES, packed * 8 // CODE_BITS) * CODE_BYTES


def _canvas(first: dict[bytes, bytes]) -> tuple[int, int]:
    extended = first.get(b"VP8X", b"")
    if len(extended) < EXTENDED_BYTES:
        raise damaged()
    return int.from_bytes(extended[4:7], "little") + 1, int.from_bytes(extended[7:10], "little") + 1


def _flags(first: dict[bytes, bytes]) -> int:
    return (first.get(b"VP8X") or b"\0")[0]
