"""Read what a provider answered, whatever it was asked for: a stream, a whole answer, or a whole answer in a stream. An
error that the SDK would ignore is raised by its name. Both dialects are read: the Images API's and the Responses
API's."""

from collections.abc import Callable, Hashable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from math import inf
from typing import Any, Protocol

from billing.tokens import TALK
from saas.fairness.memory import Busy
from studio.openai_wire import base64_text
from studio.openai_wire.json_bounds import is_swollen
from studio.providers import error_codes, picture_texts, sanitize, sse
from studio.providers.incoming import SMALL_BYTES, Message
from studio.providers.outcomes import ProviderError
from studio.providers.refusals import Refusal

MOST_PARTIALS = 100  # a larger index is invalid
MOST_FRAMES = 32  # partials of one picture; each is decoded and kept, and a caller asks for three at most
LONGEST_DETAIL = 80
LARGEST_MESSAGE_BYTES = 64 * 1024 * 1024  # one event, or an answer in one piece: the largest picture has 47 MB


class Answer(Protocol):
    headers: Mapping[str, str]

    def iter_bytes(self) -> Iterator[bytes]: ...


@dataclass(frozen=True)
class Partial:
    index: int
    data: bytes
    text: memoryview | None = field(default=None, compare=False, repr=False)  # its base64 as it came, unless large

    @property
    def base64(self) -> bytes | memoryview:
        return base64_text.encode(self.data) if self.text is None else self.text


@dataclass(frozen=True)
class Final:
    data: bytes
    used: dict[str, Any] = field(default_factory=dict)
    usage: dict[str, Any] | None = None
    revised_prompt: str = ""
    request_id: str = ""
    has_streamed: bool | None = None
    text: memoryview | None = field(default=None, compare=False, repr=False)

    @property
    def base64(self) -> bytes | memoryview:
        return base64_text.encode(self.data) if self.text is None else self.text


Frame = Partial | Final
Read = Callable[[dict[str, Any], "Reading"], Iterator[Frame]]
LONGEST_USED = 40
LONGEST_WORDS = 10_000
USED = ("size", "quality", "background", "output_format")


@dataclass
class Reading:
    """What has come so far."""

    request_id: str = ""
    partials: int = 0
    has_final: bool = False
    has_begun: bool = False
    is_stream: bool = False
    revised_prompt: str = ""
    pending: dict[str, Any] | None = None  # the Responses API sends the picture first and the tokens later
    pending_in: Message | None = None  # the message with the picture, if it is large
    tenant: Hashable = None  # the organization whose turn a large message takes
    ends_at: float = inf


def frames(answer: Answer, reading: Reading) -> Iterator[Frame]:
    """Read an answer by its content type, not by what was asked: either side may have ignored `stream`."""
    kind = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "text/event-stream":
        reading.is_stream = True
        try:
            for message in sse.messages(answer.iter_bytes(), limit_bytes=LARGEST_MESSAGE_BYTES):
                reading.has_begun = True
                yield from _frames_of_message(message, _event, reading)
        except sse.TooLarge as error:
            raise ProviderError("too_large", request_id=reading.request_id) from error
        except OSError as error:
            if not reading.pending or reading.has_final:
                raise _of_disk(error, reading) from error
        except Exception:
            if not reading.pending or reading.has_final:
                raise  # else the picture came, and what came after it does not matter
        if reading.pending and not reading.has_final:
            yield from _pending(reading)
        return
    try:
        message = _read(answer, reading)
    except OSError as error:
        raise _of_disk(error, reading) from error
    if not kind.endswith("json"):
        raise ProviderError("strange_answer", request_id=reading.request_id, details={"content_type": kind[:80]})
    yield from _frames_of_message(message, _frames_of_body, reading)


def _read(answer: Answer, reading: Reading) -> Message:
    message = Message()
    for chunk in answer.iter_bytes():
        reading.has_begun = True
        message.add(chunk)
        if message.size_bytes > LARGEST_MESSAGE_BYTES:
            raise ProviderError("too_large", request_id=reading.request_id)
    reading.has_begun = True
    return message


def _frames_of_message(message: Message, read: Read, reading: Reading) -> Iterator[Frame]:
    """Read the frames of a message. A large one waits for its turn, which lasts until its frames are kept."""
    if not message.is_large:
        found = list(read(_object(message.load(), reading), reading))
        yield from found
        return
    failure: ProviderError | None = None
    try:
        with message.turn(by=reading.tenant, until=reading.ends_at):
            found = list(read(_object(message.load(), reading), reading))
            _put_down(message, reading)
            yield from found
    except Busy:
        failure = ProviderError("too_long", request_id=reading.request_id, data=message)
    except ProviderError as error:
        failure = replace(error, data=message if error.data else b"")
    if failure is not None:  # raised here, it does not refer to the first error, whose traceback refers to megabytes
        raise failure


