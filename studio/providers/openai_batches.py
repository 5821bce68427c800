"""Speak the Files and Batch API of a provider: send files, create, find and follow batches, and read their results line
by line. What comes back is hostile input: of bounded size, and of any type."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from studio.providers import answers, openai_sdk, sanitize
from studio.providers.adapter import Endpoint
from studio.providers.outcomes import ProviderError

JSON_LIMIT_BYTES = 8 * 1024 * 1024
RESULTS_LIMIT_BYTES = 4 * 1024**3
LARGEST_LINE_BYTES = answers.LARGEST_MESSAGE_BYTES
CALL_SECONDS = 120.0
RESULTS_SECONDS = 1500.0
LISTED, MOST_PAGES = 100, 20
OURS = "darkroom_chunk"
ENDED = frozenset({"completed", "failed", "expired", "cancelled"})
LONGEST_ID = 120
NOT_FOUND = 404


@dataclass(frozen=True)
class Seen:
    """A batch as its provider describes it."""

    id: str
    status: str
    output_file_id: str = ""
    error_file_id: str = ""
    failed: int = 0  # lines, by its counts
    output_tokens: int | None = None
    errors: list[dict[str, Any]] = field(default_factory=list)

    @property
    def has_ended(self) -> bool:
        return self.status in ENDED


def send_file(endpoint: Endpoint, *, name: str, data: bytes, mime: str, purpose: str) -> str:
    """Send a file. Return its id."""
    with openai_sdk.calling(_patient(endpoint), limit_bytes=JSON_LIMIT_BYTES) as client:
        files: Any = client.files
        return _id(files.create(file=(name, data, mime), purpose=purpose))


def create(endpoint: Endpoint, *, file_id: str, where: str, chunk: str) -> Seen:
    """Create a batch with our name for it in its metadata."""
    with openai_sdk.calling(_patient(endpoint), limit_bytes=JSON_LIMIT_BYTES) as client:
        batches: Any = client.batches
        made = batches.create(input_file_id=file_id, endpoint=where, completion_window="24h", metadata={OURS: chunk})
        return _seen(made)


def find(endpoint: Endpoint, chunk: str) -> Seen | None:
    """Find the batch that was created with our name for it, among the newest ones. Return None if there is none."""
    after: Any = None
    for _ in range(MOST_PAGES):
        with openai_sdk.calling(_patient(endpoint), limit_bytes=JSON_LIMIT_BYTES) as client:
            batches: Any = client.batches
            page = batches.list(limit=LISTED, **({"after": after} if after else {}))
            found = list(getattr(page, "data", None) or [])
            for one in found:
                metadata = getattr(one, "metadata", None)
                if isinstance(metadata, Mapping) and metadata.get(OURS) == chunk:
                    return _seen(one)
        if not found or getattr(page, "has_more", False) is not True:
            return None
        after = _id(found[-1])
    return None


def look(endpoint: Endpoint, batch_id: str) -> Seen | None:
    """Return how a batch stands, or None if the provider does not know it."""
    try:
        with openai_sdk.calling(_patient(endpoint), limit_bytes=JSON_LIMIT_BYTES) as client:
            return _seen(client.batches.retrieve(batch_id))
    except ProviderError as error:
        if error.details.get("status") == NOT_FOUND:
            return None
        raise


def cancel(endpoint: Endpoint, batch_id: str) -> None:
    """Call a batch back. One that has ended meanwhile refuses, which is no failure."""
    try:
        with openai_sdk.calling(_patient(endpoint), limit_bytes=JSON_LIMIT_BYTES) as client:
            client.batches.cancel(batch_id)
    except ProviderError as error:
        if error.details.get("status") is None:
            raise


def results(endpoint: Endpoint, file_id: str) -> Iterator[dict[str, Any]]:
    """Yield the lines of a file of results while it comes, one at a time in memory."""
    slow = replace(endpoint, deadline_seconds=RESULTS_SECONDS)
    with (
        openai_sdk.calling(slow, limit_bytes=RESULTS_LIMIT_BYTES) as client,
        client.files.with_streaming_response.content(file_id) as answer,
    ):
        for line in _lines(answer.iter_bytes()):
            yield answers.parse_line(line)


def _lines(pieces: Iterator[bytes]) -> Iterator[bytes]:
    held: list[bytes] = []
    size = 0
    for piece in pieces:
        *ended, rest = piece.split(b"\n")
        for part in ended:
            line = b"".join([*held, part])
            held, size = [], 0
            if line.strip():
                yield line
        held.append(rest)
        size += len(rest)
        if size > LARGEST_LINE_BYTES:
            raise ProviderError("too_large")
    if (last := b"".join(held)).strip():
        yield last


def _patient(endpoint: Endpoint) -> Endpoint:
    return replace(endpoint, deadline_seconds=CALL_SECONDS)


def _id(said: Any) -> str:
    found = getattr(said, "id", None)
    if not isinstance(found, str) or not 0 < len(found) <= LONGEST_ID:
        raise ProviderError("strange_answer")
    return found


def _seen(said: Any) -> Seen:
    counts, usage, errors = (getattr(said, name, None) for name in ("request_counts", "usage", "errors"))
    output_tokens = getattr(usage, "output_tokens", None)
    status = getattr(said, "status", None)
    return Seen(
        id=_id(said),
        status=status if isinstance(status, str) else "",
        output_file_id=_optional_id(getattr(said, "output_file_id", None)),
        error_file_id=_optional_id(getattr(said, "error_file_id", None)),
        failed=_count(getattr(counts, "failed", 0)) or 0,
        output_tokens=_count(output_tokens),
        errors=[_fault(one) for one in list(getattr(errors, "data", None) or [])[:20]],
    )


def _optional_id(said: Any) -> str:
    return said if isinstance(said, str) and len(said) <= LONGEST_ID else ""


def _count(said: Any) -> int | None:
    return said if isinstance(said, int) and not isinstance(said, bool) and said >= 0 else None


def _fault(said: Any) -> dict[str, Any]:
    return {name: sanitize.text(str(getattr(said, name, "")))[:200] for name in ("code", "line", "message")}
