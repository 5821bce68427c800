import re
from collections.abc import Iterator
from struct import Struct

from studio.containers import exif
from studio.containers.header import MOST_PARTS, BrokenPicture, Header, Mode, Span, cut_off, damaged, is_foreign_profile

START, END, SCAN, COMMENT = 0xD8, 0xD9, 0xDA, 0xFE
APP0, APP1, APP2, APP14, APP15 = 0xE0, 0xE1, 0xE2, 0xEE, 0xEF
FRAMES = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}
ORDINARY_FRAMES = {0xC0, 0xC1, 0xC2}  # baseline, extended, progressive: what every program reads
FRAME, LENGTH = Struct(">BHHB"), Struct(">H")
MODES: dict[int, Mode] = {1: "grey", 3: "rgb", 4: "cmyk"}
ORDINARY_DEPTH = 8
# Both run over each byte once, whatever somebody has filled their file with.
MARKER = re.compile(rb"\xff++(.)", re.DOTALL)
AFTER_SCAN = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")  # a stuffed zero and the restarts belong to the scan
PROFILE_LIMIT_BYTES = 4_000_000
EXIF, PROFILE = b"Exif\0\0", b"ICC_PROFILE\0"
PROFILE_HEAD_BYTES = len(PROFILE) + 2
JFIF_WITHOUT_THUMBNAIL = re.compile(rb"JFIF\x00.{7}\x00\x00", re.DOTALL)
BLOCKS_PER_BYTE = 64  # eight at one bit each, and generous


def claims(data: bytes) -> bool:
    return data.startswith(b"\xff\xd8\xff")


def read(data: bytes) -> Header:
    kept: list[Span] = [(0, 2)]
    frame, profile, turned, scanned = b"", b"", 1, 0
    for marker, start, body, end in _segments(data):
        content = data[body:end] if marker != SCAN else b""
        if marker in FRAMES:
            if frame or marker not in ORDINARY_FRAMES:
                raise damaged() if frame else _unusual()
            frame = content
        elif marker == APP1 and content.startswith(EXIF) and turned == 1:
            turned = exif.orientation(content)
        elif marker == APP2 and content.startswith(PROFILE) and len(profile) < PROFILE_LIMIT_BYTES:
            profile += content[PROFILE_HEAD_BYTES:]
        elif marker == SCAN:
            scanned += end - body
        if _is_kept(marker, content):
            kept.append((start, end))
    return _header(frame, scanned, tuple(kept), turned, profile)


def _segments(data: bytes) -> Iterator[tuple[int, int, int, int]]:
    """Marker, its start, where its content begins and where it ends. A scan ends where the next marker begins."""
    at = 2
    for _ in range(MOST_PARTS):
        start, found = at, MARKER.match(data, at)
        if found is None:
            raise cut_off() if at + 2 > len(data) else damaged()
        marker, body = found[1][0], found.end()
        if marker == END:
            yield marker, start, body, body
            return
        at = _end(data, body, marker)
        yield marker, start, body + LENGTH.size, at
    raise damaged()


def _end(data: bytes, body: int, marker: int) -> int:
    if body + LENGTH.size > len(data):
        raise cut_off()
    end = body + int(LENGTH.unpack_from(data, body)[0])
    if end < body + LENGTH.size or marker in (0, START):
        raise damaged()
    if end > len(data):
        raise cut_off()
    if marker != SCAN:
        return end
    following = AFTER_SCAN.search(data, end)
    if following is None:
        raise cut_off()
    return following.start()


def _is_kept(marker: int, content: bytes) -> bool:
    if marker == APP0:
        return JFIF_WITHOUT_THUMBNAIL.match(content) is not None
    return marker == APP14 or not (APP0 <= marker <= APP15 or marker == COMMENT)


def _header(frame: bytes, scanned: int, kept: tuple[Span, ...], turned: int, profile: bytes) -> Header:
    if len(frame) < FRAME.size:
        raise damaged()
    depth, height, width, components = FRAME.unpack_from(frame)
    if not width or not height or components not in MODES:
        raise damaged()
    if depth != ORDINARY_DEPTH:
        raise _unusual()
    if scanned * BLOCKS_PER_BYTE < width * height // 64:
        raise damaged()  # it declares more than it can hold
    return Header(
        format="jpeg",
        width=width,
        height=height,
        mode=MODES[components],
        bit_depth=depth,
        has_alpha=False,
        kept=kept,
        orientation=turned,
        has_foreign_colours=is_foreign_profile(profile),
    )


def _unusual() -> BrokenPicture:
    return BrokenPicture(
        "unsupported_format", "This is an unusual kind of JPEG that few programs read. Save it as an ordinary one."
    )
