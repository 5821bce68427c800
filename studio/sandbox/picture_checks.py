"""Check given pictures and masks by their bytes, as OpenAI's API does. Sizes are bounded before anything is decoded."""

from dataclasses import dataclass

from studio.imaging import containers, decode_turns, vips
from studio.imaging.containers import BrokenPicture, Header
from studio.openai_wire.errors import IMAGE, OpenAIError
from studio.sandbox.paint.loading import SANDBOX

IMAGE_BYTES = 50 * 1024 * 1024
MASK_BYTES = 4 * 1024 * 1024
PNG_START = b"\x89PNG\r\n\x1a\n"
BUSY_SECONDS = 5


@dataclass(frozen=True)
class CheckedPicture:
    data: bytes
    width: int
    height: int


def check_image(data: bytes, number: int, param: str) -> CheckedPicture:
    if len(data) >= IMAGE_BYTES:
        raise _invalid(f"Invalid image file: image {number} must be less than 50 MB.", param)
    message = f"Invalid image file or mode for image {number}, please check your image file."
    header = _checked(data, message, param)
    if header.mode in {"cmyk", "palette"}:
        raise _invalid(message, param)
    is_lying = header.orientation >= 5  # noqa: PLR2004 - EXIF: 5 to 8 are turned by a quarter
    sides = (header.height, header.width) if is_lying else (header.width, header.height)
    return CheckedPicture(data, *sides)


def check_mask(data: bytes, first: CheckedPicture, param: str = "mask") -> bytes:
    if len(data) >= MASK_BYTES:
        raise _invalid("Invalid mask image: the mask must be less than 4 MB.", param)
    if not data.startswith(PNG_START):
        raise _invalid("Invalid mask image format - mask must be a PNG file.", param)
    header = _checked(data, "Invalid mask image, please check your mask file.", param)
    if not header.has_alpha:
        raise _invalid("Invalid mask image format - mask image missing alpha channel.", param)
    if (header.width, header.height) != (first.width, first.height):
        raise _invalid("Invalid mask image format - mask size does not match image size.", param)
    return data


def _checked(data: bytes, message: str, param: str) -> Header:
    """Decode the picture once from end to end and return its header. A broken one is refused before any answer."""
    try:
        header = containers.bounded(data)
        with decode_turns.turn(header, by=SANDBOX, seconds=decode_turns.UPLOAD_SECONDS):
            opened = vips.decode(data, header)
            opened.avg()
    except (BrokenPicture, vips.Error):
        raise _invalid(message, param) from None
    except decode_turns.Busy:
        headers = {"Retry-After": str(BUSY_SECONDS)}
        message = "Many pictures are being uploaded right now. Try again in a few seconds."
        raise OpenAIError(message, status=429, kind="rate_limit_error", code="slow_down", headers=headers) from None
    if (opened.width, opened.height) != (header.width, header.height):
        raise _invalid(message, param)
    return header


def _invalid(message: str, param: str) -> OpenAIError:
    return OpenAIError(message, kind=IMAGE, code="invalid_image_file", param=param)
