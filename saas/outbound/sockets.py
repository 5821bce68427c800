"""Open sockets only to addresses that have passed a check, and keep to the deadline of their thread.

The check runs where the socket is opened, not before: a name that is looked up twice may point to a public address
first and to a private one afterwards (DNS rebinding). Only the socket gets the IP address. Certificate check, SNI, Host
header and the pool's key keep the name, so names on one machine never share a connection."""

import math
import ssl
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import httpcore2
import httpx2

from saas.outbound import cancellation, dns

PIECE_BYTES = 16 * 1024
READ_BYTES = 512 * 1024  # at once: httpcore2 would take a picture in thirty pieces, each through five layers
SHORTEST_SECONDS = 0.001
TOO_LONG = "The server's answer takes longer than it may."


@dataclass(frozen=True, kw_only=True)
class Rules:
    """The checks that a transport makes before it sends, and the limits on what it reads."""

    check_url: Callable[[httpx2.URL], None]
    addresses: Callable[[str, int], Sequence[str]]
    limit_bytes: int
    deadline_seconds: float | None = None


class PinnedBackend(httpcore2.NetworkBackend):
    """A backend that opens sockets to checked addresses only, and no Unix sockets: the base class refuses those."""

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
        seconds = _left(timeout, httpcore2.ConnectTimeout)
        began = time.monotonic()
        found = dns.within(seconds, self._rules.addresses, host, port)
        left = None if seconds is None else max(seconds - (time.monotonic() - began), 0.05)
        for address, share in _shares(found, left):
            try:
                opened = self._sockets.connect_tcp(address, port, share, local_address, socket_options)
                return PatientStream(opened)
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
                failure = error
        raise failure


class PatientStream(httpcore2.NetworkStream):
    """A socket that stops at the deadline of the thread that uses it, and when its call is called off. See
    saas.outbound.cancellation."""

    def __init__(self, stream: httpcore2.NetworkStream) -> None:
        self._stream = stream

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        until = None if timeout is None else time.monotonic() + timeout
        while True:
            seconds = _left(None if until is None else until - time.monotonic(), httpcore2.ReadTimeout)
            look = seconds if cancellation.current() is None else min(cancellation.LOOK_SECONDS, seconds or math.inf)
            try:
                return self._stream.read(max(max_bytes, READ_BYTES), look)
            except httpcore2.ReadTimeout:
                if until is not None and time.monotonic() >= until:
                    raise

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Write in pieces, because a server that reads a byte now and then would keep one long write going forever."""
        for at in range(0, len(buffer), PIECE_BYTES):
            self._stream.write(buffer[at : at + PIECE_BYTES], _left(timeout, httpcore2.WriteTimeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.NetworkStream:
        seconds = _left(timeout, httpcore2.ConnectTimeout)
        return PatientStream(self._stream.start_tls(ssl_context, server_hostname, seconds))

    def get_extra_info(self, info: str) -> object:
        return self._stream.get_extra_info(info)


def _left(timeout: float | None, too_late: type[httpcore2.TimeoutException]) -> float | None:
    """Return the seconds that the next step on the network may take. Raise `too_late` if none are left, and ReadError
    if the call was called off."""
    if cancellation.is_called_off():
        raise httpcore2.ReadError("Called off.")
    ends_at = cancellation.deadline()
    if ends_at is None:
        return None if timeout is None else max(timeout, SHORTEST_SECONDS)
    left = ends_at - time.monotonic()
    if left <= 0:
        raise too_late(TOO_LONG)
    return max(left if timeout is None else min(left, timeout), SHORTEST_SECONDS)


def _shares(addresses: Sequence[str], timeout_seconds: float | None) -> Iterator[tuple[str, float | None]]:
    """Yield each address with its share of the time left, so that many dead ones take no longer than one."""
    deadline = None if timeout_seconds is None else time.monotonic() + timeout_seconds
    for tried, address in enumerate(addresses):
        if deadline is None:
            yield address, None
        else:
            yield address, max((deadline - time.monotonic()) / (len(addresses) - tried), 0.05)
