"""The only place that knows the OpenAI SDK. It builds the request, lets the SDK send it, and hands the raw answer to
`studio.answers`. Nothing is ever sent twice: no SDK retries, no redirects."""

import base64
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Protocol

import httpx2
import openai
from openai._constants import RAW_RESPONSE_HEADER

from saas import guard, patience
from saas.sealing import Secret
from studio import answers, outcomes, talking, texts
from studio.answers import Frame, Reading
from studio.outcomes import ProviderError
from studio.texts import Written

CONNECT_SECONDS = 10.0
OPENAI_IMAGES = "images"
OPENAI_RESPONSES = "responses"
LONGEST_DATA_URL = 20_971_520  # characters, of one picture in a JSON edit
LARGEST_JSON_EDIT = 4 * LONGEST_DATA_URL
# All of an answer. The largest picture that may be asked for, 2880 by 2880 of noise with alpha, is 47 MB as base64
# (35 MB without alpha); it comes up to five times: three partials, and twice in the end of a conversation.
LIMIT_BYTES = 256 * 1024 * 1024


@dataclass(frozen=True)
class Endpoint:
    """Where to ask, as whom, and what the other side is known to be able to."""

    base_url: str
    key: Secret
    organization: str = ""
    project: str = ""
    allowed_hosts: tuple[str, ...] = ()
    can_stream: bool = True
    deadline_seconds: float = 600.0
    text_model: str = "gpt-5"


@dataclass(frozen=True)
class File:
    name: str
    data: bytes
    mime: str

    @property
    def data_url_characters(self) -> int:
        return len(f"data:{self.mime};base64,") + 4 * ((len(self.data) + 2) // 3)

    def data_url(self) -> str:
        return f"data:{self.mime};base64,{base64.b64encode(self.data).decode()}"


@dataclass(frozen=True)
class Request:
    """One picture. `parameters` are in the Images API's own words, without those that only we know."""

    api: str
    parameters: dict[str, Any]
    partial_images: int = 0
    references: tuple[File, ...] = ()
    mask: File | None = None


class Develop(Protocol):
    """What an adapter is: a module with this function. See docs/architecture.md, “Another kind of provider”."""

    def __call__(
        self, endpoint: Endpoint, request: Request, *, before_sending: Callable[[], None]
    ) -> Generator[Frame, None, None]: ...


def develop(
    endpoint: Endpoint, request: Request, *, before_sending: Callable[[], None]
) -> Generator[Frame, None, None]:
    """Partials as they come, then exactly one Final; or ProviderError."""
    reading = Reading()
    began = time.monotonic()
    try:
        before_sending()
        began = time.monotonic()
        if wait := patience.current():
            wait.end_in(endpoint.deadline_seconds)
        with _send(endpoint, request) as answer:
            reading.request_id = answer.headers.get("x-request-id", "")
            yield from answers.frames(answer, reading)
    except openai.APIStatusError as error:
        raise _of_status(error) from error
    except (openai.APIConnectionError, httpx2.HTTPError) as error:
        raise _of_network(error, reading, time.monotonic() - began >= endpoint.deadline_seconds) from error
    if not reading.has_final:
        raise ProviderError("no_picture", request_id=reading.request_id)


def write(endpoint: Endpoint, *, model: str, instructions: str, prompt: str, most_tokens: int) -> Written:
    """A text, by the Responses API; or ProviderError."""
    began, request_id = time.monotonic(), ""
    try:
        client = _client(endpoint, limit_bytes=texts.LIMIT_BYTES)
        respond: Any = client.responses.with_streaming_response.create
        with respond(
            model=model, instructions=instructions, input=prompt, max_output_tokens=most_tokens, store=False
        ) as answer:
            request_id = answer.headers.get("x-request-id", "")
            body = b"".join(answer.iter_bytes())
    except openai.APIStatusError as error:
        raise _of_status(error) from error
    except guard.ResponseRefused as error:
        raise ProviderError("too_large", request_id=request_id) from error
    except (openai.APIConnectionError, httpx2.HTTPError) as error:
        reading = Reading(request_id=request_id)
        raise _of_network(error, reading, time.monotonic() - began >= endpoint.deadline_seconds) from error
    return texts.read(body, request_id)


@lru_cache(maxsize=64)
def _http(allowed_hosts: tuple[str, ...], deadline_seconds: float, limit_bytes: int = LIMIT_BYTES) -> httpx2.Client:
    """Kept, so that a call finds an open connection. It carries no key and no cookie from one call to the next."""
    return guard.guarded_client(
        timeout=httpx2.Timeout(deadline_seconds, connect=CONNECT_SECONDS),  # a slow picture may come in silence
        deadline_seconds=deadline_seconds,
        allowed_hosts=allowed_hosts,
        limit_bytes=limit_bytes,
    )


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
    """By form, as the SDK does it. Moderation is a word of the JSON body alone; as a field of the form it may be passed
    over, so the form takes it only where the pictures are too large for JSON."""
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
    """What `with_streaming_response` does, for a body that no method of the SDK has."""
    answer: Any = client.post(path, body=body, cast_to=object, options={"headers": {RAW_RESPONSE_HEADER: "stream"}})
    try:
        yield answer
    finally:
        answer.close()


def _conversation(endpoint: Endpoint, request: Request) -> dict[str, Any]:
    """The image tool does not count and has no prompt of its own."""
    tool = {
        name: value for name, value in request.parameters.items() if name not in {"prompt", "n", "safety_identifier"}
    }
    if endpoint.can_stream:
        tool["partial_images"] = request.partial_images
    return {
        "model": endpoint.text_model,
        "input": request.parameters["prompt"],
        "tools": [{"type": "image_generation", **tool}],
        "tool_choice": {"type": "image_generation"},
        "max_output_tokens": talking.most_out(request.parameters["prompt"]),
        "safety_identifier": request.parameters.get("safety_identifier", openai.omit),
        "stream": endpoint.can_stream,
    }


def _of_status(error: openai.APIStatusError) -> ProviderError:
    body = error.body if isinstance(error.body, dict) else {}
    is_page = not isinstance(error.body, dict)
    code = outcomes.of_error_body(
        status=error.status_code,
        code=error.code,
        kind=error.type,
        message=str(body.get("message") or ""),
        stage=answers.stage_of(body),
    )
    if code == "outage" and (is_page or _is_proxy(error.status_code, body)):
        code = "gateway_timeout"  # what stands behind it may have made the picture
    return ProviderError(
        code,
        retry_after_seconds=_retry_after(error.response.headers),
        request_id=error.request_id or "",
        details={"status": error.status_code, "code": error.code, "type": error.type},
    )


def _is_proxy(status: int, body: dict[str, Any]) -> bool:
    """Proxies and relays write their errors as JSON, too. 500 and 503 are a server's own words for not having done it,
    unless it says that somebody behind it took too long; 502 and what is above 504 come from something in between."""
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
    if guard.refusal_in(error):
        code = "address_refused"
    elif isinstance(cause, httpx2.ConnectError | httpx2.ConnectTimeout | httpx2.PoolTimeout):
        code = "unreachable"
    elif is_past_deadline:
        code = "too_long"
    elif reading.has_begun or reading.request_id:
        code = "cut_off"
    else:
        code = "no_answer"
    return ProviderError(code, request_id=reading.request_id, details={"error": type(cause).__name__})
