"""Read the multipart form of an edit as strictly as OpenAI's API."""

from typing import TypeAlias

from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest
from django.http.multipartparser import MultiPartParserError

from studio.openai_wire.errors import OpenAIError, unknown

MIMES = ("image/jpeg", "image/png", "image/webp")
MOST_IMAGES = 16
Upload: TypeAlias = "UploadedFile[bytes]"
MaybeUpload: TypeAlias = "UploadedFile[bytes] | None"
ARRAYS = {"image[]", "image"}


def is_form(request: HttpRequest) -> bool:
    return request.content_type == "multipart/form-data"


def read_form(request: HttpRequest) -> tuple[dict[str, str], list[Upload], MaybeUpload]:
    """Return the texts, the images in their order, and the mask."""
    try:
        texts, files = request.POST, request.FILES
    except (MultiPartParserError, RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent):
        raise OpenAIError("We could not parse the multipart body of your request.") from None
    for name in files:
        if name not in {*ARRAYS, "mask"}:
            raise unknown(name)
    for name in {*texts} & {*ARRAYS, "mask"}:
        raise OpenAIError(
            f"Invalid type for '{name}': expected a file, but got a string instead.", code="invalid_type", param=name
        )
    for part in (texts, files):
        for name in part:
            if name != "image[]" and len(part.getlist(name)) > 1:
                raise _duplicate(name)
    images = [*files.getlist("image"), *files.getlist("image[]")]
    masks = files.getlist("mask")
    return {name: str(texts[name]) for name in texts}, images, masks[0] if masks else None


def _duplicate(name: str) -> OpenAIError:
    message = (
        f"Duplicate parameter: '{name}'. You provided multiple values for this parameter, whereas only one is allowed. "
        f"If you are trying to provide a list of values, use the array syntax instead e.g. '{name}[]=<value>'."
    )
    return OpenAIError(message, code="duplicate_parameter", param=name)


def check_count(count: int, param: str) -> None:
    if count > MOST_IMAGES:
        message = (
            f"Invalid '{param}': array too long. Expected an array with maximum length {MOST_IMAGES}, "
            f"but got an array with length {count} instead."
        )
        raise OpenAIError(message, code="array_above_max_length", param=param)


def check_mime(param: str, mime: str | None) -> None:
    if not mime:
        raise OpenAIError(f"Invalid file '{param}': missing mimetype.", code="missing_file_mimetype", param=param)
    if mime not in MIMES:
        message = (
            f"Invalid file '{param}': unsupported mimetype ('{mime}'). "
            "Supported file formats are 'image/jpeg', 'image/png', and 'image/webp'."
        )
        raise OpenAIError(message, code="unsupported_file_mimetype", param=param)
