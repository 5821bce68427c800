"""Bound what the web server takes in before Django sees a request. Daphne keeps a whole request before it calls the
application, so one that is too large, or that arrives too slowly, is ended here, where it costs next to nothing."""

import json
import sys
import time
from collections.abc import Awaitable, Callable
from functools import partial
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.core.exceptions import RequestAborted

from saas.fairness.bandwidth import Pace
from saas.ops import request_info
from saas.server import body_limit, drain
from saas.server.body_limit import Allowed, Body, Refusal

REFUSED_WEIGHT = 8  # how much more a refused byte counts for the pace: it is read only so that the refusal arrives
PACE = Pace()
LINGER_SECONDS = 5.0  # for the refusal to arrive before a client that still sends is disconnected


def install() -> None:
    """Replace Daphne's request and connection by bounded ones. Do nothing under another server, which has to bound
    requests itself."""
    if "daphne.server" not in sys.modules:
        return
    from daphne import http_protocol
    from twisted.web import http

    http.RESPONSES.update({status.value: status.phrase.encode() for status in HTTPStatus})  # Twisted's lack newer ones
    if not issubclass(http_protocol.WebRequest, _Bounds):
        http_protocol.WebRequest = type("BoundedRequest", (_Bounds, http_protocol.WebRequest), {})
        line = type("PatientLine", (_Patience, http.HTTPChannel), {})
        http_protocol.HTTPFactory.protocol = staticmethod(lambda: http._GenericHTTPChannelProtocol(line()))


class Arrival:
    """The server's `receive`, with the body as the file in which it was kept. Daphne would copy the body into a queue,
    and Django from there into another file, and the event loop would stand still meanwhile."""

    def __init__(self, receive: Callable[[], Awaitable[Any]], body: Body) -> None:
        self._receive = receive
        self._body = body

    async def __call__(self) -> Any:
        return await self._receive()

    async def body(self) -> Body:
        message = await self._receive()  # from Daphne, with an empty body
        if message["type"] == "http.disconnect":
            raise RequestAborted
        return self._body

    def letting_go(self, send: Callable[[Any], Awaitable[None]]) -> Callable[[Any], Awaitable[None]]:
        """Return a `send` that releases the body before the answer begins. A client that has its answer may send the
        next body at once, and there must be room for it."""

        async def send_without_body(message: Any) -> None:
            if message["type"] == "http.response.start":
                self.close()
            await send(message)

        return send_without_body

    def close(self) -> None:
        self._body.close()


def arrival(send: Any, receive: Callable[[], Awaitable[Any]]) -> Arrival | None:
    """Return the request that Daphne has bound to its `send`, as an Arrival; None under another server."""
    request = send.args[0] if isinstance(send, partial) and send.args else None
    return Arrival(receive, request.hand_over()) if isinstance(request, _Bounds) else None


class _Patience(drain.Line):
    """Mixin for Twisted's channel that sets timeouts. Each byte of a body restarts the timeout (the whole body has a
    deadline of its own, see `check_timeouts`); the bytes of a head do not, so that a head cannot be dripped."""

    line_mode: int
    timeOut: float | None  # noqa: N815 Twisted's
    setTimeout: Callable[[float | None], float | None]  # noqa: N815

    def connectionMade(self) -> None:  # noqa: N802
        self._idle_seconds = self.timeOut
        super().connectionMade()

    def resetTimeout(self) -> None:  # noqa: N802
        self.heard_at = time.monotonic()
        if not self.line_mode:
            super().resetTimeout()  # type: ignore[misc]
        elif not self.is_head_begun:
            self.is_head_begun = True
            self.setTimeout(settings.REQUEST_HEAD_SECONDS)

    def allHeadersReceived(self) -> None:  # noqa: N802
        self.is_head_begun = False
        self.setTimeout(self._idle_seconds)
        super().allHeadersReceived()  # type: ignore[misc]