def _put_down(message: Message, reading: Reading) -> None:
    """Leave a large picture that waits for its tokens in its file, not in memory."""
    if reading.pending and reading.pending.get("result") and reading.pending_in is None:
        reading.pending = {**reading.pending, "result": ""}
        reading.pending_in = message


def _pending(reading: Reading) -> Iterator[Frame]:
    """Yield the picture of a Responses stream that ended before its last event."""
    if reading.pending_in is None:
        item = reading.pending or {}
        return _final(item.get("result"), item, None, reading)
    message, reading.pending_in = reading.pending_in, None

    def read(event: dict[str, Any], reading: Reading) -> Iterator[Frame]:
        return _final(event["item"].get("result"), event["item"], None, reading)

    return _frames_of_message(message, read, reading)


def _of_disk(error: OSError, reading: Reading) -> ProviderError:
    return ProviderError("broken_late", request_id=reading.request_id, details={"error": type(error).__name__})


def _object(payload: bytes, reading: Reading) -> dict[str, Any]:
    cut = picture_texts.cut(payload)
    if is_swollen(cut.rest):
        raise ProviderError("strange_answer", request_id=reading.request_id)
    try:
        found = cut.load()
    except (ValueError, RecursionError) as error:
        raise ProviderError("strange_answer", request_id=reading.request_id, data=payload) from error
    if not isinstance(found, dict):
        raise ProviderError("strange_answer", request_id=reading.request_id)
    return found


def final_of(body: dict[str, Any], request_id: str) -> Final:
    """Return the picture of a whole answer that came among others. Raise ProviderError if it has none."""
    for frame in _frames_of_body(body, Reading(request_id=request_id)):
        if isinstance(frame, Final):
            return frame
    raise ProviderError("no_picture", request_id=request_id)


def error_of(status: int, body: dict[str, Any], request_id: str) -> ProviderError:
    """Return the error that an answer with this status stands for, which came among others."""
    said = body.get("error")
    error = said if isinstance(said, dict) else {}
    code = error_codes.of_error_body(
        status=status,
        code=_named(error.get("code")),
        kind=_named(error.get("type")),
        message=str(error.get("message") or ""),
        stage=stage_of(error),
    )
    details = {"status": status, "code": brief(error.get("code")), "type": brief(error.get("type"))}
    return ProviderError(code, request_id=request_id, details=details, refusal=Refusal.read(error))


def parse_line(payload: bytes) -> dict[str, Any]:
    """Read one of many answers, with its picture's base64 as it came. Raise ProviderError if it is no JSON object."""
    return _object(payload, Reading())


def _named(said: Any) -> str | None:
    return said if isinstance(said, str) else None


def _event(event: dict[str, Any], reading: Reading) -> Iterator[Frame]:
    kind = str(event.get("type") or "")
    if kind in {"error", "response.failed", "response.incomplete"} or event.get("error"):
        raise _of_event(event, reading)
    if kind.endswith(".partial_image"):
        picture = event.get("b64_json") or event.get("partial_image_b64")
        if picture and not reading.has_final and reading.partials < MOST_FRAMES:
            yield from _partial(picture, _index(event, reading))
            reading.partials += 1
    elif kind in {"image_generation.completed", "image_edit.completed"}:
        yield from _final(event.get("b64_json"), event, event.get("usage"), reading)
    elif kind == "response.output_item.done":
        item = event.get("item")
        if isinstance(item, dict) and item.get("type") == "image_generation_call":
            _refuse_failed(item, reading)
            reading.pending = item
    elif kind == "response.completed":
        yield from _response(event.get("response") or {}, reading)
    elif not kind and "data" in event:  # a whole answer inside a frame
        yield from _frames_of_body(event, reading)
    elif not kind and event.get("b64_json"):  # the event's name is only on the frame's event line
        named = "image_generation.partial_image" if "partial_image_index" in event else "image_generation.completed"
        yield from _event({**event, "type": named}, reading)
    # Everything else is a keep-alive, a progress event, or another vendor's dialect.


def _frames_of_body(body: dict[str, Any], reading: Reading) -> Iterator[Frame]:
    if body.get("error"):
        raise _of_event(body, reading)
    if body.get("object") == "response" or "output" in body:
        yield from _response(body, reading)
        return
    pictures = body.get("data")
    if isinstance(pictures, list) and pictures and isinstance(pictures[0], dict):
        reading.revised_prompt = sanitize.text(pictures[0].get("revised_prompt"))
        yield from _final(pictures[0].get("b64_json"), body, body.get("usage"), reading)


