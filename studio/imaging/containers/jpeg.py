import re
from collections.abc import Iterator
from struct import Struct

from studio.imaging.containers import exif
from studio.imaging.containers.header import (
    MOST_PARTS,
    PROFILE_LIMIT_BYTES,
    ROWS_HELD,
    BrokenPicture,
    Header,
    Mode,
    Span,
    check_profile,
    cut_off,
    damaged,
    is_foreign_profile,
)

START, END, SCAN, COMMENT = 0xD8, 0xD9, 0xDA, 0xFE
# Between segments a decoder skips these markers alone. A reader that took the next bytes for a length would skip
# whatever is hidden there.
WITHOUT_LENGTH = {0x00, 0x01, START, *range(0xD0, 0xD8)}
PROGRESSIVE = 0xC2
MOST_SCANS = 100  # each is a pass over the whole picture; libjpeg's own script has 10, the busiest encoders a few dozen
APP0, APP1, APP2, APP14, APP15 = 0xE0, 0xE1, 0xE2, 0xEE, 0xEF
FRAMES = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}
ORDINARY_FRAMES = {0xC0, 0xC1, 0xC2}  # baseline, extended, progressive: what every program reads
FRAME, LENGTH = Struct(">BHHB"), Struct(">H")
COMPONENTS_AT = 5  # in a frame
MODES: dict[int, Mode] = {1: "grey", 3: "rgb", 4: "cmyk"}
ORDINARY_DEPTH = 8
# Both patterns look at each byte only once, whatever the file contains.
MARKER = re.compile(rb"\xff++(.)", re.DOTALL)
AFTER_SCAN = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")  # a stuffed zero and the restarts belong to the scan
EXIF, PROFILE = b"Exif\0\0", b"ICC_PROFILE\0"
PROFILE_HEAD_BYTES = len(PROFILE) + 2
JFIF_WITHOUT_THUMBNAIL = re.compile(rb"JFIF\x00.{7}\x00\x00", re.DOTALL)
BLOCKS_PER_BYTE = 64  # eight blocks at one bit each, times eight to be generous


def claims(data: bytes) -> bool:
    return data.startswith(b"\xff\xd8\xff")


def read_header(data: bytes) -> Header:
    kept: list[Span] = [(0, 2)]
    frame, frame_marker, profiles, turned, scans, scanned = b"", 0, dict[int, bytes](), 1, 0, 0
    for marker, start, body, end in _segments(data):
        content = data[body:end] if marker != SCAN else b""
        if marker in FRAMES:
            if frame or marker not in ORDINARY_FRAMES:
                raise damaged() if frame else _unusual()
            frame, frame_marker = content, marker
        elif marker == APP1 and content.startswith(EXIF) and turned == 1:
            turned = exif.orientation(content)
        elif marker == APP2 and content.startswith(PROFILE) and len(content) > PROFILE_HEAD_BYTES:
            _add_profile(profiles, content)
        elif marker == SCAN:
            scans, scanned = scans + 1, scanned + end - body
            if scans > MOST_SCANS:
                raise _unusual()
        if _is_kept(marker, content):
            kept.append((start, end))
    is_progressive = frame_marker == PROGRESSIVE
    header = _header(frame, tuple(kept), turned, _profile(profiles), is_whole=is_progressive or scans > 1)
    if scanned * BLOCKS_PER_BYTE < header.pixels // 64 or (scans > frame[COMPONENTS_AT] and not is_progressive):
        raise damaged()  # more pixels declared than the scans can contain, or more scans than components
    return header


def _add_profile(profiles: dict[int, bytes], content: bytes) -> None:
    """Add a part of the colour profile, which has numbered parts if it is longer than 64 kB. Refuse a file in which two
    parts have the same number: readers could disagree about which one counts."""
    number = content[len(PROFILE)]
    if number in profiles:
        raise damaged()
    if sum(map(len, profiles.values())) < PROFILE_LIMIT_BYTES:
        profiles[number] = content[PROFILE_HEAD_BYTES:]


def _profile(profiles: dict[int, bytes]) -> bytes:
    in_order = b"".join(profiles[number] for number in sorted(profiles))
    check_profile(in_order, b"".join(profiles.values()))
    return in_order


def _segments(data: bytes) -> Iterator[tuple[int, int, int, int]]:
    """Yield each marker with its start, and the start and end of its content. A scan ends where the next marker
    begins."""
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
    if end < body + LENGTH.size or marker in WITHOUT_LENGTH:
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


def _header(frame: bytes, kept: tuple[Span, ...], turned: int, profile: bytes, *, is_whole: bool) -> Header:
    """Make the header. With `is_whole`, a decoder keeps the coefficients of all pixels, two bytes each, in memory until
    the last scan."""
    if len(frame) < FRAME.size:
        raise damaged()
    depth, height, width, components = FRAME.unpack_from(frame)
    if not width or not height or components not in MODES:
        raise damaged()
    if depth != ORDINARY_DEPTH:
        raise _unusual()
    return Header(
        format="jpeg",
        width=width,
        height=height,
        mode=MODES[components],
        bit_depth=depth,
        has_alpha=False,
        kept=kept,
        decoded_bytes=width * components * (2 * height if is_whole else ROWS_HELD),
        orientation=turned,
        has_foreign_colours=is_foreign_profile(profile),
    )


def _unusual() -> BrokenPicture:
    return BrokenPicture(
        "unsupported_format", "This is an unusual kind of JPEG that few programs read. Save it as an ordinary one."
    )
