"""Request bodies, bounded before they are read."""

import json
from typing import Any

from django.conf import settings
from django.http import HttpRequest

from studio.wire.refusals import Refused


def refuse_large(request: HttpRequest) -> None:
    try:
        announced = int(request.META.get("CONTENT_LENGTH") or 0)
    except ValueError:
        announced = 0
    if announced > settings.REQUEST_LIMIT_BYTES:
        raise _too_large()


def read(request: HttpRequest) -> bytes:
    """Not `request.body`: that is bounded by what a browser's form may weigh."""
    refuse_large(request)
    data = request.read(settings.REQUEST_LIMIT_BYTES + 1)
    if len(data) > settings.REQUEST_LIMIT_BYTES:
        raise _too_large()
    return data


def read_json(request: HttpRequest) -> tuple[dict[str, Any], bytes]:
    """The object, and the bytes that said it."""
    if request.content_type != "application/json":
        message = f"Unsupported content type: '{request.content_type}'. This API expects 'application/json'."
        raise Refused(message, status=415, code="unsupported_content_type")
    data = read(request)
    try:
        body = json.loads(data, object_pairs_hook=_once, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise Refused("We could not parse the JSON body of your request.", code="invalid_json") from None
    if not isinstance(body, dict):
        message = "We could not parse the JSON body of your request: expected an object."
        raise Refused(message, code="invalid_json")
    return body, data


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            message = f"Duplicate parameter: '{name[:80]}'. You provided multiple values for this parameter."
            raise Refused(message, code="duplicate_parameter", param=name[:80])
        found[name] = value
    return found


def _no_constant(name: str) -> None:
    raise ValueError(name)  # NaN and Infinity are no JSON


def _too_large() -> Refused:
    message = f"Request body is too large: {settings.REQUEST_LIMIT_BYTES // 1_000_000} MB is the most."
    return Refused(message, status=413, code="request_too_large")
