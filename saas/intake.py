"""What the web server takes in before Django sees anything. Daphne keeps a whole request before it calls the
application, so one that is too large, or that comes too slowly, is ended here, where it costs next to nothing."""

import json
import sys
import time
from typing import Any

from django.conf import settings

LINGER_SECONDS = 5.0  # for the answer to arrive before the line is cut under a client that still sends
SENTENCE = "Request body is too large: {} MB is the most."


def install() -> None:
    """Does nothing under another server; whoever runs one bounds requests there."""
    if "daphne.server" in sys.modules:
        from daphne import http_protocol

        if not issubclass(http_protocol.WebRequest, _Bounds):
            http_protocol.WebRequest = type("BoundedRequest", (_Bounds, http_protocol.WebRequest), {})


class _Bounds:
    """Mixed into Daphne's request. The methods are Twisted's, hence their names."""

    channel: Any
    is_refused = False
    received_bytes = 0

    def __init__(self, *args: Any, **options: Any) -> None:
        self.began = time.monotonic()
        super().__init__(*args, **options)
        self._parsePOSTFormSubmission = False  # Twisted would read each form whole, in the loop, and Django again

    def gotLength(self, length: int | None) -> None:  # noqa: N802
        is_too_large = length is not None and length > settings.REQUEST_LIMIT_BYTES
        super().gotLength(0 if is_too_large else length)  # type: ignore[misc]
        if is_too_large:
            self._refuse()

    def handleContentChunk(self, data: bytes) -> None:  # noqa: N802
        self.received_bytes += len(data)  # a body in chunks announces no length
        if self.received_bytes > settings.REQUEST_LIMIT_BYTES:
            self._refuse()
        if not self.is_refused:
            super().handleContentChunk(data)  # type: ignore[misc]

    def process(self) -> Any:
        return None if self.is_refused else super().process()  # type: ignore[misc]

    def check_timeouts(self) -> None:
        """Asked by Daphne every two seconds."""
        has_arrived = hasattr(self, "request_start")
        if not has_arrived and time.monotonic() - self.began > settings.REQUEST_ARRIVAL_SECONDS:
            self.channel.forceAbortClient()
        elif has_arrived:
            super().check_timeouts()  # type: ignore[misc]

    def _refuse(self) -> None:
        if self.is_refused:
            return
        self.is_refused = True
        message = SENTENCE.format(settings.REQUEST_LIMIT_BYTES // 1_000_000)
        error = {"message": message, "type": "invalid_request_error", "param": None, "code": "request_too_large"}
        body = json.dumps({"error": error}).encode()
        head = f"HTTP/1.1 413 Content Too Large\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
        transport = self.channel.transport
        transport.write(head.encode() + b"Connection: close\r\n\r\n" + body)
        transport.loseWriteConnection()
        self.channel.callLater(LINGER_SECONDS, transport.abortConnection)
