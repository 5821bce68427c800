"""Identify uploaded pictures by their bytes, check them, and make the version that a provider gets.

`examine` reads the file's structure and takes milliseconds, whatever the file claims to be. `normalise` decodes it,
which proves that it is complete, and returns an upright 8-bit RGB(A) picture in sRGB without metadata about where and
by whom it was taken. `check_mask` checks the bytes of an uploaded mask; `studio.inputs.mask_fit` checks a stored
mask against Image 1. The original bytes are never changed here."""

from dataclasses import dataclass, field
from typing import Any, Protocol

from saas.web.uploads import LIMIT_BYTES
from studio.imaging import containers, vips
from studio.imaging.containers import BrokenPicture, Header

UPLOAD_LIMIT_BYTES = LIMIT_BYTES
MASK_LIMIT_BYTES = 4_000_000
SIDEWAYS = range(5, 9)  # orientations that exchange width and height


class UploadRefused(Exception):
    """The uploaded file cannot be used. The sentence is shown to the person who sent it."""

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
        """Return the width of the upright picture."""
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
    """Anything with the width and height of an upright picture."""

    @property
    def width(self) -> int: ...

    @property
    def height(self) -> int: ...


def examine(data: bytes) -> Picture:
    """Read the picture's header, without decoding. Raise UploadRefused if the file cannot be used."""
    if not data:
        raise UploadRefused("empty", "This file is empty.")
    if len(data) > UPLOAD_LIMIT_BYTES:
        raise UploadRefused("too_big", f"This file is larger than {UPLOAD_LIMIT_BYTES // 1_000_000} MB.")
    try:
        return Picture(data, containers.bounded(data))
    except BrokenPicture as broken:
        raise UploadRefused(broken.code, broken.sentence) from None


def normalise(picture: Picture) -> Normalised:
    """Return the version that a provider gets. If only metadata must be removed, the pixels are not encoded again."""
    try:
        data, mime = _reworked(picture) if _needs_work(picture.header) else _bare(picture)
    except vips.Error:
        raise UploadRefused("corrupt", containers.damaged().sentence) from None
    return Normalised(data, mime, picture.width, picture.height)


def normalise_mask(mask: Picture) -> Normalised:
    """Return the mask that a provider gets: a black picture with the mask's alpha, since nothing else of it counts."""
    try:
        image = upright(mask)
        alpha = image.extract_band(image.bands - 1)
        black = vips.Image.black(image.width, image.height, bands=3).copy(interpretation="srgb")
        data = black.bandjoin(alpha).pngsave_buffer(compression=6, keep="none")
    except vips.Error:
        raise UploadRefused("corrupt", containers.damaged().sentence) from None
    return Normalised(data, "image/png", mask.width, mask.height)


def check_mask(mask: Picture, first: Sides) -> None:
    """Check an uploaded mask's bytes: a PNG of the size of `first`, fully transparent in some places, which are those
    that may change. A mask that is all transparent is allowed: it means the same as no mask. Raise UploadRefused
    otherwise.

    Once stored, a mask is checked against Image 1 of each request by `studio.inputs.mask_fit`."""
    if mask.format != "png":
        raise UploadRefused("mask_not_png", "The mask must be a PNG.")
    if len(mask.data) > MASK_LIMIT_BYTES:
        raise UploadRefused("mask_too_big", f"The mask is larger than {MASK_LIMIT_BYTES // 1_000_000} MB.")
    if (mask.width, mask.height) != (first.width, first.height):
        raise UploadRefused(
            "mask_size",
            f"The mask is {mask.width} by {mask.height} pixels, and the first picture is {first.width} by "
            f"{first.height}. They must be the same size.",
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
    _open(picture).avg()  # decodes line by line and keeps nothing, to find damage
    return containers.bare(picture.data, picture.header), picture.mime


def _reworked(picture: Picture) -> tuple[bytes, str]:
    if picture.format != "png" and not picture.has_alpha:
        return upright(picture).jpegsave_buffer(Q=95, keep="none"), "image/jpeg"
    data = upright(picture).pngsave_buffer(compression=3, keep="none")
    if len(data) <= UPLOAD_LIMIT_BYTES:
        return data, "image/png"
    return upright(picture).webpsave_buffer(Q=95, effort=1, keep="none"), "image/webp"


def upright(picture: Picture) -> Any:
    """Return the upright pixels, in sRGB with 8 bits. Turning reads pixels in another order than they are stored in, so
    such a picture is decoded into memory first, after its conversion to 8 bits."""
    image = _in_srgb(_open(picture), picture.header)
    return image if picture.orientation == 1 else vips.turned(image.copy_memory(), picture.orientation)


def weight(picture: Picture) -> int:
    """Return the bytes of memory that `normalise` needs beside the decoder, for the encoded result."""
    if not _needs_work(picture.header):
        return 0
    return picture.header.pixels * (1 if picture.format == "jpeg" else 4)


def _in_srgb(image: Any, header: Header) -> Any:
    if header.has_foreign_colours:
        try:
            return image.icc_transform("srgb", embedded=True, depth=8)
        except vips.Error:  # an invalid profile is ignored, as browsers do
            pass
    return image.colourspace("srgb").cast("uchar")


def _open(picture: Picture) -> Any:
    image = vips.decode(picture.data, picture.header)
    if (image.width, image.height) != (picture.header.width, picture.header.height):
        raise UploadRefused("corrupt", containers.damaged().sentence)  # libvips reads another size than our reader
    return image


def _has_holes(mask: Picture) -> bool:
    try:
        image = vips.decode(mask.data, mask.header)
        return bool(image.hasalpha()) and image.extract_band(image.bands - 1).min() == 0
    except vips.Error:
        raise UploadRefused("corrupt", containers.damaged().sentence) from None
