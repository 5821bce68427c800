import re
from dataclasses import dataclass
from struct import Struct
from typing import Literal

Format = Literal["png", "jpeg", "webp"]
Mode = Literal["rgb", "grey", "palette", "cmyk"]
Span = tuple[int, int]

MOST_PARTS = 100_000  # a normal file of 50 MB has some thousands
LONGEST_EDGE = 65_535  # the limit of JPEG; a PNG of millions of lines costs more for its lines than for its pixels
ROWS_HELD = 64  # in memory while a picture is decoded line by line
PROFILE_LIMIT_BYTES = 4_000_000
PROFILE_HEAD, PROFILE_TAG = Struct(">128xL"), Struct(">4sLL")
# Programs inside a profile: a few kilobytes can ask for hours of computing.
PROGRAMS = re.compile(rb"(D2B|B2D)[0-3]")


class BrokenPicture(Exception):
    """The file cannot be read as a picture. The sentence is shown to the person who sent it."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code, self.sentence = code, sentence


@dataclass(frozen=True, slots=True)
class Header:
    format: Format
    width: int  # as stored, before the orientation is applied
    height: int
    mode: Mode
    bit_depth: int
    has_alpha: bool
    kept: tuple[Span, ...]  # ranges of bytes of the picture itself; everything else can be removed
    decoded_bytes: int  # upper bound of what a decoder has in memory at once
    orientation: int = 1  # as in EXIF: 1 is upright
    is_animated: bool = False
    has_foreign_colours: bool = False  # a colour profile other than sRGB
    is_keyed: bool = False  # one colour of a PNG counts as transparent

    @property
    def pixels(self) -> int:
        return self.width * self.height

    def is_bare(self, length: int) -> bool:
        at = 0
        for start, end in self.kept:
            if start != at:
                return False
            at = end
        return at == length


def damaged() -> BrokenPicture:
    return BrokenPicture("corrupt", "This picture is damaged. Open it, save it again, and upload the new file.")


def cut_off() -> BrokenPicture:
    return BrokenPicture("truncated", "This picture is incomplete, as if its upload had been cut off. Send it again.")


def unusual_colours() -> BrokenPicture:
    return BrokenPicture("unsupported_format", "This picture has an unusual colour profile. Save it in sRGB.")


def check_profile(*readings: bytes) -> None:
    """Refuse colour profiles that contain programs. A profile in parts is checked in each order in which it can be
    read."""
    for profile in readings:
        if len(profile) < PROFILE_HEAD.size:
            continue
        count = min(PROFILE_HEAD.unpack_from(profile)[0], (len(profile) - PROFILE_HEAD.size) // PROFILE_TAG.size)
        for number in range(count):
            name, _, _ = PROFILE_TAG.unpack_from(profile, PROFILE_HEAD.size + number * PROFILE_TAG.size)
            if PROGRAMS.fullmatch(name):
                raise unusual_colours()


def is_foreign_profile(profile: bytes) -> bool:
    """Return whether a profile is another one than sRGB, by its name in Latin-1 or UTF-16. To take another profile for
    sRGB would only shift colours."""
    return profile != b"" and b"sRGB" not in profile and "sRGB".encode("utf-16-be") not in profile
