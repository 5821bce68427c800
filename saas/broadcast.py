"""Announce changes to open sockets, from any thread and any process.

A message is a hint: it may be lost, and nothing may depend on it. The in-memory channel layer keeps its queues in the
web server's event loop, and a put from another thread does not wake a reader there; so if the server's loop runs in
this process, announcements are scheduled on it. A worker process of the scaled-out size has a loop of its own for this,
because the layer keeps one connection to Redis for each loop, and a loop for each message would connect each time.
"""

import asyncio
import threading
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from hashlib import sha256
from typing import Any

import structlog
from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer

log = structlog.get_logger("darkroom.broadcast")

SEND_SECONDS = 2
SILENT_SECONDS = 1.0  # without sending after a lost message, so that a layer that hangs does not delay every caller

_server_loop: asyncio.AbstractEventLoop | None = None
_sending = set[asyncio.Task[None]]()
_lost = 0
_silent_until = 0.0


def bind_loop(loop: asyncio.AbstractEventLoop | None) -> None:
    """Announce on this loop. The web server that shares its process with workers calls this once."""
    global _server_loop  # noqa: PLW0603 one server per process
    _server_loop = loop


def bind_own_loop() -> None:
    """Announce on a new loop in a thread of its own, unless a web server's loop is bound. A worker calls this."""
    if _server_loop is None:
        loop = asyncio.new_event_loop()
        threading.Thread(target=loop.run_forever, name="live", daemon=True).start()
        bind_loop(loop)


def announce(group: str, message: dict[str, Any]) -> None:
    """Send a message to a group; never raise if it is lost. `message["type"]` names the consumer's method, with dots
    for underscores."""
    if time.monotonic() < _silent_until:
        _note_lost()
        return
    try:
        if _server_loop is not None and _server_loop.is_running():
            _server_loop.call_soon_threadsafe(_begin, group, message)
        else:
            async_to_sync(_try)(group, message)
    except Exception:  # the loop has just ended, or runs in this very thread
        _note_lost()
        log.warning("announcement lost", group=group, exc_info=True)


async def send(group: str, message: dict[str, Any]) -> None:
    """Send a message to a group. Raise an error if the layer does not take it in time."""
    layer = get_channel_layer()
    if layer is None:
        raise RuntimeError("There is no channel layer.")
    async with asyncio.timeout(SEND_SECONDS):
        await layer.group_send(group, message)


def _begin(group: str, message: dict[str, Any]) -> None:
    """Begin to send on this loop. A future for the calling thread, which does not wait, would cost as much again."""
    task = asyncio.get_running_loop().create_task(_try(group, message))
    _sending.add(task)  # or it could be garbage before it ends
    task.add_done_callback(_sending.discard)


async def _try(group: str, message: dict[str, Any]) -> None:
    try:
        await send(group, message)
    except Exception:  # a lost hint does no harm: the change that it announces has happened
        _be_silent()
        _note_lost()
        log.warning("announcement lost", group=group, exc_info=True)


def _be_silent() -> None:
    global _silent_until  # noqa: PLW0603 one layer per process
    _silent_until = time.monotonic() + SILENT_SECONDS


@asynccontextmanager
async def joined(group: str) -> AsyncIterator[tuple[Any, str]]:
    """Join a group. Yield the layer, and the channel on which it receives the group's messages."""
    layer: Any = get_channel_layer()
    channel = await layer.new_channel()
    await layer.group_add(group, channel)
    try:
        yield layer, channel
    finally:
        await layer.group_discard(group, channel)


def count_lost() -> int:
    """Return how many announcements of this process were lost, to compare with an earlier count."""
    return _lost


def _note_lost() -> None:
    global _lost  # noqa: PLW0603 one count per process
    _lost += 1


def session_group(session_key: str) -> str:
    """Return the group of a session's sockets. It is a hash, so that reading the channel layer discloses no key."""
    return f"session.{sha256(session_key.encode()).hexdigest()[:32]}"


def person_everywhere(user_id: int) -> str:
    return f"person.{user_id}"


def org_group(org_id: int) -> str:
    return f"org.{org_id}"


def person_group(org_id: int, user_id: int) -> str:
    return f"person.{org_id}.{user_id}"
