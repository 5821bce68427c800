"""Transport HTTP over the sockets of saas.outbound.sockets, and bound the size and time of each answer.

Built on the public parts of httpx2 and httpcore2: if they change, requests fail instead of passing unchecked.
"""

import ssl
import time
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager
from typing import cast

import httpcore2
import httpx2

from saas.database import release
from saas.outbound import cancellation
from saas.outbound.cancellation import Wait
from saas.outbound.sockets import SHORTEST_SECONDS, TOO_LONG, PinnedBackend, Rules

# The default limits of httpx2's own pool.
MAX_CONNECTIONS = 100
MAX_IDLE_CONNECTIONS = 20
IDLE_SECONDS = 5.0


class ResponseRefused(httpx2.ReadError):
    """The answer was larger than allowed, or compressed although the request forbids it. The request had been sent."""


class GuardedTransport(httpx2.BaseTransport):
    def __init__(self, rules: Rules, tls: ssl.SSLContext) -> None:
        self._rules = rules
        self._pool = httpcore2.ConnectionPool(
            ssl_context=tls,
            max_connections=MAX_CONNECTIONS,
            max_keepalive_connections=MAX_IDLE_CONNECTIONS,
            keepalive_expiry=IDLE_SECONDS,
            network_backend=PinnedBackend(rules),
        )

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        self._rules.check_url(request.url)
        release.refuse_to_wait()
        meter = Meter(self._rules)
        with _names_of_httpx2(), cancellation.until(meter.ends_at):
            answer = self._pool.handle_request(_plain(request, meter))
        body = _Body(cast("Iterable[bytes]", answer.stream), meter)
        if _is_packed(answer):
            body.close()
            raise ResponseRefused("The server sent a compressed answer although it was asked not to.")
        return httpx2.Response(answer.status, headers=answer.headers, stream=body, extensions=answer.extensions)

    def close(self) -> None:
        self._pool.close()


class Meter:
    """The size and time of one call, with their limits. A timeout bounds the pause between two bytes; the deadline
    bounds the whole call, from the look-up of the name to the last byte. Its clock stops while that of the thread's
    Wait is paused: see saas.outbound.cancellation."""

    def __init__(self, rules: Rules) -> None:
        self._left_bytes = rules.limit_bytes
        self._ends_at = time.monotonic() + rules.deadline_seconds if rules.deadline_seconds else None
        self._wait = cancellation.current() or Wait()
        self._paused_before = self._wait.paused_seconds

    @property
    def ends_at(self) -> float | None:
        if self._ends_at is None:
            return None
        return self._ends_at + self._wait.paused_seconds - self._paused_before

    @property
    def left_seconds(self) -> float | None:
        return None if self.ends_at is None else max(self.ends_at - time.monotonic(), SHORTEST_SECONDS)

    def count(self, chunk: bytes) -> None:
        if len(chunk) > self._left_bytes:
            raise ResponseRefused("The server's answer is larger than it may be.")
        self._left_bytes -= len(chunk)
        if self.ends_at is not None and time.monotonic() > self.ends_at:
            raise httpx2.ReadTimeout(TOO_LONG)


class _Body(httpx2.SyncByteStream):
    def __init__(self, stream: Iterable[bytes], meter: Meter) -> None:
        self._stream = stream
        self._meter = meter

    def __iter__(self) -> Iterator[bytes]:
        chunks = iter(self._stream)
        while True:
            # Around each step and not around the loop: between two steps, the caller's own deadline applies.
            with _names_of_httpx2(), cancellation.until(self._meter.ends_at):
                chunk = next(chunks, None)
            if chunk is None:
                return
            self._meter.count(chunk)
            yield chunk

    def close(self) -> None:
        if hasattr(self._stream, "close"):
            self._stream.close()


def _plain(request: httpx2.Request, meter: Meter) -> httpcore2.Request:
    url = request.url
    timeouts: dict[str, float | None] = request.extensions.get("timeout", {})
    if (left := meter.left_seconds) is not None:  # waiting for a connection of the pool counts, too
        timeouts = {**timeouts, "pool": min(left, timeouts.get("pool") or left)}
    return httpcore2.Request(
        method=request.method,
        url=httpcore2.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path),
        headers=request.headers.raw,
        content=cast("Iterable[bytes]", request.stream),
        extensions={**request.extensions, "timeout": timeouts},
    )


def _is_packed(answer: httpcore2.Response) -> bool:
    # A few kilobytes can unpack to gigabytes, and the limit counts only what comes over the wire.
    encodings = [value.strip().lower() for name, value in answer.headers if name.lower() == b"content-encoding"]
    return any(encoding not in {b"", b"identity"} for encoding in encodings)


@contextmanager
def _names_of_httpx2() -> Generator[None]:
    """Raise httpcore2's errors as httpx2's errors of the same names. Refusals pass unchanged."""
    try:
        yield
    except (
        httpcore2.TimeoutException,
        httpcore2.NetworkError,
        httpcore2.ProtocolError,
        httpcore2.ProxyError,
        httpcore2.UnsupportedProtocol,
    ) as error:
        named: type[httpx2.TransportError] = getattr(httpx2, type(error).__name__)
        raise named(str(error)) from error
