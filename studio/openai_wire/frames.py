"""Write server-sent events: an event line, one data line, and a blank line after each, also the last."""

import json
from typing import Any

PING = b": ping\n\n"


def frame(payload: dict[str, Any]) -> bytes:
    data = json.dumps(payload, separators=(",", ":"))
    return f"event: {payload['type']}\ndata: {data}\n\n".encode()


def nested_error(error: dict[str, Any], number: int = 0) -> bytes:
    return frame({"type": "error", "error": error, "sequence_number": number})


def flat_error(error: dict[str, Any], number: int = 0) -> bytes:
    told = {name: error[name] for name in ("code", "message", "param")}
    return frame({"type": "error", **told, "sequence_number": number})
