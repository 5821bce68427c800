"""Send a run's events as they happen: lines of JSON, or server-sent events if the caller accepts them."""

import asyncio
import json
import time
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import AbstractContextManager, aclosing
from typing import Any

from django.http import StreamingHttpResponse

from accounts.models import Membership
from saas.server.drain import drain
from studio.api.door import ApiRequest
from studio.models import Run, RunEvent
from studio.waiting import follow, places
from studio.waiting.places import Place

PULSE_SECONDS = 15.0
MOST_REPLAY_SECONDS = 600.0
NDJSON, SSE = "application/x-ndjson", "text/event-stream"
RESTARTING = "Darkroom is restarting. The run continues: follow it again from this event's seq."


def place_for(request: ApiRequest) -> AbstractContextManager[Place]:
    """Return a place for a caller who follows a run. Take it first, so that no run is made if there is no place."""
    return places.holding(request.auth.member, request.auth.api_key)


def stream_events(
    request: ApiRequest, run: Run, place: Place, *, after: int = 0, is_paced: bool = False
) -> StreamingHttpResponse:
    """Stream the run's events, at the pace in which they happened if `is_paced`. If the caller disconnects, or may not
    see the run any more, only the stream ends."""
    seen_by = request.auth.member
    is_sse = SSE in request.headers.get("Accept", "")
    response = StreamingHttpResponse(
        _write_events(run, after, seen_by, is_sse=is_sse, is_paced=is_paced),
        content_type=SSE if is_sse else NDJSON,
        headers={"Cache-Control": "no-cache, no-transform", "X-Accel-Buffering": "no", "x-darkroom-run": str(run.code)},
    )
    place.keep_for(response)
    return response


async def _write_events(
    run: Run, after: int, seen_by: Membership, *, is_sse: bool, is_paced: bool
) -> AsyncIterator[bytes]:
    following = follow.events(run, after=after, pulse_seconds=PULSE_SECONDS, seen_by=seen_by)
    following = _paced(following) if is_paced else following
    try:
        async for event in _until_drained(following):
            if event is not None:
                after = event.seq
                yield _event(message(run, event), is_sse=is_sse)
            else:
                yield b": ping\n\n" if is_sse else b'{"type":"pulse"}\n'
    except Drained:
        yield _event(restarting(run, after), is_sse=is_sse)


async def _paced(news: AsyncGenerator[RunEvent | None, None]) -> AsyncGenerator[RunEvent | None, None]:
    """Yield each event as long after the first one as it happened after it, with pulses between. What is left when the
    deadline has come follows at once."""
    began_at, first_at = time.monotonic(), None
    async with aclosing(news):
        async for event in news:
            if event is not None:
                first_at = first_at or event.at
                after_seconds = min((event.at - first_at).total_seconds(), MOST_REPLAY_SECONDS)
                while (left := began_at + after_seconds - time.monotonic()) > 0:
                    await asyncio.sleep(min(left, PULSE_SECONDS))
                    if left > PULSE_SECONDS:
                        yield None
            yield event


class Drained(Exception):
    """This process ends before the run does."""


async def _until_drained(news: AsyncGenerator[RunEvent | None, None]) -> AsyncIterator[RunEvent | None]:
    async with aclosing(news):
        while True:
            try:
                async with drain.until(None):
                    event = await anext(news)
            except StopAsyncIteration:
                return
            except TimeoutError:
                if drain.is_over:
                    raise Drained from None
                raise
            yield event


def restarting(run: Run, after: int) -> dict[str, Any]:
    """Write the error that ends a stream. Its `seq` is that of the last event, so a program resumes as after any
    other."""
    error = {"code": "restarting", "message": RESTARTING}
    return {"v": 1, "run": str(run.code), "seq": after, "type": "error", "error": error}


def message(run: Run, event: RunEvent) -> dict[str, Any]:
    """Write an event, with the URL of its picture, so that a program need not know how URLs are made."""
    said = event.as_message(str(run.code))
    if "output" in said:
        said["url"] = f"/api/v1/images/{said['output']}/original"
    if "partial" in said:
        said["url"] = f"/api/v1/partials/{said['partial']}/original"
    return said


def _event(said: dict[str, Any], *, is_sse: bool) -> bytes:
    text = json.dumps(said, separators=(",", ":"))
    return f"id: {said['seq']}\nevent: {said['type']}\ndata: {text}\n\n".encode() if is_sse else f"{text}\n".encode()
