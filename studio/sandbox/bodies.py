"""Request bodies: JSON, or the multipart form of edits."""

import json
from typing import Any, TypeAlias

from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest
from django.http.multipartparser import MultiPartParserError

from studio.sandbox import given
from studio.wire.refusals import Refused, missing, unknown

MOST_BYTES = 96 * 1024 * 1024  # of JSON; enough for the pictures of a test, and no more memory than that
Upload: TypeAlias = "UploadedFile[bytes]"
MaybeUpload: TypeAlias = "UploadedFile[bytes] | None"
ARRAYS = {"image[]", "image"}


def is_form(request: HttpRequest) -> bool:
    return request.content_type == "multipart/form-data"


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


def read_form(request: HttpRequest) -> tuple[dict[str, Any], list[Upload], MaybeUpload]:
    """The texts, the images in their order, the mask."""
    try:
        texts, files = request.POST, request.FILES
    except (MultiPartParserError, RequestDataTooBig, TooManyFieldsSent):
        raise Refused("We could not parse the multipart body of your request.") from None
    for name in files:
        if name not in {*ARRAYS, "mask"}:
            raise unknown(name)
    for name in {*texts} & {*ARRAYS, "mask"}:
        raise Refused(
            f"Invalid type for '{name}': expected a file, but got a string instead.", code="invalid_type", param=name
        )
    for part in (texts, files):
        for name in part:
            if name != "image[]" and len(part.getlist(name)) > 1:
                raise _duplicate(name)
    images = [*files.getlist("image"), *files.getlist("image[]")]
    masks = files.getlist("mask")
    return {name: texts[name] for name in texts}, images, masks[0] if masks else None


def _duplicate(name: str) -> Refused:
    message = (
        f"Duplicate parameter: '{name}'. You provided multiple values for this parameter, whereas only one is allowed. "
        f"If you are trying to provide a list of values, use the array syntax instead e.g. '{name}[]=<value>'."
    )
    return Refused(message, code="duplicate_parameter", param=name)


def pictures(images: list[Upload], mask: MaybeUpload) -> tuple[tuple[given.Given, ...], bytes | None]:
    if not images:
        raise missing("image")
    check_count(len(images), "image")
    for upload in images:
        given.check_mime("image", upload.content_type)
    checked = tuple(given.image(upload.read(), number, "image") for number, upload in enumerate(images, 1))
    if mask is None:
        return checked, None
    given.check_mime("mask", mask.content_type)
    return checked, given.mask(mask.read(given.MASK_BYTES), checked[0])


def check_count(count: int, param: str) -> None:
    if count > given.MOST_IMAGES:
        message = (
            f"Invalid '{param}': array too long. Expected an array with maximum length {given.MOST_IMAGES}, "
            f"but got an array with length {count} instead."
        )
        raise Refused(message, code="array_above_max_length", param=param)


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
