"""Stream partials one by one, then the final, unless the script makes the stream end otherwise."""

import asyncio
import time
from collections.abc import AsyncIterator
from functools import partial
from typing import Any, Protocol

from studio.openai_wire.frames import PING
from studio.sandbox import faults
from studio.sandbox.calls import Call
from studio.sandbox.directives import BEFORE
from studio.sandbox.paint_queue import paint
from studio.sandbox.painter import Painting


class Dialect(Protocol):
    """The events of a stream as the Images API or the Responses API writes them."""

    def opening(self) -> list[bytes]: ...
    def partial(self, picture: str, index: int) -> list[bytes]: ...
    def final(self, picture: str, delivered: int, *, with_usage: bool) -> list[bytes]: ...
    def failure(self, error: dict[str, Any], *, is_flat: bool) -> list[bytes]: ...


async def stream(call: Call, dialect: Dialect) -> AsyncIterator[bytes]:
    painting, script, fault_at = Painting(call.job), call.script, _fault_at(call)
    for frame in dialect.opening():
        yield frame
    for index in range(call.partials):
        if index == fault_at:
            break
        await asyncio.sleep(script.delay_seconds)
        picture = await paint(partial(painting.partial, index, call.partials), call.whose)
        for frame in dialect.partial(picture, index):
            yield frame
    if fault_at is not None:
        async for frame in _fault(call, dialect):
            yield frame
        return
    await asyncio.sleep(script.delay_seconds)
    picture = await paint(painting.final, call.whose)
    for frame in dialect.final(picture, call.partials, with_usage=script.fail != "no_usage"):
        yield frame


def _fault_at(call: Call) -> int | None:
    """Return after how many partials the stream fails, or None if it does not."""
    fail, after = call.script.fail, call.script.after
    if fail in {"", "no_usage", "json", "html"}:
        return None
    if after is None:
        after = call.partials if fail == "eof" else 0
    return min(after, call.partials)


async def _fault(call: Call, dialect: Dialect) -> AsyncIterator[bytes]:
    fail = call.script.fail
    if fail == "drip":
        async for frame in drip(PING, call):
            yield frame
    elif fail == "timeout":
        await asyncio.sleep(faults.LONGEST_WAIT_SECONDS)
    elif fail in {*BEFORE, "nested_error", "flat_error"}:
        await asyncio.sleep(call.script.delay_seconds)
        error = faults.inside(fail, call.asked.model.id)
        for frame in dialect.failure(error, is_flat=fail == "flat_error"):
            yield frame


async def drip(drop: bytes, call: Call) -> AsyncIterator[bytes]:
    """Yield heartbeats and never a picture, until the reader disconnects or no reader would wait any longer."""
    until = time.monotonic() + faults.LONGEST_WAIT_SECONDS
    while time.monotonic() < until:
        yield drop
        await asyncio.sleep(max(0.05, call.script.delay_seconds or 1.0))
