"""Answer a call over HTTP, in the format of the Images API or the Responses API, streamed or not."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

from django.http import HttpResponse, JsonResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase

from studio.openai_wire.errors import OpenAIError
from studio.sandbox import faults, paint_queue
from studio.sandbox.calls import Call
from studio.sandbox.directives import BEFORE
from studio.sandbox.paint_queue import paint
from studio.sandbox.painter import Painting
from studio.sandbox.streaming import Dialect, drip, stream

Body = Callable[[list[str], bool], dict[str, Any]]


async def answer(call: Call, *, body: Body, dialect: Dialect | None) -> HttpResponseBase:
    """Answer the call as its script says. `body` writes the JSON; with a dialect the answer is streamed."""
    paint_queue.check_room(call.whose, call.asked.n)
    script = call.script
    is_inside = dialect is not None and script.after is not None
    if script.fail in BEFORE and not is_inside:
        raise faults.refusal(script.fail, call.asked.model.id)
    if script.fail == "timeout" and not is_inside:
        await asyncio.sleep(faults.LONGEST_WAIT_SECONDS)
        raise OpenAIError("The request timed out.", status=504, kind="server_error")
    if script.fail == "html":
        return HttpResponse(faults.HTML)
    if dialect is not None and script.fail != "json":
        return _events(stream(call, dialect))
    return await _answer_at_once(call, body)


async def _answer_at_once(call: Call, body: Body) -> HttpResponseBase:
    fail = call.script.fail
    if fail == "drip":
        return StreamingHttpResponse(drip(b" ", call), content_type="application/json")
    await asyncio.sleep(call.script.delay_seconds)
    if fail in {"nested_error", "flat_error"}:
        error = faults.inside(fail, call.asked.model.id)
        return JsonResponse({"type": "error", **error} if fail == "flat_error" else {"error": error})
    paintings = [Painting(call.sibling(index)) for index in range(call.asked.n)]
    pictures = await asyncio.gather(*(paint(painting.final, call.whose) for painting in paintings))
    answered = JsonResponse(body(pictures, fail != "no_usage"))
    if fail == "eof":
        answered.content = answered.content[: len(answered.content) // 2]
    return answered


def _events(frames: AsyncIterator[bytes]) -> StreamingHttpResponse:
    """Stream the frames, with headers that keep proxies from buffering them."""
    headers = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no"}
    return StreamingHttpResponse(frames, content_type="text/event-stream; charset=utf-8", headers=headers)
