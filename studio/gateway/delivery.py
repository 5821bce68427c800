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

from accounts.errors import Refused
from saas.database.threads import in_thread
from saas.server.drain import drain
from studio.gateway import answer_memory, answers, failure_answers, results
from studio.gateway.answer_memory import AnswerMemory
from studio.gateway.doors import GatewayCaller
from studio.gateway.parameters import ImageRequest
from studio.gateway.results import Result
from studio.models import Run, RunEvent
from studio.openai_wire import frames
from studio.openai_wire.errors import OpenAIError
from studio.providers.answers import Partial
from studio.waiting import follow
from studio.waiting.relay import Finals

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
    except (OpenAIError, Refused):
        raise
    except Exception:
        log.exception("run not answered", run=str(run.code))
        raise with_run_headers(run, failure_answers.not_answered()) from None


async def answer_whole(run: Run, image_request: ImageRequest, caller: GatewayCaller) -> HttpResponse:
    with answer_memory.reserve() as memory:
        with never_paid_twice(run), caller.ahead.finals_of(run) as finals:
            await wait_until_ended(run, caller)
            body, headers = await in_thread(_write_whole, run, image_request, caller, memory, finals)
        response = HttpResponse(body, content_type="application/json", headers=run_headers(run) | headers)
        memory.keep_for(response)
    response["Content-Length"] = len(body)
    response["Cache-Control"] = "private, no-store, no-transform"
    return response


def _write_whole(
    run: Run, image_request: ImageRequest, caller: GatewayCaller, memory: AnswerMemory, finals: Finals
) -> tuple[bytes, dict[str, str]]:
    result = result_of(run, caller, memory, finals, with_links=image_request.as_url)
    return answers.write_answer(run, image_request, result), result.headers


async def wait_until_ended(run: Run, caller: GatewayCaller) -> None:
    async for _ in _in_time(run, follow.events(run, ahead=caller.ahead)):
        pass


def result_of(
    run: Run,
    caller: GatewayCaller,
    memory: AnswerMemory,
    finals: Finals,
    *,
    with_links: bool = False,
    takes_words: bool = False,
) -> Result:
    """Read the result of the run. Raise OpenAIError if it has no picture, and no words that would do, too."""
    payer = (caller.member, caller.api_key)
    result = results.read_result(run, payer, memory, finals.by_slot, with_links=with_links)
    caller.call.is_answered = True
    if not result.made and not (takes_words and result.failed[0].words):
        raise with_run_headers(run, failure_answers.error_of_slot(result.failed[0], wait_seconds=result.wait_seconds))
    return result


async def answer_streamed(run: Run, image_request: ImageRequest, caller: GatewayCaller) -> HttpResponseBase:
    """Stream the answer. Wait for its first frame: a failure before it gets an HTTP status, as every client expects."""
    frames = _frames(run, image_request, caller)
    first = await anext(frames)
    return StreamingHttpResponse(
        _after(first, frames),
        content_type="text/event-stream; charset=utf-8",
        headers=STREAM_HEADERS | run_headers(run),
    )


async def _after(first: bytes, frames: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield first
    try:
        async for frame in frames:
            yield frame
    except OpenAIError as refusal:
        yield answers.write_failed(refusal)


async def _frames(run: Run, image_request: ImageRequest, caller: GatewayCaller) -> AsyncIterator[bytes]:
    with never_paid_twice(run), caller.ahead.finals_of(run) as finals:
        async for partial in partials(run, caller):
            match partial:
                case None:
                    yield frames.PING
                case None, index:
                    yield answers.write_lost(index)
                case picture, index:
                    yield answers.write_partial(run, picture, index)
        with answer_memory.reserve() as memory:
            yield await in_thread(_completed, run, image_request, caller, memory, finals)


def _completed(
    run: Run, image_request: ImageRequest, caller: GatewayCaller, memory: AnswerMemory, finals: Finals
) -> bytes:
    return answers.write_completed(run, image_request, result_of(run, caller, memory, finals))


async def partials(run: Run, caller: GatewayCaller) -> AsyncIterator[tuple[bytes | memoryview | None, int] | None]:
    """Yield each partial with its index as it comes, until the run has ended. A partial that comes again, by the event
    that it is kept or from a second try, is yielded once. One that cannot be read is yielded once as None with its
    index. None alone is a heartbeat."""
    shown, lost = set[int](), set[int]()
    async for one in _in_time(
        run, follow.events_and_fresh_partials(run, pulse_seconds=PULSE_SECONDS, ahead=caller.ahead)
    ):
        if one is None:
            yield None
        elif (index := _index(one)) is not None and index not in shown:
            picture = await in_thread(_picture, run, one)
            if picture is None and index in lost:
                continue
            (lost if picture is None else shown).add(index)
            yield picture, index


def _picture(run: Run, one: RunEvent | Partial) -> bytes | memoryview | None:
    """Return the partial as base64, or None if it cannot be read: the stream goes on, as the final is still to come."""
    try:
        return results.read_partial(run, one)
    except Exception:
        log.exception("partial not read", run=str(run.code))
        return None


async def _in_time(run: Run, news: AsyncGenerator[News, None]) -> AsyncIterator[News]:
    """Yield news for at most `API_WAIT_SECONDS`, however many heartbeats come, or until this process has drained. Then
    raise OpenAIError."""
    ends_at = asyncio.get_running_loop().time() + settings.API_WAIT_SECONDS
    async with aclosing(news):
        while True:
            try:
                async with drain.until(ends_at):
                    event = await anext(news)
            except StopAsyncIteration:
                return
            except TimeoutError:
                failure = (
                    failure_answers.restarting()
                    if drain.is_over
                    else failure_answers.still_waiting(settings.API_WAIT_SECONDS)
                )
                raise with_run_headers(run, failure) from None
            yield event


def run_headers(run: Run) -> dict[str, str]:
    """Return headers that OpenAI's API does not have and its clients ignore."""
    return {"x-darkroom-run": str(run.code)}


def with_run_headers(run: Run, refusal: OpenAIError) -> OpenAIError:
    refusal.headers |= run_headers(run)
    return refusal


def _index(one: RunEvent | Partial) -> int | None:
    """Return the index of a partial, or None for any other event."""
    if isinstance(one, Partial):
        return one.index
    return int(one.data["index"]) if one.type in follow.PARTIALS else None
