"""Read request bodies of at most `REQUEST_LIMIT_BYTES`."""

import json
from typing import Any

from django.conf import settings
from django.http import HttpRequest

from studio.openai_wire.errors import OpenAIError
from studio.openai_wire.json_bounds import is_swollen


def refuse_large(request: HttpRequest) -> None:
    try:
        announced = int(request.META.get("CONTENT_LENGTH") or 0)
    except ValueError:
        announced = 0
    if announced > settings.REQUEST_LIMIT_BYTES:
        raise _too_large()


def read_body(request: HttpRequest) -> bytes:
    """Read the body, but not through `request.body`, whose limit is that of a browser's form."""
    refuse_large(request)
    data = request.read(settings.REQUEST_LIMIT_BYTES + 1)
    if len(data) > settings.REQUEST_LIMIT_BYTES:
        raise _too_large()
    return data


def read_json(request: HttpRequest) -> tuple[dict[str, Any], bytes]:
    """Return the JSON object and the bytes that it was read from."""
    if request.content_type != "application/json":
        message = f"Unsupported content type: '{request.content_type}'. This API expects 'application/json'."
        raise OpenAIError(message, status=415, code="unsupported_content_type")
    data = read_body(request)
    return parse(data), data


def parse(data: bytes) -> dict[str, Any]:
    """Return the JSON object that these bytes are."""
    if is_swollen(data):
        raise OpenAIError("The JSON body of your request holds too many values.", code="invalid_json")
    try:
        body = json.loads(data, object_pairs_hook=_once, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise OpenAIError("We could not parse the JSON body of your request.", code="invalid_json") from None
    if not isinstance(body, dict):
        message = "We could not parse the JSON body of your request: expected an object."
        raise OpenAIError(message, code="invalid_json")
    return body


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            message = f"Duplicate parameter: '{name[:80]}'. You provided multiple values for this parameter."
            raise OpenAIError(message, code="duplicate_parameter", param=name[:80])
        found[name] = value
    return found


def _no_constant(name: str) -> None:
    raise ValueError(name)  # NaN and Infinity are not JSON


def _too_large() -> OpenAIError:
    message = f"Request body is too large: {settings.REQUEST_LIMIT_BYTES // 1_000_000} MB is the most."
    return OpenAIError(message, status=413, code="request_too_large")
