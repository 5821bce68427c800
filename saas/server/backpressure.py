"""Measure what a slow client has not read yet, and make the application wait for it.

Daphne accepts all that is sent and keeps it until the client reads; it never makes the application wait. So a socket's
application checks `scope["unsent_bytes"]()`. An HTTP answer waits here between its pieces, so that a client that reads
nothing costs a few megabytes, however long the answer is; and its end waits until all the rest has been read, so that
an answer that has ended has left this process. Under another server, whose `send` itself waits, the count is always 0.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

Scope = dict[str, Any]
Send = Callable[[Any], Awaitable[None]]
MOST_WAITING_BYTES = 2 * 1024 * 1024
LOOK_SECONDS = 0.01
QUICK_LOOKS = 4  # turns of the event loop before the first sleep: enough for a client that reads at once
STUCK_SECONDS = 60.0  # a client that takes less than LEAST_TAKEN_BYTES in this time is disconnected
LEAST_TAKEN_BYTES = 64 * 1024
BODY = "http.response.body"

Application = Callable[[Scope, Callable[[], Awaitable[Any]], Send], Awaitable[None]]


class Measured:
    def __init__(self, application: Application) -> None:
        self._application = application

    async def __call__(self, scope: Scope, receive: Callable[[], Awaitable[Any]], send: Send) -> None:
        await self._application({**scope, "unsent_bytes": partial(_unsent_bytes, _protocol(send))}, receive, send)


def patient(send: Send) -> Send:
    """Return a `send` that sends a piece of an HTTP answer only when most of those before it have been read, and an
    end without a body only when all of them have."""
    protocol = _protocol(send)
    if protocol is None:
        return send

    async def send_patiently(message: Any) -> None:
        await _until_read(protocol, 0 if _is_bare_end(message) else MOST_WAITING_BYTES)
        await send(message)

    return send_patiently


def ending_apart(send: Send) -> Send:
    """Return a `send` that sends the end of an HTTP answer as a message of its own, after the body."""

    async def send_apart(message: Any) -> None:
        if message["type"] == BODY and message.get("body") and not message.get("more_body", False):
            await send({**message, "more_body": True})
            message = {"type": BODY}
        await send(message)

    return send_apart


def _is_bare_end(message: Any) -> bool:
    return message["type"] == BODY and not message.get("body") and not message.get("more_body", False)


def _protocol(send: Send) -> Any:
    """Return the request that Daphne has bound to its `send`, or None under another server."""
    return send.args[0] if isinstance(send, partial) and send.args else None


async def _until_read(protocol: Any, most_bytes: int) -> None:
    since, before, looks = time.monotonic(), _unsent_bytes(protocol), 0
    while (unsent := _unsent_bytes(protocol)) > most_bytes:
        looks += 1  # if the client disconnects, the server cancels this task
        await asyncio.sleep(0 if looks <= QUICK_LOOKS else LOOK_SECONDS)
        if time.monotonic() - since > STUCK_SECONDS:
            if before - unsent < LEAST_TAKEN_BYTES:
                protocol.transport.abortConnection()
            since, before = time.monotonic(), unsent


def _unsent_bytes(protocol: Any) -> int:
    """Count the bytes in Twisted's private buffers, since it has no public call for this. Should Twisted rename them,
    tests/studio/live/test_slow_socket.py fails."""
    transport = getattr(protocol, "transport", None)
    if transport is None:
        return 0
    waiting = len(getattr(transport, "dataBuffer", b"")) - int(getattr(transport, "offset", 0))
    return waiting + int(getattr(transport, "_tempDataLen", 0))
