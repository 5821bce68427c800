"""Send requests to addresses that tenants chose, and never into our own network.

`check_url` checks the text of a URL, as given in a form. `guarded_client` makes the client for all requests to such a
URL, by the OpenAI SDK (`http_client=`) or by hand: it looks a name up once, refuses unless every address is public, and
connects to one of exactly these addresses. It refuses before a packet leaves.
"""

import socket
import ssl
from collections.abc import Iterable
from functools import lru_cache
from http.cookiejar import CookieJar, DefaultCookiePolicy

import httpcore2
import httpx2

from saas.outbound.addresses import is_metadata, is_public
from saas.outbound.check_url import UnsafeURL, check_url, is_allowed, is_literal, normal_host
from saas.outbound.sockets import Rules
from saas.outbound.transport import GuardedTransport, ResponseRefused

__all__ = [
    "AddressRefused",
    "ResponseRefused",
    "UnsafeURL",
    "check_url",
    "guarded_client",
    "is_public",
    "read_at_most",
    "resolve",
]

# Keeps an endless answer from filling the worker's memory. A caller that expects more passes its own limit.
LIMIT_BYTES = 64 * 1024 * 1024


class AddressRefused(UnsafeURL, httpx2.ConnectError):
    """The address is not allowed, and nothing was sent. It is also a ConnectError, so that code that handles network
    errors handles this one."""

    def __init__(self, sentence: str) -> None:
        httpx2.ConnectError.__init__(self, sentence)


def guarded_client(
    *,
    timeout: float | httpx2.Timeout,
    allowed_hosts: Iterable[str],
    limit_bytes: int = LIMIT_BYTES,
    deadline_seconds: float | None = None,
    tls: ssl.SSLContext | None = None,
) -> httpx2.Client:
    """Make a client for hostile addresses. It follows no redirects and ignores the environment's proxies. `timeout`
    bounds the pause between two bytes, `deadline_seconds` the whole answer."""
    transport = GuardedTransport(_rules(tuple(allowed_hosts), limit_bytes, deadline_seconds), tls or _default_tls())
    return httpx2.Client(
        transport=transport,
        timeout=timeout,
        follow_redirects=False,
        trust_env=False,
        headers={"Accept-Encoding": "identity"},
        cookies=_no_cookies(),
    )


def resolve(host: str, port: int) -> list[str]:
    """Look a name up; all look-ups pass here. Tests replace this function."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


def read_at_most(response: httpx2.Response, limit_bytes: int) -> bytes:
    """Return the body of a streamed response. Raise ResponseRefused as soon as it is longer than `limit_bytes`."""
    body = bytearray()
    for chunk in response.iter_bytes():
        if len(body) + len(chunk) > limit_bytes:
            raise ResponseRefused("The server's answer is larger than it may be.")
        body += chunk
    return bytes(body)


def _rules(allowed_hosts: tuple[str, ...], limit_bytes: int, deadline_seconds: float | None) -> Rules:
    def check(url: httpx2.URL) -> None:
        try:
            check_url(str(url), allowed_hosts=allowed_hosts, query=True)
        except UnsafeURL as error:
            raise AddressRefused(str(error)) from None

    def addresses(host: str, port: int) -> list[str]:
        return _checked_addresses(host, port, allowed_hosts)

    return Rules(check_url=check, addresses=addresses, limit_bytes=limit_bytes, deadline_seconds=deadline_seconds)


def _checked_addresses(host: str, port: int, allowed_hosts: tuple[str, ...]) -> list[str]:
    try:
        found = resolve(host, port)
    except (OSError, UnicodeError):
        raise httpcore2.ConnectError("The name of the server could not be found.") from None
    # One private address among public ones refuses the name. No honest public service has such a mixture, but a
    # rebinding attack does; and an internal name with both on purpose can be allowed by the operator.
    if not all(_may_connect(address, host, port, allowed_hosts) for address in found):
        raise AddressRefused("The address points inside a private network.")
    return found


def _may_connect(address: str, host: str, port: int, allowed_hosts: tuple[str, ...]) -> bool:
    if is_public(address):
        return True
    name = normal_host(host)
    if not is_allowed(name, port, allowed_hosts):
        return False
    # The owner of an allowed name, or of one below an allowed suffix, must not get our cloud's credentials.
    return is_literal(name) or not is_metadata(address)


@lru_cache(maxsize=1)
def _default_tls() -> ssl.SSLContext:
    """Make the TLS context once, because reading the certificates is slow. The operator's SSL_CERT_FILE is used."""
    return httpx2.create_ssl_context()


def _no_cookies() -> CookieJar:
    """Make a cookie jar that keeps nothing. A client may serve several tenants, and a cookie that a server sets for one
    must not be sent for another."""
    return CookieJar(policy=DefaultCookiePolicy(allowed_domains=[]))
