"""Pictures that people and programs send: what they are, by their bytes, and what of them goes to a provider.

`examine` reads the file's structure and takes milliseconds, whatever the file claims. `normalise` decodes it, which
proves that it is whole, and answers an upright 8-bit RGB(A) picture in sRGB without a word about where and by whom it
was taken. The original bytes are never changed here."""

from dataclasses import dataclass, field
from typing import Any, Protocol

from saas.uploads import LIMIT_BYTES
from studio import containers, vips
from studio.containers import BrokenPicture, Header

UPLOAD_LIMIT_BYTES = LIMIT_BYTES
MASK_LIMIT_BYTES = 4_000_000
LIMIT_PIXELS = 8192 * 8192
SIDEWAYS = range(5, 9)  # orientations that exchange width and height
# Steps from how it is stored to upright, by the number in EXIF.
TURNS = {2: ["fliphor"], 3: ["rot180"], 4: ["flipver"], 5: ["rot90", "fliphor"], 6: ["rot90"]} | {
    7: ["rot270", "fliphor"],
    8: ["rot270"],
}


class UploadRefused(Exception):
    """The sentence is for the person who sent the file."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code, self.sentence = code, sentence


@dataclass(frozen=True, slots=True)
class Picture:
    data: bytes = field(repr=False)
    header: Header

    @property
    def format(self) -> str:
        return self.header.format

    @property
    def mime(self) -> str:
        return f"image/{self.header.format}"

    @property
    def width(self) -> int:
        """As people see it: upright."""
        return self.header.height if self.header.orientation in SIDEWAYS else self.header.width

    @property
    def height(self) -> int:
        return self.header.width if self.header.orientation in SIDEWAYS else self.header.height

    @property
    def has_alpha(self) -> bool:
        return self.header.has_alpha

    @property
    def orientation(self) -> int:
        return self.header.orientation


@dataclass(frozen=True, slots=True)
class Normalised:
    data: bytes = field(repr=False)
    mime: str
    width: int
    height: int


class Sides(Protocol):
    """Whatever has a width and a height, as people see it."""

    @property
    def width(self) -> int: ...

    @property
    def height(self) -> int: ...


def examine(data: bytes) -> Picture:
    """What was sent, or why it cannot be used. Nothing is decoded."""
    if not data:
        raise UploadRefused("empty", "This file is empty.")
    if len(data) > UPLOAD_LIMIT_BYTES:
        raise UploadRefused("too_big", f"This file is larger than {UPLOAD_LIMIT_BYTES // 1_000_000} MB.")
    try:
        header = containers.read(data)
    except BrokenPicture as broken:
        raise UploadRefused(broken.code, broken.sentence) from None
    if header.is_animated:
        raise UploadRefused("animated", "This picture moves. Save the frame that you mean as a picture of its own.")
    if header.pixels > LIMIT_PIXELS:
        raise UploadRefused(
            "too_many_pixels",
            f"This picture is {header.width} by {header.height} pixels. Make it smaller: "
            f"{LIMIT_PIXELS // 1_000_000} million pixels is the most.",
        )
    return Picture(data, header)


def normalise(picture: Picture) -> Normalised:
    """What a provider gets. Where only words have to go, the pixels are not even touched."""
    try:
        data, mime = _reworked(picture) if _needs_work(picture.header) else _bare(picture)
    except vips.Error:
        raise UploadRefused("corrupt", containers.damaged().sentence) from None
    return Normalised(data, mime, picture.width, picture.height)


def normalise_mask(mask: Picture) -> Normalised:
    """Only its transparency counts, so only that is sent."""
    try:
        image = upright(mask)
        alpha = image.extract_band(image.bands - 1)
        black = vips.Image.black(image.width, image.height, bands=3).copy(interpretation="srgb")
        data = black.bandjoin(alpha).pngsave_buffer(compression=6, keep="none")
    except vips.Error:
        raise UploadRefused("corrupt", containers.damaged().sentence) from None
    return Normalised(data, "image/png", mask.width, mask.height)


def check_mask(mask: Picture, first: Sides) -> None:
    """Transparent is where the first reference may change. A mask that is transparent all over is allowed: it says
    the same as none."""
    if mask.format != "png":
        raise UploadRefused("mask_not_png", "The mask must be a PNG.")
    if len(mask.data) > MASK_LIMIT_BYTES:
        raise UploadRefused("mask_too_big", f"The mask is larger than {MASK_LIMIT_BYTES // 1_000_000} MB.")
    if (mask.width, mask.height) != (first.width, first.height):
        raise UploadRefused(
            "mask_size",
            f"The mask is {mask.width} by {mask.height} pixels, and the first picture is {first.width} by "
            f"{first.height}. They must be the same.",
        )
    if not mask.has_alpha:
        raise UploadRefused("mask_without_alpha", "The mask has no transparent places. Erase what may change.")
    if not _has_holes(mask):
        raise UploadRefused(
            "mask_empty", "The mask is empty: nothing in it is fully transparent. Erase what may change."
        )


def _needs_work(header: Header) -> bool:
    is_ordinary = header.mode == "rgb" and header.bit_depth == 8 and not header.is_keyed  # noqa: PLR2004  bits
    return not is_ordinary or header.orientation != 1 or header.has_foreign_colours


def _bare(picture: Picture) -> tuple[bytes, str]:
    _open(picture).avg()  # decodes line by line, and keeps nothing
    return containers.bare(picture.data, picture.header), picture.mime


def _reworked(picture: Picture) -> tuple[bytes, str]:
    if picture.format != "png" and not picture.has_alpha:
        return upright(picture).jpegsave_buffer(Q=95, keep="none"), "image/jpeg"
    data = upright(picture).pngsave_buffer(compression=3, keep="none")
    if len(data) <= UPLOAD_LIMIT_BYTES:
        return data, "image/png"
    return upright(picture).webpsave_buffer(Q=95, effort=1, keep="none"), "image/webp"


def upright(picture: Picture) -> Any:
    """Its pixels as people see them: turned, in sRGB with 8 bits."""
    image = _in_srgb(_open(picture), picture.header)
    for turn in TURNS.get(picture.orientation, []):
        image = getattr(image, turn)()
    return image


def _in_srgb(image: Any, header: Header) -> Any:
    if header.has_foreign_colours:
        try:
            return image.icc_transform("srgb", embedded=True, depth=8)
        except vips.Error:  # a profile that makes no sense is passed over, as browsers do
            pass
    return image.colourspace("srgb").cast("uchar")


def _open(picture: Picture) -> Any:
    """Turned pictures are read in another order than they are stored in, so they are decoded whole: bounded by
    LIMIT_PIXELS."""
    image = vips.decode(picture.data, is_jpeg=picture.format == "jpeg")
    if (image.width, image.height) != (picture.header.width, picture.header.height):
        raise UploadRefused("corrupt", containers.damaged().sentence)  # two readers see two pictures in one file
    return image if picture.orientation == 1 else image.copy_memory()


def _has_holes(mask: Picture) -> bool:
    try:
        image = vips.decode(mask.data)
        return bool(image.hasalpha()) and image.extract_band(image.bands - 1).min() == 0
    except vips.Error:
        raise UploadRefused("corrupt", containers.damaged().sentence) from None
