"""What is known of the request in hand, for audit rows and logs; empty in a worker."""

from contextvars import ContextVar
from dataclasses import dataclass
from ipaddress import ip_address

from django.conf import settings
from django.http import HttpRequest


@dataclass(frozen=True)
class RequestInfo:
    id: str = ""
    address: str | None = None
    agent: str = ""


current: ContextVar[RequestInfo] = ContextVar("request_info", default=RequestInfo())  # noqa: B039 frozen


def route(request: HttpRequest) -> str:
    """The route's name, for logs and metrics; never the path, which holds invitations' tokens and slugs."""
    match = request.resolver_match
    return match.view_name if match and match.view_name else "none"


def client_address(request: HttpRequest) -> str | None:
    """The peer, or what the nearest trusted proxy says of it. Untrusted X-Forwarded-For words are never believed."""
    hops: int = settings.TRUSTED_PROXIES
    if hops:
        forwarded = [part.strip() for part in request.headers.get("X-Forwarded-For", "").split(",") if part.strip()]
        if len(forwarded) >= hops:
            return plain_address(forwarded[-hops])
    return plain_address(request.META.get("REMOTE_ADDR", ""))


def plain_address(text: str) -> str | None:
    try:
        return str(ip_address(text.partition("%")[0]))  # PostgreSQL takes no zone
    except ValueError:
        return None
