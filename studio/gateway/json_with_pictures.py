"""Write JSON around pictures of megabytes: encode the text; insert the base64, which needs no escaping, as it is."""

import json
import secrets
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

HERE = object()  # stands where a picture belongs; no text of a caller or a provider can be this object
TOKEN_BYTES = 16
Picture = bytes | memoryview  # as base64


def pieces(payload: dict[str, Any], pictures: Iterable[Picture]) -> Iterator[Picture]:
    """Encode the payload with its pictures, which take the places of HERE in their order. Each is asked for when its
    place has come.

    While the payload is encoded, HERE is a random token. It is made new each time, after all text that the payload
    echoes was written, so no text can contain it."""
    token = secrets.token_hex(TOKEN_BYTES)

    def mark(value: object) -> str:
        if value is HERE:
            return token
        raise TypeError(f"{type(value).__name__} is not JSON.")

    text = json.dumps(payload, separators=(",", ":"), default=mark).encode()
    first, *rest = text.split(f'"{token}"'.encode())
    yield first
    for part, picture in zip(rest, pictures, strict=True):
        yield from (b'"', picture, b'"', part)  # megabytes are copied once, where the pieces are joined


def encode(payload: dict[str, Any], pictures: Sequence[Picture]) -> bytes:
    return b"".join(pieces(payload, pictures))


def event_frame(payload: dict[str, Any], pictures: Sequence[Picture]) -> bytes:
    """Write a server-sent event: an event line, one data line, a blank line."""
    return b"".join([f"event: {payload['type']}\ndata: ".encode(), *pieces(payload, pictures), b"\n\n"])
