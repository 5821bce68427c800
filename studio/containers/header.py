from dataclasses import dataclass
from typing import Literal

Format = Literal["png", "jpeg", "webp"]
Mode = Literal["rgb", "grey", "palette", "cmyk"]
Span = tuple[int, int]

MOST_PARTS = 100_000  # an honest file of 50 MB has some thousands


class BrokenPicture(Exception):
    """Cannot be read as a picture. The sentence is for the person who sent it."""

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
    kept: tuple[Span, ...]  # the picture itself; everything else can go
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


def is_foreign_profile(profile: bytes) -> bool:
    """Profiles say their name, in Latin or in UTF-16. Taking another one for sRGB shifts colours and harms nobody."""
    return profile != b"" and b"sRGB" not in profile and "sRGB".encode("utf-16-be") not in profile
