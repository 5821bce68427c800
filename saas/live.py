"""Announces to open sockets, from any thread and any process.

A message is a hint: it may be lost, and nothing may depend on it. The in-memory channel layer keeps its queues in the
web server's event loop, and a put from another thread wakes nobody there; so where the server's loop lives in this
process, announcing hops onto it. In a worker process of the scaled-out size the layer speaks to Redis by itself.
"""

import asyncio
from typing import Any

import structlog
from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer

log = structlog.get_logger("darkroom.live")

_server_loop: asyncio.AbstractEventLoop | None = None


def bind_loop(loop: asyncio.AbstractEventLoop | None) -> None:
    """Called once by the web server that shares this process with workers."""
    global _server_loop  # noqa: PLW0603 one server per process
    _server_loop = loop


def announce(group: str, message: dict[str, Any]) -> None:
    """Fire and forget. `message["type"]` names the consumer's method, with dots for underscores."""
    try:
        if _server_loop is not None and _server_loop.is_running():
            asyncio.run_coroutine_threadsafe(_send(group, message), _server_loop)
        else:
            async_to_sync(_send)(group, message)
    except Exception:  # a hint that is lost costs nothing; the act that it told of has happened
        log.warning("announcement lost", group=group, exc_info=True)


async def _send(group: str, message: dict[str, Any]) -> None:
    layer = get_channel_layer()
    if layer is not None:
        await layer.group_send(group, message)


def org_group(org_id: int) -> str:
    return f"org.{org_id}"


def person_group(org_id: int, user_id: int) -> str:
    return f"person.{org_id}.{user_id}"
