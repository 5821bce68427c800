"""JSON around pictures of megabytes: the text is encoded; the base64, which needs no escaping, is put in as it is."""

import json
import re
from collections.abc import Iterator
from typing import Any

PLACE = re.compile(rb'"@picture@"')
HERE = "@picture@"  # a quote inside a text is escaped, so no prompt can say the quoted word


def pieces(payload: dict[str, Any], pictures: list[bytes]) -> Iterator[bytes]:
    """The payload says HERE where a picture belongs, in the order of `pictures`."""
    left = iter(pictures)
    first, *rest = PLACE.split(json.dumps(payload, separators=(",", ":")).encode())
    yield first
    for part in rest:
        yield from (b'"', next(left), b'"', part)  # megabytes are copied once, where the pieces are joined


def whole(payload: dict[str, Any], pictures: list[bytes]) -> bytes:
    return b"".join(pieces(payload, pictures))


def frame(payload: dict[str, Any], pictures: list[bytes]) -> bytes:
    """As a server-sent event: an event line, one data line, a blank line."""
    return b"".join([f"event: {payload['type']}\ndata: ".encode(), *pieces(payload, pictures), b"\n\n"])
