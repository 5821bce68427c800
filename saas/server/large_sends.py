"""Offer the kernel a whole answer at once, as it is. Twisted copies it once more and offers 128 kB of it in each turn
of the event loop, so a picture of 2 MB waits for sixteen turns, in which it competes with everything else.

Twisted has a constant for the size of a send, SEND_LIMIT, but reads it twice: it also copies what is left of an answer
before each send as long as that is less. With a large limit, a client that reads little at a time would have megabytes
copied for each of its reads. So only the size of a send is changed."""

import sys
from collections.abc import Iterable
from typing import Any

SEND_LIMIT_BYTES = 4 * 1024 * 1024  # as much as a kernel usually buffers; more would stay here anyway
LARGE_BYTES = 128 * 1024


class LargeSends:
    """Mixin for Twisted's side of a client's connection. The methods and attributes are Twisted's."""

    SEND_LIMIT: int
    socket: Any
    connected: bool
    disconnecting: bool
    dataBuffer: bytes  # noqa: N815 what is being sent, from `offset` on
    offset: int
    startWriting: Any  # noqa: N815
    _maybePauseProducer: Any  # noqa: N815
    _tempDataBuffer: list[bytes]  # noqa: N815 what comes after it
    _tempDataLen: int  # noqa: N815
    _writeDisconnected: bool  # noqa: N815

    def write(self, data: bytes) -> None:
        if len(data) < LARGE_BYTES or not self._send_at_once([data]):
            super().write(data)  # type: ignore[misc]

    def writeSequence(self, pieces: Iterable[bytes]) -> None:  # noqa: N802
        pieces = list(pieces)
        if sum(map(len, pieces)) < LARGE_BYTES or not self._send_at_once(pieces):
            super().writeSequence(pieces)  # type: ignore[misc]

    def writeSomeData(self, data: Any) -> Any:  # noqa: N802
        self.SEND_LIMIT = SEND_LIMIT_BYTES
        try:
            return super().writeSomeData(data)  # type: ignore[misc]
        finally:
            del self.SEND_LIMIT

    def _send_at_once(self, pieces: list[bytes]) -> bool:
        """Send what the kernel takes now, behind the little that waits already, and leave the rest to the event loop.
        Return False if nothing may be sent now, or if the connection is broken, which the event loop then finds."""
        is_open = self.connected and not self.disconnecting and not self._writeDisconnected
        if not is_open or len(self.dataBuffer) > self.offset:
            return False
        pieces = [piece for piece in (*self._tempDataBuffer, *pieces) if piece]
        try:
            sent = self.socket.sendmsg(pieces)
        except OSError:
            return False
        while pieces and sent >= len(pieces[0]):
            sent -= len(pieces.pop(0))
        self.dataBuffer, self.offset = (pieces.pop(0), sent) if pieces else (b"", 0)
        self._tempDataBuffer, self._tempDataLen = pieces, sum(map(len, pieces))
        self._maybePauseProducer()
        self.startWriting()
        return True


def install() -> None:
    """Have Twisted make such connections for every port that it opens from now on. Do nothing under another server."""
    if "daphne.server" not in sys.modules:
        return
    from twisted.internet import tcp

    port: Any = tcp.Port
    if not issubclass(port.transport, LargeSends):
        port.transport = type("LargeSendsServer", (LargeSends, tcp.Server), {})