class _Bounds:
    """Mixin for Daphne's request that enforces the limits. The methods are Twisted's, hence their names."""

    channel: Any
    client: Any
    requestHeaders: Any  # noqa: N815
    is_refused = False
    received_bytes = 0
    _allowed: Allowed
    _body: Body | None = None
    _is_handed_over = False
    _is_paused = False

    def __init__(self, *args: Any, **options: Any) -> None:
        self.began = time.monotonic()
        super().__init__(*args, **options)
        self._parsePOSTFormSubmission = False  # Twisted would parse each form in the event loop, and Django again

    def gotLength(self, length: int | None) -> None:  # noqa: N802
        super().gotLength(0)  # type: ignore[misc]  # Twisted's own file stays empty
        self._allowed = body_limit.allowed(
            target=self.channel._path.decode("latin1"),
            authorization=self._header("authorization"),
            cookies=self._header("cookie"),
        )
        self._body = Body(self._client_network(), self._allowed.sender)
        self._refuse_more(length or 0)

    def handleContentChunk(self, data: bytes) -> None:  # noqa: N802
        """Keep a piece of the body if it is within the limits. A body sent in chunks announces no length, so each piece
        is checked."""
        weight = REFUSED_WEIGHT if self.is_refused else 1
        self._pause(PACE.pause(self._allowed.sender, len(data) * weight))
        if self.is_refused or self._body is None:
            return
        self._refuse_more(len(data))
        if self.is_refused:
            return
        self.received_bytes += len(data)
        try:
            self._body.write(data)
        except OSError:  # the disk is full
            self._refuse(body_limit.BUSY)

    def _pause(self, seconds: float) -> None:
        """Read nothing from this connection for so long."""
        if seconds and not self._is_paused:
            self._is_paused = True
            transport = self.channel.transport  # kept for `_resume`: a request whose client disconnects has no channel
            transport.pauseProducing()
            self.channel.callLater(seconds, self._resume, transport)

    def _resume(self, transport: Any) -> None:
        self._is_paused = False
        transport.resumeProducing()

    def process(self) -> Any:
        self.requestHeaders.removeHeader(b"daphne-root-path")  # Daphne would trust it; see saas.server.host_check
        if self._is_paused:  # the request is complete, and a disconnect is noticed only while the server reads
            self._resume(self.channel.transport)
        return None if self.is_refused else super().process()  # type: ignore[misc]

    def hand_over(self) -> Body:
        """Return the whole body to the application, which has to close it."""
        assert self._body is not None  # noqa: S101 the head comes first
        self._is_handed_over = True
        self._body.seek(0)
        return self._body

    def finish(self) -> None:
        self._put_away()
        super().finish()  # type: ignore[misc]

    def connectionLost(self, reason: Any) -> None:  # noqa: N802
        self._put_away()
        super().connectionLost(reason)  # type: ignore[misc]

    def check_timeouts(self) -> None:
        """Abort a request that takes too long to arrive. Daphne calls this every two seconds."""
        has_arrived = hasattr(self, "request_start")
        if not has_arrived and time.monotonic() - self.began > settings.REQUEST_ARRIVAL_SECONDS:
            self.channel.forceAbortClient()
        elif has_arrived:
            super().check_timeouts()  # type: ignore[misc]

    def _client_network(self) -> str:
        peer = str(getattr(self.client, "host", ""))
        address = request_info.address_of(self._header("x-forwarded-for"), peer)
        return request_info.network_of(address) if address else ""

    def _header(self, name: str) -> str:
        return ",".join(value.decode("latin1") for value in self.requestHeaders.getRawHeaders(name.encode(), []))

    def _refuse_more(self, count: int) -> None:
        assert self._body is not None  # noqa: S101 the head comes first
        if self.received_bytes + count > self._allowed.limit_bytes:
            self._refuse(self._allowed.refusal)
        elif not self._body.has_room_for(count):
            self._refuse(body_limit.BUSY)

    def _refuse(self, refusal: Refusal) -> None:
        if self.is_refused:
            return
        self.is_refused = True
        self._put_away()
        self.requestHeaders.removeHeader(b"expect")  # or Twisted would still ask the client for the body
        body = json.dumps(refusal.envelope).encode()
        lines = [f"HTTP/1.1 {refusal.status} {refusal.reason}", f"Content-Length: {len(body)}", *refusal.headers]
        transport = self.channel.transport
        transport.write("\r\n".join([*lines, "", ""]).encode() + body)
        transport.loseWriteConnection()
        self.channel.callLater(LINGER_SECONDS, transport.abortConnection)

    def _put_away(self) -> None:
        if self._body is not None and not self._is_handed_over:
            self._body.close()
