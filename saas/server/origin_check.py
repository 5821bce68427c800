"""Let only this Darkroom's own pages, by scheme, host and port, open a socket or use a passkey. A page on
another port of the same machine belongs to another program, and a browser sends it the same cookies."""

from collections.abc import Iterable
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.http import is_same_domain

from saas.server.host_check import Application, Receive, Scope, Send, refuse_socket

DEFAULT_PORTS = {"http": 80, "https": 443}
Origin = tuple[str, str, int]


class OurPagesOnly:
    def __init__(self, application: Application) -> None:
        self._application = application

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if _is_from_here(scope["headers"]):
            await self._application(scope, receive, send)
        else:
            await refuse_socket(receive, send)


def is_ours(origin: object, hosts: list[str]) -> bool:
    """Return whether a page with this origin is one of this Darkroom's. `hosts` are the hosts its request named."""
    parsed = _parsed(origin) if isinstance(origin, str) else None
    if parsed is None:
        return False
    return _is_same(parsed, hosts) or any(_matches(parsed, known) for known in settings.CSRF_TRUSTED_ORIGINS)


def _is_from_here(headers: Iterable[tuple[bytes, bytes]]) -> bool:
    said = [value.decode("latin1") for name, value in headers if name == b"origin"]
    hosts = [value.decode("latin1") for name, value in headers if name == b"host"]
    return len(said) == 1 and is_ours(said[0], hosts)


def _is_same(origin: Origin, hosts: list[str]) -> bool:
    """Return whether the page came from the one host that the request named, which saas.server.host_check has
    checked."""
    scheme = origin[0]
    if settings.IS_HTTPS and scheme != "https":
        return False
    return len(hosts) == 1 and _parsed(f"{scheme}://{hosts[0]}") == origin


def _matches(origin: Origin, known: str) -> bool:
    """Compare an origin with a trusted one, which may begin with a wildcard as in Django: https://*.example.com."""
    parsed = _parsed(known.replace("://*.", "://."))
    return parsed is not None and parsed[::2] == origin[::2] and is_same_domain(origin[1], parsed[1])


def _parsed(origin: str) -> Origin | None:
    try:
        parts = urlsplit(origin)
        scheme, host, port = parts.scheme, parts.hostname, parts.port
    except ValueError:
        return None
    if scheme not in DEFAULT_PORTS or not host or origin.lower().rpartition("://")[2] != parts.netloc.lower():
        return None
    if "@" in parts.netloc or "," in parts.netloc or port == 0:
        return None
    return scheme, host, port or DEFAULT_PORTS[scheme]
