"""What a hostile provider answers: each is a script for tests.support.fake_provider."""

import json

from tests.support.fake_provider import Exchange, Script, completed, partial, png

MEGABYTE = 1024 * 1024
BIG = 62 * MEGABYTE
STREAM = "text/event-stream"


def endless(
    piece: bytes, *, count: int, kind: str = STREAM, status: int = 200, start: bytes = b"", end: bytes = b""
) -> Script:
    def script(exchange: Exchange) -> None:
        exchange.begin(status, kind)
        exchange.send(start)
        for _ in range(count):
            exchange.send(piece)
        exchange.send(end)

    return script


def frame_of(size_bytes: int, *, stage: str = "completed", more: str = "") -> Script:
    """One event around a picture of noise that is none."""
    head = f'event: x\ndata: {{"type":"image_generation.{stage}",{more}"b64_json":"'.encode()
    return endless(b"A" * MEGABYTE, count=size_bytes // MEGABYTE, start=head, end=b'"}\n\n')


def whole_of(size_bytes: int) -> Script:
    start = b'{"created":1,"data":[{"b64_json":"'
    return endless(b"A" * MEGABYTE, count=size_bytes // MEGABYTE, kind="application/json", start=start, end=b'"}]}')


def swelling(size_bytes: int) -> Script:
    """Three bytes for each list: twenty times as much once it is parsed."""
    many = b"[],".ljust(3) * (MEGABYTE // 3)
    start, end = b'data: {"type":"x","a":[', b"0]}\n\n"
    return endless(many, count=size_bytes // MEGABYTE, start=start, end=end)


def in_many_lines(size_bytes: int) -> Script:
    """One event, cut into lines that are each small."""
    line = b"data: " + b" " * MEGABYTE + b"\n"
    return endless(line, count=size_bytes // MEGABYTE, start=b'data: {"type":"x",\n', end=b'data: "a":1}\n\n')


def announced(length: int, body: bytes, kind: str = "application/json") -> Script:
    """A length that is not the body's."""

    def script(exchange: Exchange) -> None:
        exchange.begin(200, kind, Content_Length=str(length))
        exchange.send(body)

    return script


def in_turn(first: Script, then: bytes) -> Script:
    def script(exchange: Exchange) -> None:
        first(exchange)
        exchange.send(then)

    return script


def many_partials(count: int) -> Script:
    said = f"data: {json.dumps(partial(0, png(8, 8)))}\n\n".encode()
    return endless(said * 100, count=count // 100, end=f"data: {json.dumps(completed(png()))}\n\n".encode())


def redirect(exchange: Exchange) -> None:
    exchange.begin(302, "text/html", Location=f"http://{exchange.asked.headers['Host']}/v1/images/generations")
