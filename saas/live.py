"""Announces to open sockets, from any thread and any process.

A message is a hint: it may be lost, and nothing may depend on it. The in-memory channel layer keeps its queues in the
web server's event loop, and a put from another thread wakes nobody there; so where the server's loop lives in this
process, announcing hops onto it. A worker process of the scaled-out size has a loop of its own for this, because the
layer keeps one connection to Redis for each loop, and a loop for each message would connect each time.
"""

import asyncio
import threading
from hashlib import sha256
from typing import Any

import structlog
from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer

log = structlog.get_logger("darkroom.live")

SEND_SECONDS = 5

_server_loop: asyncio.AbstractEventLoop | None = None


def bind_loop(loop: asyncio.AbstractEventLoop | None) -> None:
    """Called once by the web server that shares this process with workers."""
    global _server_loop  # noqa: PLW0603 one server per process
    _server_loop = loop


def bind_own_loop() -> None:
    """Called by a worker process; where a web server's loop is bound, that one stays."""
    if _server_loop is None:
        loop = asyncio.new_event_loop()
        threading.Thread(target=loop.run_forever, name="live", daemon=True).start()
        bind_loop(loop)


def announce(group: str, message: dict[str, Any]) -> None:
    """Fire and forget. `message["type"]` names the consumer's method, with dots for underscores."""
    try:
        if _server_loop is not None and _server_loop.is_running():
            asyncio.run_coroutine_threadsafe(_try(group, message), _server_loop)
        else:
            async_to_sync(_try)(group, message)
    except Exception:  # a loop that ends just now, or that runs in this very thread
        log.warning("announcement lost", group=group, exc_info=True)


async def send(group: str, message: dict[str, Any]) -> None:
    """Raises where the layer does not take it in time."""
    layer = get_channel_layer()
    if layer is None:
        raise RuntimeError("There is no channel layer.")
    await asyncio.wait_for(layer.group_send(group, message), SEND_SECONDS)


async def _try(group: str, message: dict[str, Any]) -> None:
    try:
        await send(group, message)
    except Exception:  # a hint that is lost costs nothing; the act that it told of has happened
        log.warning("announcement lost", group=group, exc_info=True)


def session_group(session_key: str) -> str:
    """Whoever reads the channel layer must not learn the key."""
    return f"session.{sha256(session_key.encode()).hexdigest()[:32]}"


def person_everywhere(user_id: int) -> str:
    return f"person.{user_id}"


def org_group(org_id: int) -> str:
    return f"org.{org_id}"


def person_group(org_id: int, user_id: int) -> str:
    return f"person.{org_id}.{user_id}"
