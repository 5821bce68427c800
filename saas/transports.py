"""HTTP transports that connect only to addresses which a check has passed, and read only so much.

The check runs where the socket is opened, not before: whoever looks a name up twice can be told a public
address first and a private one afterwards (DNS rebinding). Only the socket gets the number. Certificate
check, SNI, Host header and the pool's key keep the name, so names on one machine never share a connection.

Built on the public parts of httpx2 and httpcore2: should they change, this breaks rather than lets through.
"""

import ssl
import time
from collections.abc import AsyncIterable, AsyncIterator, Callable, Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import cast

import anyio
import httpcore2
import httpx2

from saas import patience

# httpx2's own numbers for its pool.
MAX_CONNECTIONS = 100
MAX_IDLE_CONNECTIONS = 20
IDLE_SECONDS = 5.0


class ResponseRefused(httpx2.ReadError):
    """The answer was larger than agreed, or packed though asked for plain. The request had been sent."""


@dataclass(frozen=True, kw_only=True)
class Rules:
    """What a transport asks before it sends, and how much it may read."""

    check_url: Callable[[httpx2.URL], None]
    addresses: Callable[[str, int], Sequence[str]]
    limit_bytes: int
    deadline_seconds: float | None = None


class PinnedBackend(httpcore2.NetworkBackend):
    """Opens sockets to checked addresses only. Unix sockets it cannot open: the base class refuses."""

    def __init__(self, rules: Rules) -> None:
        self._rules = rules
        self._sockets = httpcore2.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.NetworkStream:
        failure: Exception = httpcore2.ConnectError("The name has no address.")
        for address, seconds in _shares(self._rules.addresses(host, port), timeout):
            try:
                found = self._sockets.connect_tcp(address, port, seconds, local_address, socket_options)
                return PatientStream(found)
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
                failure = error
        raise failure


class PatientStream(httpcore2.NetworkStream):
    """Reads in short waits, so that its thread can be called off. See saas.patience."""

    def __init__(self, stream: httpcore2.NetworkStream) -> None:
        self._stream = stream

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        wait = patience.current()
        if wait is None:
            return self._stream.read(max_bytes, timeout)
        until = None if timeout is None else time.monotonic() + timeout
        while True:
            _heed(wait)
            left = patience.LOOK_SECONDS if until is None else until - time.monotonic()
            try:
                return self._stream.read(max_bytes, max(0.001, min(patience.LOOK_SECONDS, left)))
            except httpcore2.ReadTimeout:
                if until is not None and time.monotonic() >= until:
                    raise

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        if wait := patience.current():
            _heed(wait)
        self._stream.write(buffer, timeout)

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.NetworkStream:
        return PatientStream(self._stream.start_tls(ssl_context, server_hostname, timeout))

    def get_extra_info(self, info: str) -> object:
        return self._stream.get_extra_info(info)


def _heed(wait: patience.Wait) -> None:
    if wait.is_called_off:
        raise httpcore2.ReadError("Called off.")
    if wait.is_over:
        raise httpcore2.ReadTimeout("The server's answer takes longer than it may.")


class AsyncPinnedBackend(httpcore2.AsyncNetworkBackend):
    def __init__(self, rules: Rules) -> None:
        self._rules = rules
        self._sockets = httpcore2.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - the base class's signature
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        failure: Exception = httpcore2.ConnectError("The name has no address.")
        for address, seconds in _shares(await self._addresses(host, port, timeout), timeout):
            try:
                return await self._sockets.connect_tcp(address, port, seconds, local_address, socket_options)
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
                failure = error
        raise failure

    async def _addresses(self, host: str, port: int, seconds: float | None) -> Sequence[str]:
        try:
            with anyio.fail_after(seconds):
                ask = self._rules.addresses
                return await anyio.to_thread.run_sync(ask, host, port, abandon_on_cancel=True)
        except TimeoutError:
            raise httpcore2.ConnectTimeout("Looking up the name took too long.") from None


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
        with _names_of_httpx2():
            answer = self._pool.handle_request(_plain(request))
        body = _Body(cast("Iterable[bytes]", answer.stream), Meter(self._rules))
        if _is_packed(answer):
            body.close()
            raise ResponseRefused("The server sent a packed answer although it was asked not to.")
        return httpx2.Response(answer.status, headers=answer.headers, stream=body, extensions=answer.extensions)

    def close(self) -> None:
        self._pool.close()


