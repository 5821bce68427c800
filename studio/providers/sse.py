"""Read server-sent events, tolerantly.

Providers and their proxies send comments, empty keep-alives, `[DONE]`, doubled `data:` prefixes, either kind of line
end, and lines of many megabytes cut anywhere. A frame that the stream's end cut short still counts."""

from collections.abc import Iterable, Iterator

from studio.providers.incoming import Message

PREFIX = b"data:"
HEAD_BYTES = 64  # enough of a line to tell what it is
MOST_LINES = 200_000  # a normal stream has some hundreds, and a keep-alive every few seconds
NOTHING = (b"[DONE]", b":")


class TooLarge(Exception):
    """A frame or a line has too many bytes, or a stream too many lines."""


def messages(chunks: Iterable[bytes], *, limit_bytes: int) -> Iterator[Message]:
    """Yield the data of each frame, except empty ones and `[DONE]`. Raise TooLarge."""
    frame, count = _Frame(), 0
    for chunk in chunks:
        # Most chunks are the inside of a long line, in which `find` is many times faster than `split`.
        *ended, rest = chunk.split(b"\n") if chunk.find(b"\n") >= 0 else (chunk,)
        for part in ended:
            frame.add(part)
            if frame.end_line():
                yield from frame.said()
                frame = _Frame()
            count += 1
            if count > MOST_LINES:
                raise TooLarge
        if rest:
            frame.add(rest)
        if max(frame.message.size_bytes, frame.line_bytes) > limit_bytes:
            raise TooLarge
    frame.end_line()
    yield from frame.said()


class _Frame:
    """The lines up to an empty one. Only the content of data lines is kept."""

    def __init__(self) -> None:
        self.message = Message()
        self.line_bytes = 0  # of the line that has not ended
        self._head = b""
        self._is_data: bool | None = None  # None: too little of the line has come to tell
        self._held_back = b""  # a last CR: perhaps the first half of the line's end

    def add(self, piece: bytes) -> None:
        self.line_bytes += len(piece)
        if self._is_data:
            self._say(piece)
        elif self._is_data is None:
            self._head += piece
            if len(self._head) >= HEAD_BYTES:
                self._begin_line()

    def end_line(self) -> bool:
        """Return whether the line was empty."""
        if self._is_data is None and not self._head.rstrip(b"\r"):
            is_empty = True
        else:
            is_empty = False
            if self._is_data is None:
                self._begin_line()
        self.line_bytes, self._head, self._is_data, self._held_back = 0, b"", None, b""
        return is_empty

    def said(self) -> Iterator[Message]:
        if self.message.size_bytes < HEAD_BYTES:
            whole = self.message.load()
            if not whole or whole.startswith(NOTHING):
                return
        yield self.message

    def _begin_line(self) -> None:
        self._is_data = self._head.startswith(PREFIX)
        if self._is_data:
            if self.message.size_bytes:
                self.message.add(b"\n")
            self._say(_unwrap(self._head))
        self._head = b""

    def _say(self, piece: bytes) -> None:
        piece = self._held_back + piece
        self._held_back = b"\r" if piece.endswith(b"\r") else b""
        self.message.add(piece.removesuffix(b"\r"))


def _unwrap(head: bytes) -> bytes:
    start = 0
    while head.startswith(PREFIX, start):
        start += len(PREFIX)
        while head.startswith(b" ", start):
            start += 1
    return head[start:]
