"""How much of what was sent to a socket still waits in this process for a slow client.

Daphne takes whatever is sent and keeps it until the client reads; it never asks the application to wait. So the
application looks: `scope["unsent_bytes"]()`. Behind another server, whose `send` waits by itself, it is always 0."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

Scope = dict[str, Any]
Send = Callable[[Any], Awaitable[None]]
Application = Callable[[Scope, Callable[[], Awaitable[Any]], Send], Awaitable[None]]


class Measured:
    def __init__(self, application: Application) -> None:
        self._application = application

    async def __call__(self, scope: Scope, receive: Callable[[], Awaitable[Any]], send: Send) -> None:
        protocol = send.args[0] if isinstance(send, partial) and send.args else None
        await self._application({**scope, "unsent_bytes": partial(_unsent_bytes, protocol)}, receive, send)


def _unsent_bytes(protocol: Any) -> int:
    """Twisted has no public word for it. tests/studio/test_slow_socket.py fails should it call these otherwise."""
    transport = getattr(protocol, "transport", None)
    if transport is None:
        return 0
    waiting = len(getattr(transport, "dataBuffer", b"")) - int(getattr(transport, "offset", 0))
    return waiting + int(getattr(transport, "_tempDataLen", 0))
