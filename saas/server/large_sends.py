"""Offer the kernel a whole answer at once. Twisted offers 128 kB in each turn of the event loop, so a picture of 2 MB
waits for sixteen turns, in which it competes with everything else.

Twisted has a constant for this, SEND_LIMIT, but reads it twice: it also copies what is left of an answer before each
send as long as that is less. With a large limit, a client that reads little at a time would have megabytes copied for
each of its reads. So only the size of a send is changed."""

import sys
from typing import Any

SEND_LIMIT_BYTES = 4 * 1024 * 1024  # as much as a kernel usually buffers; more would stay here anyway


class LargeSends:
    """Mixin for Twisted's side of a client's connection."""

    SEND_LIMIT: int
    socket: Any

    def writeSomeData(self, data: Any) -> Any:  # noqa: N802 Twisted's
        self.SEND_LIMIT = SEND_LIMIT_BYTES
        try:
            return super().writeSomeData(data)  # type: ignore[misc]
        finally:
            del self.SEND_LIMIT


def install() -> None:
    """Have Twisted make such connections for every port that it opens from now on. Do nothing under another server."""
    if "daphne.server" not in sys.modules:
        return
    from twisted.internet import tcp

    port: Any = tcp.Port
    if not issubclass(port.transport, LargeSends):
        port.transport = type("LargeSendsServer", (LargeSends, tcp.Server), {})
