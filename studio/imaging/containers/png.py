import zlib
from collections.abc import Iterator
from struct import Struct

from studio.imaging.containers import exif
from studio.imaging.containers.header import (
    MOST_PARTS,
    PROFILE_LIMIT_BYTES,
    ROWS_HELD,
    Header,
    Mode,
    Span,
    check_profile,
    cut_off,
    damaged,
    is_foreign_profile,
)

SIGNATURE = b"\x89PNG\r\n\x1a\n"
CHUNK, IHDR = Struct(">L4s"), Struct(">LLBBBBB")
AROUND_BYTES = 12  # length, name and checksum
# Name of the mode, values per pixel and allowed depths, by the colour type.
COLOURS: dict[int, tuple[Mode, int, tuple[int, ...]]] = {
    0: ("grey", 1, (1, 2, 4, 8, 16)),
    2: ("rgb", 3, (8, 16)),
    3: ("palette", 1, (1, 2, 4, 8)),
    4: ("grey", 2, (8, 16)),
    6: ("rgb", 4, (8, 16)),
}
WITH_ALPHA = (4, 6)
MOST_VALUES = 4  # per pixel, once a palette or a transparent colour is resolved
KEPT = {b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND", b"sRGB", b"pHYs"}  # sRGB and pHYs say how to show the picture
BEST_DEFLATE_RATIO = 1032  # no zlib stream can expand more


def claims(data: bytes) -> bool:
    return data.startswith(SIGNATURE)


def read_header(data: bytes) -> Header:
    kept: list[Span] = [(0, len(SIGNATURE))]
    first: dict[bytes, bytes] = {}
    image_bytes = 0
    for name, start, end in _chunks(data):
        if name == b"IDAT":
            image_bytes += end - start - AROUND_BYTES
        elif name not in first:
            first[name] = data[start + 8 : end - 4]
        if name in KEPT:
            kept.append((start, end))
        elif name[:1].isupper():  # an unknown chunk that is marked as necessary to show the picture
            raise damaged()
    return _header(first, image_bytes, tuple(kept))


def _chunks(data: bytes) -> Iterator[tuple[bytes, int, int]]:
    at = len(SIGNATURE)
    for number in range(MOST_PARTS):
        if at + AROUND_BYTES > len(data):
            raise cut_off()
        length, name = CHUNK.unpack_from(data, at)
        end = at + AROUND_BYTES + length
        if (number == 0) != (name == b"IHDR") or not name.isalpha():
            raise damaged()
        if end > len(data):
            raise cut_off()
        yield name, at, end
        if name == b"IEND":
            return
        at = end
    raise damaged()


def check_sums(data: bytes) -> None:
    """Raise BrokenPicture if a part without which the picture cannot be shown differs from its checksum."""
    view = memoryview(data)
    for name, start, end in _chunks(data):
        if name[:1].isupper() and zlib.crc32(view[start + 4 : end - 4]) != int.from_bytes(view[end - 4 : end]):
            raise damaged()


def _header(first: dict[bytes, bytes], image_bytes: int, kept: tuple[Span, ...]) -> Header:
    if len(first[b"IHDR"]) != IHDR.size:
        raise damaged()
    width, height, depth, colour, _, _, interlacing = IHDR.unpack(first[b"IHDR"])
    mode, values, depths = COLOURS.get(colour, ("rgb", 0, ()))
    if not width or not height or depth not in depths or not image_bytes:
        raise damaged()
    if image_bytes * BEST_DEFLATE_RATIO < height * (width * values * depth // 8):
        raise damaged()  # more pixels declared than its data can contain
    profile = unpacked_profile(first.get(b"iCCP", b""))
    check_profile(profile)
    value_bytes = 2 if depth == 16 else 1  # noqa: PLR2004  bits
    return Header(
        format="png",
        width=width,
        height=height,
        mode=mode,
        bit_depth=depth,
        has_alpha=colour in WITH_ALPHA or b"tRNS" in first,
        kept=kept,
        decoded_bytes=width * MOST_VALUES * value_bytes * (height if interlacing else ROWS_HELD),
        orientation=exif.orientation(first.get(b"eXIf", b"")),
        is_animated=b"acTL" in first,
        has_foreign_colours=is_foreign_profile(profile),
        is_keyed=b"tRNS" in first,
    )


def unpacked_profile(chunk: bytes) -> bytes:
    """Return the decompressed colour profile, at most PROFILE_LIMIT_BYTES of it. Return b"" if that fails."""
    _, _, packed = chunk.partition(b"\0")
    try:
        return zlib.decompressobj().decompress(packed[1:], PROFILE_LIMIT_BYTES)
    except zlib.error:
        return b""
