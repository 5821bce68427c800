"""Waits for a run and answers: at once as a whole, or as a stream. Whoever goes away stops waiting; the run goes on."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import TypeVar

from django.conf import settings
from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase

from saas.threads import in_thread
from studio import links, waiting
from studio.answers import Partial
from studio.gateway import answers, failures, results
from studio.gateway.asks import Ask
from studio.gateway.doors import Caller
from studio.gateway.results import Result
from studio.models import Run, RunEvent
from studio.wire.refusals import Refused

PULSE_SECONDS = 15.0
News = TypeVar("News")
# No proxy may gather a stream, and nothing may compress pictures: it takes long and saves next to nothing.
STREAM_HEADERS = {"Cache-Control": "no-cache, no-transform", "X-Accel-Buffering": "no"}


async def whole(run: Run, ask: Ask, caller: Caller) -> HttpResponse:
    await ended(run)
    body, headers = await in_thread(_whole, run, ask, caller)
    response = HttpResponse(body, content_type="application/json", headers=about(run) | headers)
    response["Content-Length"] = len(body)
    response["Cache-Control"] = "private, no-store, no-transform"
    return response


def _whole(run: Run, ask: Ask, caller: Caller) -> tuple[bytes, dict[str, str]]:
    result = result_of(run, caller, with_bytes=not ask.as_url)
    shown = [links.to(made.output) for made in result.made] if ask.as_url else []
    return answers.whole(run, ask, result, shown), result.headers


async def ended(run: Run) -> None:
    async for _ in _in_time(run, waiting.events(run)):
        pass


def result_of(run: Run, caller: Caller, *, with_bytes: bool = True) -> Result:
    """Raises where no picture came."""
    result = results.read(run, (caller.member, caller.api_key), with_bytes=with_bytes)
    if not result.made:
        raise told(run, failures.of(result.failed[0]))
    return result


async def streamed(run: Run, ask: Ask, caller: Caller) -> HttpResponseBase:
    """The first frame is awaited: what fails before it is told by the HTTP status, as every client understands it."""
    frames = _frames(run, ask, caller)
    first = await anext(frames)
    return StreamingHttpResponse(
        _after(first, frames), content_type="text/event-stream; charset=utf-8", headers=STREAM_HEADERS | about(run)
    )


async def _after(first: bytes, frames: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield first
    try:
        async for frame in frames:
            yield frame
    except Refused as refusal:
        yield answers.failed(refusal)


async def _frames(run: Run, ask: Ask, caller: Caller) -> AsyncIterator[bytes]:
    async for partial in partials(run):
        yield answers.partial(run, *partial) if partial else answers.PING
    yield await in_thread(_completed, run, ask, caller)


def _completed(run: Run, ask: Ask, caller: Caller) -> bytes:
    return answers.completed(run, ask, result_of(run, caller))


async def partials(run: Run) -> AsyncIterator[tuple[bytes, int] | None]:
    """Each frame with its index as it comes, until the run has ended; None as a sign of life. One that is told again,
    by the event that it is kept or by a second try, is told once."""
    newest = -1
    async for one in _in_time(run, waiting.events_and_fresh_partials(run, pulse_seconds=PULSE_SECONDS)):
        if one is None:
            yield None
        elif (index := _index(one)) > newest:
            picture = await in_thread(results.partial, run, one)
            if picture is not None:
                newest = index
                yield picture, index


async def _in_time(run: Run, news: AsyncGenerator[News, None]) -> AsyncIterator[News]:
    """Nobody waits for ever, not even for a run that gives signs of life."""
    ends_at = asyncio.get_running_loop().time() + settings.API_WAIT_SECONDS
    async with aclosing(news):
        while True:
            try:
                async with asyncio.timeout_at(ends_at):
                    event = await anext(news)
            except StopAsyncIteration:
                return
            except TimeoutError:
                raise told(run, failures.still_waiting(settings.API_WAIT_SECONDS)) from None
            yield event


def about(run: Run) -> dict[str, str]:
    """Extra answers, in headers that OpenAI's clients pass over."""
    return {"x-darkroom-run": str(run.code)}


def told(run: Run, refusal: Refused) -> Refused:
    refusal.headers |= about(run)
    return refusal


def _index(one: RunEvent | Partial) -> int:
    """Of a partial picture; -1 of anything else."""
    if isinstance(one, Partial):
        return one.index
    return int(one.data["index"]) if one.type == "partial" else -1