def _response(response: dict[str, Any], reading: Reading) -> Iterator[Frame]:
    """Read a Responses API answer: the picture is in an output item, its tokens are apart from the text model's."""
    if response.get("error"):
        raise _of_event({"error": response["error"]}, reading)
    for item in response.get("output") or []:
        if isinstance(item, dict) and item.get("type") == "image_generation_call":
            _refuse_failed(item, reading)
            reading.revised_prompt = sanitize.text(item.get("revised_prompt"))
            usage = (response.get("tool_usage") or {}).get("image_gen")
            if isinstance(response.get("usage"), dict):
                usage = {**(usage if isinstance(usage, dict) else {}), TALK: response["usage"]}
            yield from _final(item.get("result"), item, usage, reading)
            return
    words = _words(response)
    if words and reading.pending is None and not reading.has_final:
        used_up = response.get("usage")
        usage = sanitize.values({TALK: used_up}) if isinstance(used_up, dict) else None
        raise ProviderError("in_words", request_id=reading.request_id, words=words, usage=usage)


def _words(response: dict[str, Any]) -> str:
    """Return what the text model wrote: a question, or why it does not draw."""
    messages = [
        item for item in response.get("output") or [] if isinstance(item, dict) and item.get("type") == "message"
    ]
    parts = [part for item in messages for part in item.get("content") or [] if isinstance(part, dict)]
    said = [sanitize.text(part.get("text") or part.get("refusal")) for part in parts]
    return "\n".join(text for text in said if text)[:LONGEST_WORDS]


def _refuse_failed(item: dict[str, Any], reading: Reading) -> None:
    if item.get("error"):
        raise _of_event({"error": item["error"]}, reading)


def _final(picture: Any, said: dict[str, Any], usage: Any, reading: Reading) -> Iterator[Frame]:
    if not picture or reading.has_final:
        return
    data, text = _decode(picture, reading)
    reading.has_final = True
    used = {name: sanitize.text(said[name])[:LONGEST_USED] for name in USED if said.get(name)}
    known_usage = sanitize.values(usage) if isinstance(usage, dict) else None
    yield Final(data, used, known_usage, reading.revised_prompt, reading.request_id, reading.is_stream, text)


def _partial(picture: Any, index: int) -> Iterator[Partial]:
    """Decode a partial. Skip one that is garbled: the final is still to come, and is being paid for."""
    try:
        data, text = _data_and_text(picture)
    except (TypeError, ValueError):
        return
    yield Partial(index, data, text)


def _index(event: dict[str, Any], reading: Reading) -> int:
    index = event.get("partial_image_index")
    return index if isinstance(index, int) and 0 <= index < MOST_PARTIALS else reading.partials


def _decode(picture: Any, reading: Reading) -> tuple[bytes, memoryview | None]:
    try:
        return _data_and_text(picture)
    except (TypeError, ValueError) as error:
        data = picture.encode() if isinstance(picture, str) else bytes(picture) if _is_cut(picture) else b""
        raise ProviderError("broken_picture", request_id=reading.request_id, data=data) from error


def _data_and_text(picture: Any) -> tuple[bytes, memoryview | None]:
    """Return a picture's bytes, and its base64 as it came if that may be sent on."""
    try:
        data = base64_text.decode_strictly(picture)
    except ValueError:
        return base64_text.decode_tolerantly(picture), None
    return data, picture if _is_cut(picture) and len(picture) <= SMALL_BYTES else None


def _is_cut(picture: Any) -> bool:
    return isinstance(picture, memoryview)


def _of_event(event: dict[str, Any], reading: Reading) -> ProviderError:
    """Translate an error, nested as OpenAI sends it or flat as others do."""
    response = event.get("response")
    inner = event.get("error") or (response.get("error") if isinstance(response, dict) else None) or event
    error = inner if isinstance(inner, dict) else {"message": str(inner)}
    kind = error.get("type") if error is not event else None
    code = error_codes.of_error_body(
        status=None,
        code=error.get("code"),
        kind=kind,
        message=str(error.get("message") or ""),
        stage=stage_of(error),
        is_late=reading.partials > 0,
    )
    details = {"code": brief(error.get("code")), "type": brief(kind)}
    return ProviderError(code, request_id=reading.request_id, details=details, refusal=Refusal.read(error))


def brief(said: Any) -> str | None:
    """Shorten a provider's error code or type for the log: it may be megabytes long."""
    return None if said is None else str(said)[:LONGEST_DETAIL]


def stage_of(error: dict[str, Any]) -> str | None:
    details = error.get("moderation_details")
    return details.get("moderation_stage") if isinstance(details, dict) else None
