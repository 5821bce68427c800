"""Server-sent events, read with patience.

Providers and what stands before them send comments, empty keep-alives, `[DONE]`, doubled `data:` prefixes, either kind
of line end, and lines of many megabytes cut anywhere. A frame that the stream's end cut short is still a frame."""

from collections.abc import Iterable, Iterator

PREFIX = b"data:"


class TooLarge(Exception):
    """A frame without end."""


def payloads(chunks: Iterable[bytes], *, limit_bytes: int) -> Iterator[bytes]:
    """What each frame says, without framing; empty ones and `[DONE]` are passed over."""
    lines: list[bytes] = []
    length = 0
    for line in _lines(chunks, limit_bytes):
        if line:
            if line.startswith(PREFIX):
                lines.append(_unwrap(line))
                length += len(line)
                _check(length, limit_bytes)
            continue
        yield from _said(lines)
        lines, length = [], 0
    yield from _said(lines)


def _said(lines: list[bytes]) -> Iterator[bytes]:
    said = [b"\n".join(lines).strip()]
    lines.clear()
    if said[0] and not said[0].startswith((b"[DONE]", b":")):
        yield said.pop()  # nothing here holds on to megabytes while a picture is being kept


def _unwrap(line: bytes) -> bytes:
    """Looks where the words begin before it cuts: megabytes are copied once."""
    start = 0
    while line.startswith(PREFIX, start):
        start += len(PREFIX)
        while line.startswith(b" ", start):
            start += 1
    return line[start:]


def _check(length: int, limit_bytes: int) -> None:
    if length > limit_bytes:
        raise TooLarge


def _lines(chunks: Iterable[bytes], limit_bytes: int) -> Iterator[bytes]:
    """Pieces of a long line are kept apart until its end comes, so that megabytes are joined once."""
    pieces: list[bytes] = []
    length = 0
    for chunk in chunks:
        *ended, rest = chunk.split(b"\n")
        for part in ended:
            pieces.append(part)
            yield b"".join(pieces).removesuffix(b"\r")
            pieces, length = [], 0
        if rest:
            pieces.append(rest)
            length += len(rest)
            _check(length, limit_bytes)
    if pieces:
        yield b"".join(pieces).removesuffix(b"\r")
