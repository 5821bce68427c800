"""Read the text of a Responses API answer. Raise ProviderError with a code for anything else."""

import json
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from studio.openai_wire.json_bounds import is_swollen
from studio.providers import error_codes
from studio.providers.outcomes import ProviderError

LIMIT_BYTES = 4 * 1024 * 1024  # a text, with the model's reasoning beside it


class Written(NamedTuple):
    text: str
    usage: Mapping[str, Any] | None
    request_id: str


def read_answer(body: bytes, request_id: str) -> Written:
    if is_swollen(body):
        raise ProviderError("strange_answer", request_id=request_id)
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        raise ProviderError("strange_answer", request_id=request_id) from None
    if not isinstance(said, dict):
        raise ProviderError("strange_answer", request_id=request_id)
    if isinstance(said.get("error"), dict):
        raise _error(said["error"], request_id)
    if not isinstance(said.get("output"), list):
        raise ProviderError("strange_answer", request_id=request_id)
    usage = said["usage"] if isinstance(said.get("usage"), dict) else None
    parts = list(_parts(said["output"]))
    text = "".join(part["text"] for part in parts if isinstance(part.get("text"), str))
    if said.get("status") == "incomplete":
        raise _paid("cut_short", usage, request_id)
    if not text and any(part.get("type") == "refusal" for part in parts):
        raise _paid("declined", usage, request_id)
    return Written(text, usage, request_id)


def _parts(output: list[Any]) -> Iterator[dict[str, Any]]:
    for item in output:
        if isinstance(item, dict) and item.get("type") == "message" and isinstance(item.get("content"), list):
            yield from (part for part in item["content"] if isinstance(part, dict))


def _error(error: dict[str, Any], request_id: str) -> ProviderError:
    code, kind = (error.get(name) if isinstance(error.get(name), str) else None for name in ("code", "type"))
    name = error_codes.of_error_body(status=None, code=code, kind=kind, message="")
    return ProviderError(name, request_id=request_id)


def _paid(code: str, usage: Mapping[str, Any] | None, request_id: str) -> ProviderError:
    return ProviderError(code, request_id=request_id, details={"usage": usage})
