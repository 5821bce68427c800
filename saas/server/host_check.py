"""Refuse requests for hosts that the operator has not allowed, before any application sees them.

What a request says of Darkroom's address (host, path, prefix) is checked or dropped, whichever server is in front and
whether the request is for a page, for the API or for a socket."""

import re
from collections.abc import Awaitable, Callable
from typing import Any

import structlog
from django.conf import settings
from django.http.request import split_domain_port, validate_host

CONTROL_CHARACTERS = re.compile(r"[\x00-\x1f\x7f]")
HIGHEST_PORT = 65535
DEBUG_HOSTS = [".localhost", "127.0.0.1", "[::1]"]  # Django's own default if ALLOWED_HOSTS is empty

LIFE = "/healthz"
WRONG_TARGET = "The request must name a path that begins with a slash."
WRONG_PATH = "The path contains control characters."
TWO_HOSTS = "The request names more than one host."
WRONG_HOST = "Darkroom does not answer to this host name. The operator can add it to ALLOWED_HOSTS."

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

log = structlog.get_logger("darkroom.http")


class Doorstep:
    def __init__(self, application: Application) -> None:
        self._application = application

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if fault := _fault(scope):
            log.info("refused at the door", reason=fault)
            await _refuse(scope, receive, send, fault)
        else:
            # Servers take the prefix from a header that any client may send, and every link would begin with it.
            scope = {**scope, "root_path": ""}
            await self._application(_by_our_name(scope) if _is_asked_for_life(scope) else scope, receive, send)


def _fault(scope: Scope) -> str:
    if not scope["path"].startswith("/"):
        return WRONG_TARGET
    if CONTROL_CHARACTERS.search(scope["path"]):
        return WRONG_PATH
    hosts = [value.decode("latin1") for name, value in scope["headers"] if name == b"host"]
    if len(hosts) > 1:
        return TWO_HOSTS
    return "" if _is_asked_for_life(scope) or all(_is_ours(host) for host in hosts) else WRONG_HOST


def _is_asked_for_life(scope: Scope) -> bool:
    """Return whether this is a check for life. A proxy sends it to a process's address, which need not be an allowed
    host; the answer is the same for any host."""
    return bool(scope["type"] == "http" and scope["path"] == LIFE)


def _by_our_name(scope: Scope) -> Scope:
    """Return the scope with an allowed host, because Django checks the host as well."""
    others = [(name, value) for name, value in scope["headers"] if name != b"host"]
    return {**scope, "headers": [*others, (b"host", _allowed()[0].lstrip(".").replace("*", "localhost").encode())]}


def _is_ours(host: str) -> bool:
    domain, port = split_domain_port(host)
    return bool(domain) and validate_host(domain, _allowed()) and (not port or 0 < int(port) <= HIGHEST_PORT)


def _allowed() -> list[str]:
    allowed: list[str] = settings.ALLOWED_HOSTS
    return allowed or (DEBUG_HOSTS if settings.DEBUG else [])


async def refuse_socket(receive: Receive, send: Send) -> None:
    """Answer the handshake with 403."""
    await receive()
    await send({"type": "websocket.close"})


async def _refuse(scope: Scope, receive: Receive, send: Send, fault: str) -> None:
    if scope["type"] == "websocket":
        await refuse_socket(receive, send)
        return
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"x-content-type-options", b"nosniff")]
    await send({"type": "http.response.start", "status": 400, "headers": headers})
    await send({"type": "http.response.body", "body": f"{fault}\n".encode()})
