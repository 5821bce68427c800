"""Call a provider through the OpenAI SDK, which only this module knows: build the request, let the SDK send it, and
hand the raw answer to `studio.providers.answers`. Nothing is ever sent twice: no SDK retries, no redirects."""

import time
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager, suppress
from functools import lru_cache
from math import inf
from typing import Any

import httpx2
import openai
from openai._constants import RAW_RESPONSE_HEADER

from saas.outbound import cancellation, guarded_http
from saas.outbound.cancellation import Wait
from studio.providers import answers, error_codes, text_answers, text_budget
from studio.providers.adapter import Endpoint, Request
from studio.providers.answers import Final, Frame, Reading
from studio.providers.outcomes import ProviderError
from studio.providers.refusals import Refusal
from studio.providers.text_answers import Written

CONNECT_SECONDS = 10.0
LAST_SECONDS = 0.05  # for what follows a final; as a rule it has come by the time the picture is stored
OPENAI_IMAGES = "images"
OPENAI_RESPONSES = "responses"
LONGEST_DATA_URL = 20_971_520  # characters, of one picture in a JSON edit
LARGEST_JSON_EDIT = 4 * LONGEST_DATA_URL
# Of a whole answer. The largest picture that may be asked for, 2880 by 2880 of noise with alpha, is 47 MB as base64
# (35 MB without alpha); it comes up to five times: three partials, and twice in the end of a conversation.
LIMIT_BYTES = 256 * 1024 * 1024
ERROR_LIMIT_BYTES = 64 * 1024  # of an error; most have a few hundred


def develop(
    endpoint: Endpoint, request: Request, *, before_sending: Callable[[], None]
) -> Generator[Frame, None, None]:
    """Yield partials as they come, then exactly one Final, or raise ProviderError. While the caller handles a frame,
    the provider's deadline is paused."""
    reading = Reading(tenant=endpoint.tenant)
    wait = cancellation.current() or Wait()
    try:
        before_sending()
        wait.end_in(endpoint.deadline_seconds)
        with _send(endpoint, request) as answer:
            reading.request_id = answer.headers.get("x-request-id", "")
            reading.ends_at = wait.ends_at or inf
            frames = answers.frames(answer, reading)
            for frame in frames:
                with wait.paused():
                    yield frame
                reading.ends_at = wait.ends_at or inf
                if isinstance(frame, Final):
                    reading.ends_at = time.monotonic() + LAST_SECONDS
                    _read_on(frames, reading.ends_at)
    except openai.APIStatusError as error:
        raise _of_status(error) from error
    except (openai.APIConnectionError, httpx2.HTTPError) as error:
        is_past_deadline = wait.ends_at is not None and time.monotonic() >= wait.ends_at
        raise _of_network(error, reading, is_past_deadline) from error
    if not reading.has_final:
        raise ProviderError("no_picture", request_id=reading.request_id)


def _read_on(frames: Iterator[Frame], until: float) -> None:
    """Read for a moment what a provider sends after its final, and ignore it: a connection whose answer was read to its
    end takes the next call, without another handshake."""
    with suppress(Exception), cancellation.until(until):
        for _ in frames:
            pass


def write(endpoint: Endpoint, *, model: str, instructions: str, prompt: str, most_tokens: int) -> Written:
    """Ask for a text by the Responses API. Raise ProviderError if none comes."""
    began, request_id = time.monotonic(), ""
    try:
        client = _client(endpoint, limit_bytes=text_answers.LIMIT_BYTES)
        respond: Any = client.responses.with_streaming_response.create
        with respond(
            model=model, instructions=instructions, input=prompt, max_output_tokens=most_tokens, store=False
        ) as answer:
            request_id = answer.headers.get("x-request-id", "")
            body = b"".join(answer.iter_bytes())
    except openai.APIStatusError as error:
        raise _of_status(error) from error
    except guarded_http.ResponseRefused as error:
        raise ProviderError("too_large", request_id=request_id) from error
    except (openai.APIConnectionError, httpx2.HTTPError) as error:
        reading = Reading(request_id=request_id)
        raise _of_network(error, reading, time.monotonic() - began >= endpoint.deadline_seconds) from error
    return text_answers.read_answer(body, request_id)


