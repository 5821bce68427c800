"""Given pictures and masks: what the API takes, told by their bytes, bounded before anything is decoded."""

from dataclasses import dataclass

from studio import vips
from studio.wire.refusals import IMAGE, Refused

IMAGE_BYTES = 50 * 1024 * 1024
MASK_BYTES = 4 * 1024 * 1024
MOST_PIXELS = 100_000_000
PNG_COLOUR_TYPE, PALETTE = 25, 3


@dataclass(frozen=True)
class Given:
    data: bytes
    width: int
    height: int


def image(data: bytes, number: int, param: str) -> Given:
    if len(data) >= IMAGE_BYTES:
        raise _invalid(f"Invalid image file: image {number} must be less than 50 MB.", param)
    message = f"Invalid image file or mode for image {number}, please check your image file."
    opened = _opened(data, message, param)
    if opened.interpretation == "cmyk" or _is_palette(data):
        raise _invalid(message, param)
    return Given(data, *_upright(opened))


def mask(data: bytes, first: Given, param: str = "mask") -> bytes:
    if len(data) >= MASK_BYTES:
        raise _invalid("Invalid mask image: the mask must be less than 4 MB.", param)
    if _kind(data) != "png":
        raise _invalid("Invalid mask image format - mask must be a PNG file.", param)
    opened = _opened(data, "Invalid mask image, please check your mask file.", param)
    if not opened.hasalpha():
        raise _invalid("Invalid mask image format - mask image missing alpha channel.", param)
    if (opened.width, opened.height) != (first.width, first.height):
        raise _invalid("Invalid mask image format - mask size does not match image size.", param)
    return data


def _opened(data: bytes, message: str, param: str) -> vips.Image:
    """Decodes once from end to end: what is torn is refused here, before any answer has begun."""
    if not _kind(data):
        raise _invalid(message, param)
    try:
        opened = vips.decode(data, is_jpeg=_kind(data) == "jpeg")
        if opened.width * opened.height > MOST_PIXELS or opened.get_n_pages() > 1:
            raise _invalid(message, param)
        opened.avg()
    except vips.Error:
        raise _invalid(message, param) from None
    return opened


def _kind(data: bytes) -> str:
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "png"
    if data.startswith(b"\xff\xd8\xff"):
        return "jpeg"
    return "webp" if data[:4] == b"RIFF" and data[8:12] == b"WEBP" else ""


def _is_palette(data: bytes) -> bool:
    return _kind(data) == "png" and data[PNG_COLOUR_TYPE] == PALETTE


def _upright(opened: vips.Image) -> tuple[int, int]:
    orientation = opened.get("orientation") if opened.get_typeof("orientation") else 1
    is_lying = orientation >= 5  # noqa: PLR2004 - EXIF: 5 to 8 are turned by a quarter
    return (opened.height, opened.width) if is_lying else (opened.width, opened.height)


def _invalid(message: str, param: str) -> Refused:
    return Refused(message, kind=IMAGE, code="invalid_image_file", param=param)
