"""Request bodies: JSON, and the pictures that a form or JSON brings."""

import json
from typing import Any

from django.http import HttpRequest

from studio.sandbox import given
from studio.wire.forms import MaybeUpload, Upload, check_count, check_mime
from studio.wire.refusals import Refused, missing, unknown

MOST_BYTES = 96 * 1024 * 1024  # of JSON; enough for the pictures of a test, and no more memory than that


def read_json(request: HttpRequest) -> dict[str, Any]:
    """Not `request.body`: that is bounded by what a browser's form may weigh."""
    if request.content_type != "application/json":
        message = f"Unsupported content type: '{request.content_type}'. This API expects 'application/json'."
        raise Refused(message, status=415, code="unsupported_content_type")
    data = request.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        raise Refused("Request body is too large.", status=413, code="request_too_large")
    try:
        body = json.loads(data)
    except (ValueError, RecursionError):
        raise Refused("We could not parse the JSON body of your request.") from None
    if not isinstance(body, dict):
        raise Refused("We could not parse the JSON body of your request: expected an object.")
    return body


def pictures(images: list[Upload], mask: MaybeUpload) -> tuple[tuple[given.Given, ...], bytes | None]:
    if not images:
        raise missing("image")
    check_count(len(images), "image")
    for upload in images:
        check_mime("image", upload.content_type)
    checked = tuple(given.image(upload.read(), number, "image") for number, upload in enumerate(images, 1))
    if mask is None:
        return checked, None
    check_mime("mask", mask.content_type)
    return checked, given.mask(mask.read(given.MASK_BYTES), checked[0])


def linked(body: dict[str, Any]) -> tuple[tuple[given.Given, ...], bytes | None]:
    """`images` and `mask` of a JSON edit."""
    links = body.get("images")
    if links is None:
        raise missing("images")
    if not isinstance(links, list) or not links:
        raise Refused(
            "Invalid 'images': expected an array with at least one object.", code="invalid_type", param="images"
        )
    check_count(len(links), "images")
    checked = tuple(
        given.image(link_bytes(link, f"images[{index}]"), index + 1, f"images[{index}]")
        for index, link in enumerate(links)
    )
    mask = body.get("mask")
    return checked, given.mask(link_bytes(mask, "mask"), checked[0]) if mask is not None else None


def link_bytes(link: object, param: str) -> bytes:
    """Exactly one of `image_url` and `file_id`."""
    if not isinstance(link, dict):
        raise Refused(f"Invalid type for '{param}': expected an object.", code="invalid_type", param=param)
    named = {name: value for name, value in link.items() if value is not None}
    for name in named:
        if name not in {"image_url", "file_id"}:
            raise unknown(f"{param}.{name}")
    if len(named) != 1:
        raise Refused(f"'{param}' needs exactly one of 'image_url' and 'file_id'.", code="invalid_value", param=param)
    if "file_id" in named:
        message = f"File '{named['file_id']}' was not found: the sandbox keeps no files."
        raise Refused(message, code="image_file_not_found", param=f"{param}.file_id")
    if not isinstance(named["image_url"], str):
        raise Refused(
            f"Invalid type for '{param}.image_url': expected a string.", code="invalid_type", param=f"{param}.image_url"
        )
    return given.from_url(named["image_url"], f"{param}.image_url")
