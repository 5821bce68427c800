"""Read request bodies: JSON, and the pictures of a form or of JSON."""

import json
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest

from studio.openai_wire import links
from studio.openai_wire.errors import OpenAIError, missing
from studio.openai_wire.forms import MaybeUpload, Upload, check_count, check_mime
from studio.openai_wire.json_bounds import is_swollen
from studio.sandbox import picture_checks

FileOf = Callable[[str], bytes]  # raises FileNotFoundError

MOST_BYTES = 96 * 1024 * 1024  # of JSON; enough for the pictures of a test, and a bound for memory


def read_json(request: HttpRequest) -> dict[str, Any]:
    """Read the JSON object, but not through `request.body`, whose limit is that of a browser's form."""
    if request.content_type != "application/json":
        message = f"Unsupported content type: '{request.content_type}'. This API expects 'application/json'."
        raise OpenAIError(message, status=415, code="unsupported_content_type")
    data = request.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        raise OpenAIError("Request body is too large.", status=413, code="request_too_large")
    if is_swollen(data):
        raise OpenAIError("The JSON body of your request holds too many values.")
    try:
        body = json.loads(data)
    except (ValueError, RecursionError):
        raise OpenAIError("We could not parse the JSON body of your request.") from None
    if not isinstance(body, dict):
        raise OpenAIError("We could not parse the JSON body of your request: expected an object.")
    return body


def pictures(images: list[Upload], mask: MaybeUpload) -> tuple[tuple[picture_checks.CheckedPicture, ...], bytes | None]:
    if not images:
        raise missing("image")
    check_count(len(images), "image")
    for upload in images:
        check_mime("image", upload.content_type)
    checked = tuple(
        picture_checks.check_image(upload.read(), number, "image") for number, upload in enumerate(images, 1)
    )
    if mask is None:
        return checked, None
    check_mime("mask", mask.content_type)
    return checked, picture_checks.check_mask(mask.read(picture_checks.MASK_BYTES), checked[0])


def linked(body: dict[str, Any], file_of: FileOf) -> tuple[tuple[picture_checks.CheckedPicture, ...], bytes | None]:
    """Read `images` and `mask` of a JSON edit."""
    checked = tuple(
        picture_checks.check_image(link_bytes(link, f"images[{index}]", file_of), index + 1, f"images[{index}]")
        for index, link in enumerate(links.images_of(body))
    )
    mask = body.get("mask")
    return checked, picture_checks.check_mask(
        link_bytes(mask, "mask", file_of), checked[0]
    ) if mask is not None else None


def no_files(file_id: str) -> bytes:
    raise FileNotFoundError(file_id)


def link_bytes(said: object, param: str, file_of: FileOf = no_files) -> bytes:
    name, value, of_link = links.read_link(said, param)
    if name == "file_id":
        try:
            return file_of(value)
        except FileNotFoundError:
            message = f"File '{value[:80]}' was not found: the sandbox keeps files for a day."
            raise OpenAIError(message, code="image_file_not_found", param=of_link) from None
    if not links.is_data(value):
        message = f"Failed to download image from '{of_link}'. The sandbox fetches nothing: send a data URL."
        raise OpenAIError(message, code="invalid_image_url", param=of_link)
    return links.data_of(value, of_link)