@contextmanager
def calling(endpoint: Endpoint, *, limit_bytes: int) -> Iterator[openai.OpenAI]:
    """Yield a client for calls that make no picture themselves. Raise ProviderError for all that goes wrong."""
    try:
        yield _client(endpoint, limit_bytes=limit_bytes)
    except openai.APIStatusError as error:
        raise _of_status(error) from error
    except guarded_http.ResponseRefused as error:
        raise ProviderError("too_large") from error
    except (openai.APIConnectionError, httpx2.HTTPError) as error:
        raise _of_network(error, Reading(), is_past_deadline=False) from error
    except (openai.OpenAIError, ValueError) as error:  # an answer that is no JSON, or other JSON
        raise ProviderError("strange_answer", details={"error": type(error).__name__}) from error


@lru_cache(maxsize=64)
def _http(allowed_hosts: tuple[str, ...], deadline_seconds: float, limit_bytes: int = LIMIT_BYTES) -> httpx2.Client:
    """Return a client, kept so that a call finds an open connection. It carries no key or cookie to the next call."""
    client = guarded_http.guarded_client(
        timeout=httpx2.Timeout(deadline_seconds, connect=CONNECT_SECONDS),  # a slow picture may come in silence
        deadline_seconds=deadline_seconds,
        allowed_hosts=allowed_hosts,
        limit_bytes=limit_bytes,
    )
    client.event_hooks = {"response": [_bound_error]}
    return client


class _Beginning(httpx2.SyncByteStream):
    """The beginning of a body, up to a limit: the SDK would read all of an error."""

    def __init__(self, stream: httpx2.SyncByteStream, limit_bytes: int) -> None:
        self._stream, self._left_bytes = stream, limit_bytes

    def __iter__(self) -> Iterator[bytes]:
        for chunk in self._stream:
            yield chunk[: self._left_bytes]
            self._left_bytes -= len(chunk)
            if self._left_bytes <= 0:
                return

    def close(self) -> None:
        self._stream.close()


def _bound_error(response: httpx2.Response) -> None:
    if not response.is_success and isinstance(response.stream, httpx2.SyncByteStream):
        response.stream = _Beginning(response.stream, ERROR_LIMIT_BYTES)


def _client(endpoint: Endpoint, limit_bytes: int = LIMIT_BYTES) -> openai.OpenAI:
    return openai.OpenAI(
        api_key=endpoint.key.reveal(),
        base_url=endpoint.base_url,
        organization=endpoint.organization or None,
        project=endpoint.project or None,
        http_client=_http(endpoint.allowed_hosts, endpoint.deadline_seconds, limit_bytes),
        max_retries=0,
    )


def _send(endpoint: Endpoint, request: Request) -> Any:
    client = _client(endpoint)
    stream = {"stream": True, "partial_images": request.partial_images} if endpoint.can_stream else {}
    if request.api == OPENAI_RESPONSES:
        respond: Any = client.responses.with_streaming_response.create
        return respond(**_conversation(endpoint, request))
    if not request.references:
        generate: Any = client.images.with_streaming_response.generate
        return generate(**request.parameters, **stream)
    return _send_edit(client, request, stream)


def _send_edit(client: openai.OpenAI, request: Request, stream: dict[str, Any]) -> Any:
    """Send an edit as a form, as the SDK does. `moderation` is defined for the JSON body only, and a form's field may
    be ignored; so with `moderation`, send JSON unless the pictures are too large for it."""
    if "moderation" in request.parameters and _fits_json(request):
        return _post(client, "/images/edits", {**request.parameters, **stream, **_as_data_urls(request)})
    parameters = dict(request.parameters)
    extra = {name: parameters.pop(name) for name in ("moderation",) if name in parameters}  # no argument of edit()
    files: dict[str, Any] = {"image": [(file.name, file.data, file.mime) for file in request.references]}
    if request.mask:
        files["mask"] = (request.mask.name, request.mask.data, request.mask.mime)
    edit: Any = client.images.with_streaming_response.edit
    return edit(**files, **parameters, **stream, extra_body=extra or None)


