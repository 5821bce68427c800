"""Wait for a run and answer, as a whole or as a stream. If the caller disconnects, only the wait ends: the run goes
on."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import aclosing, contextmanager
from typing import TypeVar

import structlog
from django.conf import settings
from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase

from accounts.errors import Refused as ActRefused
from saas.database.threads import in_thread
from saas.server.drain import drain
from studio.files import signed_links
from studio.gateway import answers, failures, outgoing, results
from studio.gateway.asks import Ask
from studio.gateway.doors import Caller
from studio.gateway.outgoing import Load
from studio.gateway.results import Result
from studio.models import Run, RunEvent
from studio.openai_wire import frames
from studio.openai_wire.refusals import Refused
from studio.providers.answers import Partial
from studio.waiting import follow

PULSE_SECONDS = 15.0

log = structlog.get_logger("darkroom.gateway")
News = TypeVar("News")
# Proxies must not buffer a stream, and must not compress pictures: that takes long and saves next to nothing.
STREAM_HEADERS = {"Cache-Control": "no-cache, no-transform", "X-Accel-Buffering": "no"}

log = structlog.get_logger("darkroom.gateway")


@contextmanager
def never_paid_twice(run: Run) -> Iterator[None]:
    """Turn every failure to answer for a submitted run into one that an SDK does not retry."""
    try:
        yield
    except (Refused, ActRefused):
        raise
    except Exception:
        log.exception("run not answered", run=str(run.code))
        raise told(run, failures.not_answered()) from None


async def whole(run: Run, ask: Ask, caller: Caller) -> HttpResponse:
    with outgoing.loading() as load:
        with never_paid_twice(run):
            await ended(run)
            body, headers = await in_thread(_whole, run, ask, caller, load)
        response = HttpResponse(body, content_type="application/json", headers=about(run) | headers)
        load.keep_for(response)
    response["Content-Length"] = len(body)
    response["Cache-Control"] = "private, no-store, no-transform"
    return response


def _whole(run: Run, ask: Ask, caller: Caller, load: Load) -> tuple[bytes, dict[str, str]]:
    result = result_of(run, caller, load, with_bytes=not ask.as_url)
    shown = [signed_links.to(made.output) for made in result.made] if ask.as_url else []
    return answers.whole(run, ask, result, shown), result.headers


async def ended(run: Run) -> None:
    async for _ in _in_time(run, follow.events(run)):
        pass


def result_of(run: Run, caller: Caller, load: Load, *, with_bytes: bool = True) -> Result:
    """Read the result of the run. Raise Refused if it has no picture."""
    result = results.read(run, (caller.member, caller.api_key), load, with_bytes=with_bytes)
    caller.call.is_answered = True
    if not result.made:
        raise told(run, failures.of(result.failed[0], wait_seconds=result.wait_seconds))
    return result


async def streamed(run: Run, ask: Ask, caller: Caller) -> HttpResponseBase:
    """Stream the answer. Wait for its first frame: a failure before it gets an HTTP status, as every client expects."""
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
    with never_paid_twice(run):
        async for partial in partials(run):
            match partial:
                case None:
                    yield frames.PING
                case None, index:
                    yield answers.lost(index)
                case picture, index:
                    yield answers.partial(run, picture, index)
        with outgoing.loading() as load:
            yield await in_thread(_completed, run, ask, caller, load)


def _completed(run: Run, ask: Ask, caller: Caller, load: Load) -> bytes:
    return answers.completed(run, ask, result_of(run, caller, load))


async def partials(run: Run) -> AsyncIterator[tuple[bytes | None, int] | None]:
    """Yield each partial with its index as it comes, until the run has ended. A partial that comes again, by the event
    that it is kept or from a second try, is yielded once. One that cannot be read is yielded once as None with its
    index. None alone is a heartbeat."""
    shown, lost = set[int](), set[int]()
    async for one in _in_time(run, follow.events_and_fresh_partials(run, pulse_seconds=PULSE_SECONDS)):
        if one is None:
            yield None
        elif (index := _index(one)) is not None and index not in shown:
            picture = await in_thread(_picture, run, one)
            if picture is None and index in lost:
                continue
            (lost if picture is None else shown).add(index)
            yield picture, index


def _picture(run: Run, one: RunEvent | Partial) -> bytes | None:
    """Return the partial as base64, or None if it cannot be read: the stream goes on, as the final is still to come."""
    try:
        return results.partial(run, one)
    except Exception:
        log.exception("partial not read", run=str(run.code))
        return None


async def _in_time(run: Run, news: AsyncGenerator[News, None]) -> AsyncIterator[News]:
    """Yield news for at most `API_WAIT_SECONDS`, however many heartbeats come, or until this process has drained. Then
    raise Refused."""
    ends_at = asyncio.get_running_loop().time() + settings.API_WAIT_SECONDS
    async with aclosing(news):
        while True:
            try:
                async with drain.until(ends_at):
                    event = await anext(news)
            except StopAsyncIteration:
                return
            except TimeoutError:
                failure = failures.restarting() if drain.is_over else failures.still_waiting(settings.API_WAIT_SECONDS)
                raise told(run, failure) from None
            yield event


def about(run: Run) -> dict[str, str]:
    """Return headers that OpenAI's API does not have and its clients ignore."""
    return {"x-darkroom-run": str(run.code)}


def told(run: Run, refusal: Refused) -> Refused:
    refusal.headers |= about(run)
    return refusal


def _index(one: RunEvent | Partial) -> int | None:
    """Return the index of a partial, or None for any other event."""
    if isinstance(one, Partial):
        return one.index
    return int(one.data["index"]) if one.type in follow.PARTIALS else None
