"""Pictures that cost far more than they weigh, put together by code."""

import struct
import zlib
from collections.abc import Iterator

from tests.support import picture_bytes

EOB_RUN, RUN_BLOCKS = 0xE0, 32_767  # one code and 14 bits: so many blocks without a coefficient
BITS = 14


def scans(width: int, height: int, count: int, *, hidden: bool = False) -> bytes:
    """A grey progressive JPEG of so many scans, each a pass over the whole picture for some 30 bytes. `hidden` puts all
    but the first into a marker that has no length, behind one that our reader could believe."""
    blocks = -(-width // 8) * -(-height // 8)
    first = _scan(0, 0, 0, BITS - 1, bytes(-(-blocks // 8)))
    others = b"".join(_empty_scans(blocks, count - 1))
    if hidden:
        others = b"".join(_hidden(others))
    return b"".join(
        [
            b"\xff\xd8",
            picture_bytes.segment(0xDB, b"\0" + b"\1" * 64),
            picture_bytes.segment(0xC2, struct.pack(">BHHB", 8, height, width, 1) + bytes([1, 0x11, 0])),
            picture_bytes.segment(0xC4, b"\0" + _one_code(0) + b"\x10" + _one_code(EOB_RUN)),
            first,
            others,
            b"\xff\xd9",
        ]
    )


def _empty_scans(blocks: int, count: int) -> Iterator[bytes]:
    """Of each coefficient first its highest bit, then all below it, as the format allows."""
    runs = -(-blocks // RUN_BLOCKS)
    bits = ("0" + "1" * BITS) * runs
    body = (
        int(bits.ljust(-(-len(bits) // 8) * 8, "0"), 2).to_bytes(-(-len(bits) // 8), "big").replace(b"\xff", b"\xff\0")
    )
    made = 0
    for coefficient in range(1, 64):
        for low in range(BITS - 1, -1, -1):
            if made == count:
                return
            yield _scan(coefficient, coefficient, 0 if low == BITS - 1 else low + 1, low, body)
            made += 1


def _scan(start: int, end: int, high: int, low: int, body: bytes) -> bytes:
    return picture_bytes.segment(0xDA, bytes([1, 1, 0, start, end, high << 4 | low])) + body


def _one_code(symbol: int) -> bytes:
    return bytes([1] + [0] * 15 + [symbol])


def _hidden(scans: bytes) -> Iterator[bytes]:
    """To a decoder, a restart between scans is two bytes; whoever believes a length behind it passes over the rest."""
    at = 0
    while at < len(scans):
        end = scans.find(b"\xff\xda", at + 60_000)
        end = len(scans) if end < 0 else end
        yield b"\xff\xd0" + struct.pack(">H", end - at + 2) + scans[at:end]
        at = end


def profile_with_a_program() -> bytes:
    """A profile whose tags lead to one short program half a million times; here, only its head counts."""
    return bytes(36) + b"acsp" + bytes(88) + struct.pack(">L4sLL", 1, b"D2B0", 144, 8) + b"mpet" + bytes(4)


def swollen_texts(count: int, megabytes: int) -> list[bytes]:
    """Chunks of a PNG whose words unpack to so much each."""
    packed = zlib.compress(bytes(megabytes * 1_000_000), 9)
    return [picture_bytes.chunk(b"zTXt", b"k\0\0" + packed) for _ in range(count)] + [
        picture_bytes.chunk(b"iTXt", b"k\0\1\0\0\0" + packed) for _ in range(count)
    ]


def interlaced(width: int, height: int) -> bytes:
    """A PNG in seven passes, of two bytes a value and with alpha: the most memory for a pixel that there is."""
    lines = b"".join(
        bytes(1 + 8 * -(-(width - x) // dx)) * -(-(height - y) // dy)
        for x, y, dx, dy in [
            (0, 0, 8, 8),
            (4, 0, 8, 8),
            (0, 4, 4, 8),
            (2, 0, 4, 4),
            (0, 2, 2, 4),
            (1, 0, 2, 2),
            (0, 1, 1, 2),
        ]
        if x < width and y < height
    )
    head = picture_bytes.chunk(b"IHDR", struct.pack(">LLBBBBB", width, height, 16, 6, 0, 0, 1))
    return (
        b"\x89PNG\r\n\x1a\n"
        + head
        + picture_bytes.chunk(b"IDAT", zlib.compress(lines, 9))
        + picture_bytes.chunk(b"IEND")
    )
