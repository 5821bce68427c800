"""Keep what audit rows and logs need of the current request: its id, address and agent. Empty in a worker."""

import re
from contextvars import ContextVar
from dataclasses import dataclass
from hashlib import sha256
from ipaddress import IPv6Address, ip_address, ip_network
from urllib.parse import urlsplit

from django.conf import settings
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest
from django.http.request import split_domain_port

NETWORK_BITS = 64  # the network that one IPv6 customer gets, with free choice of the addresses in it

ORGANIZATION = re.compile(r"/o/([^/]{1,80})/")
TOKEN = re.compile(r"/[bg]/(d[bg]_[0-9A-Za-z_]{58})/", re.ASCII)  # of a kiosk or a guest


@dataclass(frozen=True)
class RequestInfo:
    id: str = ""
    address: str | None = None
    agent: str = ""


current: ContextVar[RequestInfo] = ContextVar("request_info", default=RequestInfo())  # noqa: B039 frozen


def route(request: HttpRequest) -> str:
    """Return the route's name, for logs and metrics; never the path, which contains invitations' tokens and slugs."""
    match = request.resolver_match
    return match.view_name if match and match.view_name else "none"


def what_it_shows(request: HttpRequest) -> str:
    """Return a hash of the request's key or session together with the organization in its path, or of the token that
    opens a kiosk or a guest's page, or "" if it has none of these. The hash cannot be made without them."""
    secret = request.headers.get("Authorization") or request.COOKIES.get(settings.SESSION_COOKIE_NAME)
    return hash_of_shown(secret or "", request.path)


def hash_of_shown(secret: str, path: str) -> str:
    secret = secret.rpartition(" ")[2]  # only the key of `Bearer dk_…`, however that is spelled
    if not secret and (token := TOKEN.match(path)):
        secret = token[1]
    if not secret:
        return ""
    named = ORGANIZATION.match(path)
    return sha256(f"{secret} {named[1] if named else ''}".encode()).hexdigest()


class PublicRequest(ASGIRequest):
    def build_absolute_uri(self, location: str | None = None) -> str:
        """Return the address at PUBLIC_URL, whatever host name the request has."""
        return public_url(self.get_full_path() if location is None else location)


def public_url(location: str) -> str:
    """Return the address of this path at PUBLIC_URL, whatever scheme and host `location` has."""
    parts = urlsplit(location)
    path = f"/{parts.path.lstrip('/')}"
    return settings.PUBLIC_URL + parts._replace(scheme="", netloc="", path=path).geturl()


def client_address(request: HttpRequest) -> str | None:
    """Return the peer's address, or the one that the trusted proxies report. Other entries of X-Forwarded-For are
    ignored."""
    return address_of(request.headers.get("X-Forwarded-For", ""), request.META.get("REMOTE_ADDR", ""))


def address_of(forwarded_for: str, peer: str) -> str | None:
    """Return the client's address, given X-Forwarded-For and the address of the TCP connection's other end."""
    hops: int = settings.TRUSTED_PROXIES
    forwarded = [part.strip() for part in forwarded_for.split(",") if part.strip()]
    if hops and len(forwarded) >= hops:
        return plain_address(forwarded[-hops])
    return plain_address(peer)


def client_network(request: HttpRequest) -> str | None:
    """Return the network by which a client's attempts are counted."""
    address = client_address(request)
    return address and network_of(address)


def network_of(address: str) -> str:
    """Return the network that counts as one client: an IPv4 address, or the /64 that one IPv6 customer owns."""
    parsed = ip_address(address)
    if not isinstance(parsed, IPv6Address):
        return address
    if parsed.ipv4_mapped:
        return str(parsed.ipv4_mapped)
    return str(ip_network((parsed, NETWORK_BITS), strict=False).network_address)


def plain_address(text: str) -> str | None:
    """Return the address without a zone, which PostgreSQL does not accept, and without the port that some proxies add.
    Return None if it is not an address."""
    for candidate in (text.partition("%")[0], split_domain_port(text)[0].strip("[]")):
        try:
            return str(ip_address(candidate))
        except ValueError:
            continue
    return None