class AsyncGuardedTransport(httpx2.AsyncBaseTransport):
    def __init__(self, rules: Rules, tls: ssl.SSLContext) -> None:
        self._rules = rules
        self._pool = httpcore2.AsyncConnectionPool(
            ssl_context=tls,
            max_connections=MAX_CONNECTIONS,
            max_keepalive_connections=MAX_IDLE_CONNECTIONS,
            keepalive_expiry=IDLE_SECONDS,
            network_backend=AsyncPinnedBackend(rules),
        )

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        self._rules.check_url(request.url)
        with _names_of_httpx2():
            answer = await self._pool.handle_async_request(_plain(request))
        body = _AsyncBody(cast("AsyncIterable[bytes]", answer.stream), Meter(self._rules))
        if _is_packed(answer):
            await body.aclose()
            raise ResponseRefused("The server sent a packed answer although it was asked not to.")
        return httpx2.Response(answer.status, headers=answer.headers, stream=body, extensions=answer.extensions)

    async def aclose(self) -> None:
        await self._pool.aclose()


class Meter:
    """Counts what one answer brings. A timeout bounds the pause between two bytes; the deadline bounds the whole, so
    that a heartbeat which never ends does end."""

    def __init__(self, rules: Rules) -> None:
        self._left_bytes = rules.limit_bytes
        self._ends_at = time.monotonic() + rules.deadline_seconds if rules.deadline_seconds else None

    def count(self, chunk: bytes) -> None:
        if len(chunk) > self._left_bytes:
            raise ResponseRefused("The server's answer is larger than it may be.")
        self._left_bytes -= len(chunk)
        if self._ends_at is not None and time.monotonic() > self._ends_at:
            raise httpx2.ReadTimeout("The server's answer takes longer than it may.")


class _Body(httpx2.SyncByteStream):
    def __init__(self, stream: Iterable[bytes], meter: Meter) -> None:
        self._stream = stream
        self._meter = meter

    def __iter__(self) -> Iterator[bytes]:
        with _names_of_httpx2():
            for chunk in self._stream:
                self._meter.count(chunk)
                yield chunk

    def close(self) -> None:
        if hasattr(self._stream, "close"):
            self._stream.close()


class _AsyncBody(httpx2.AsyncByteStream):
    def __init__(self, stream: AsyncIterable[bytes], meter: Meter) -> None:
        self._stream = stream
        self._meter = meter

    async def __aiter__(self) -> AsyncIterator[bytes]:
        with _names_of_httpx2():
            async for chunk in self._stream:
                self._meter.count(chunk)
                yield chunk

    async def aclose(self) -> None:
        if hasattr(self._stream, "aclose"):
            await self._stream.aclose()


def _plain(request: httpx2.Request) -> httpcore2.Request:
    url = request.url
    return httpcore2.Request(
        method=request.method,
        url=httpcore2.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path),
        headers=request.headers.raw,
        content=cast("Iterable[bytes] | AsyncIterable[bytes]", request.stream),
        extensions=request.extensions,
    )


def _is_packed(answer: httpcore2.Response) -> bool:
    # A few kilobytes can unpack to gigabytes, and the limit counts only what comes over the wire.
    encodings = [value.strip().lower() for name, value in answer.headers if name.lower() == b"content-encoding"]
    return any(encoding not in {b"", b"identity"} for encoding in encodings)


def _shares(addresses: Sequence[str], timeout_seconds: float | None) -> Iterator[tuple[str, float | None]]:
    """Each address with its share of the time left, so that many dead ones take no longer than one."""
    deadline = None if timeout_seconds is None else time.monotonic() + timeout_seconds
    for tried, address in enumerate(addresses):
        if deadline is None:
            yield address, None
        else:
            yield address, max((deadline - time.monotonic()) / (len(addresses) - tried), 0.05)


@contextmanager
def _names_of_httpx2() -> Generator[None]:
    """httpcore2's errors as httpx2's, where they have the same names. Refusals pass as they are."""
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
