"""A run's events as they happen: lines of JSON, or server-sent events where they are accepted."""

import json
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any

from django.http import StreamingHttpResponse

from accounts.models import Membership
from studio import waiting
from studio.api.door import ApiRequest
from studio.models import Run, RunEvent

PULSE_SECONDS = 15.0
NDJSON, SSE = "application/x-ndjson", "text/event-stream"


def of(request: ApiRequest, run: Run, *, after: int = 0) -> StreamingHttpResponse:
    """Whoever goes away, or may not see it any more, stops hearing of it; the run goes on."""
    seen_by = request.auth.member
    is_sse = SSE in request.headers.get("Accept", "")
    return StreamingHttpResponse(
        _said(run, after, seen_by, is_sse=is_sse),
        content_type=SSE if is_sse else NDJSON,
        headers={"Cache-Control": "no-cache, no-transform", "X-Accel-Buffering": "no", "x-darkroom-run": str(run.code)},
    )


async def _said(run: Run, after: int, seen_by: Membership, *, is_sse: bool) -> AsyncIterator[bytes]:
    following = waiting.events(run, after=after, pulse_seconds=PULSE_SECONDS, seen_by=seen_by)
    async with aclosing(following) as news:
        async for event in news:
            if event is not None:
                yield _event(message(run, event), is_sse=is_sse)
            else:
                yield b": ping\n\n" if is_sse else b'{"type":"pulse"}\n'


def message(run: Run, event: RunEvent) -> dict[str, Any]:
    """With addresses, so that a program need not know how they are made."""
    said = event.as_message(str(run.code))
    if "output" in said:
        said["url"] = f"/api/v1/images/{said['output']}/original"
    if "partial" in said:
        said["url"] = f"/api/v1/partials/{said['partial']}/original"
    return said


def _event(said: dict[str, Any], *, is_sse: bool) -> bytes:
    text = json.dumps(said, separators=(",", ":"))
    return f"id: {said['seq']}\nevent: {said['type']}\ndata: {text}\n\n".encode() if is_sse else f"{text}\n".encode()