def _fits_json(request: Request) -> bool:
    sizes = [file.data_url_characters for file in (*request.references, request.mask) if file]
    return max(sizes) <= LONGEST_DATA_URL and sum(sizes) <= LARGEST_JSON_EDIT


def _as_data_urls(request: Request) -> dict[str, Any]:
    body: dict[str, Any] = {"images": [{"image_url": file.data_url()} for file in request.references]}
    if request.mask:
        body["mask"] = {"image_url": request.mask.data_url()}
    return body


@contextmanager
def _post(client: openai.OpenAI, path: str, body: dict[str, Any]) -> Iterator[Any]:
    """Do what `with_streaming_response` does, for a body that no method of the SDK takes."""
    answer: Any = client.post(path, body=body, cast_to=object, options={"headers": {RAW_RESPONSE_HEADER: "stream"}})
    try:
        yield answer
    finally:
        answer.close()


def _conversation(endpoint: Endpoint, request: Request) -> dict[str, Any]:
    """Return the body of a Responses request. The image tool takes neither `n` nor a prompt of its own."""
    tool = {
        name: value for name, value in request.parameters.items() if name not in {"prompt", "n", "safety_identifier"}
    }
    if endpoint.can_stream:
        tool["partial_images"] = request.partial_images
    return {
        "model": endpoint.text_model,
        "input": request.parameters["prompt"],
        "tools": [{"type": "image_generation", **tool}],
        "tool_choice": {"type": "image_generation"} if request.must_draw else "auto",
        "max_output_tokens": text_budget.most_out(request.parameters["prompt"]),
        "safety_identifier": request.parameters.get("safety_identifier", openai.omit),
        "stream": endpoint.can_stream,
    }


def _of_status(error: openai.APIStatusError) -> ProviderError:
    body = error.body if isinstance(error.body, dict) else {}
    is_page = not isinstance(error.body, dict)
    code = error_codes.of_error_body(
        status=error.status_code,
        code=error.code,
        kind=error.type,
        message=str(body.get("message") or ""),
        stage=answers.stage_of(body),
    )
    if code == "outage" and (is_page or _is_proxy(error.status_code, body)):
        code = "gateway_timeout"  # the provider behind a proxy may have made the picture
    return ProviderError(
        code,
        retry_after_seconds=_retry_after(error.response.headers),
        request_id=error.request_id or "",
        details={
            "status": error.status_code,
            "code": answers.brief(error.code),
            "type": answers.brief(error.type),
        },
        refusal=Refusal.read(body),
    )


def _is_proxy(status: int, body: dict[str, Any]) -> bool:
    """Return whether a JSON error comes from a proxy or relay. With 500 and 503 a server says itself that it did not do
    it, unless it speaks of a timeout behind it; all other codes of outages count as those of something in between."""
    said = f"{body.get('code')} {body.get('type')} {body.get('message')}".lower()
    return status not in {500, 503} or "timeout" in said or "timed out" in said


def _retry_after(headers: httpx2.Headers) -> float | None:
    for name, unit in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        try:
            return max(0.0, float(headers[name]) * unit)
        except (KeyError, ValueError):
            continue
    return None


def _of_network(error: Exception, reading: Reading, is_past_deadline: bool) -> ProviderError:
    cause = error.__cause__ if isinstance(error, openai.APIConnectionError) else error
    # An address that was refused is unreachable, too: other words would tell which names our own network knows.
    if isinstance(cause, httpx2.ConnectError | httpx2.ConnectTimeout | httpx2.PoolTimeout):
        code = "unreachable"
    elif is_past_deadline:
        code = "too_long"
    elif reading.has_begun or reading.request_id:
        code = "cut_off"
    else:
        code = "no_answer"
    return ProviderError(code, request_id=reading.request_id, details={"error": type(cause).__name__})
