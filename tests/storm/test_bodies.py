"""Bodies that nobody asked for: none is taken before the head gives a reason to, and all together have a bound."""

import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest

from tests.storm.client import PAGE, Line, Storm, ask, head, wait_until
from tests.storm.conftest import BODIES_BYTES

MEGABYTE = 1_000_000
MADE_UP = "Authorization: Bearer dk_00000000_nobody"
QUICK_SECONDS = 10
CHUNK = b"10000\r\n" + bytes(0x10000) + b"\r\n"


def poured(line: Line, piece: bytes, times: int) -> None:
    """Until the server has had enough."""
    try:
        for _ in range(times):
            line.send(piece)
    except OSError:
        pass


@pytest.mark.parametrize(
    ("path", "lines", "length", "status", "code"),
    [
        ("/v1/images/edits", [], 100 * MEGABYTE, 401, "invalid_api_key"),
        ("/v1/files", ["Cookie: other=1"], 70_000, 401, "invalid_api_key"),
        ("/api/v1/inputs", [], 70_000, 401, "invalid_api_key"),
        ("/sandbox/v1/images/edits", [], 70_000, 401, "invalid_api_key"),
        (PAGE, [], 70_000, 413, "request_too_large"),
        ("/o/demo/inputs/", [], 100 * MEGABYTE, 413, "request_too_large"),
        ("/nowhere/", [], 70_000, 413, "request_too_large"),
        (PAGE, ["Cookie: darkroom_session=made-up"], 5 * MEGABYTE, 413, "request_too_large"),
        ("/v1/images/generations", [MADE_UP], 5 * MEGABYTE, 413, "request_too_large"),
        ("/v1/x/images/edits", [MADE_UP], 5 * MEGABYTE, 413, "request_too_large"),
        ("/v1/images/edits", [MADE_UP], 101 * MEGABYTE, 413, "request_too_large"),
        ("/v1/images/edits", [MADE_UP], 10**30, 413, "request_too_large"),
    ],
)
def test_what_the_head_gives_no_reason_for_is_refused_at_once(
    storm: Storm, path: str, lines: list[str], length: int, status: int, code: str
) -> None:
    """Not a byte of the body is waited for, and nobody who asks first is told to go on."""
    began = time.monotonic()
    expecting = [*lines, f"Content-Length: {length}", "Expect: 100-continue"]
    answer = ask(storm.url, head(storm.url, path, *expecting, method="POST"))
    assert (answer.status, f'"{code}"' in answer.text) == (status, True)
    assert time.monotonic() - began < QUICK_SECONDS


def test_pieces_are_counted_as_they_come(storm: Storm) -> None:
    began, before = time.monotonic(), storm.memory_megabytes()
    with storm.weathered():
        for path, lines, status in (
            ("/v1/images/edits", [], 401),
            (PAGE, [], 413),
            ("/me/", ["Cookie: darkroom_session=made-up"], 413),
        ):
            with Line(storm.url) as line:
                line.send(head(storm.url, path, *lines, "Transfer-Encoding: chunked", method="POST"))
                poured(line, CHUNK, 100)
                assert line.answer().status == status
    assert time.monotonic() - began < 60
    assert storm.memory_megabytes() - before < 40


def test_a_large_body_costs_neither_memory_nor_anybodys_time(storm: Storm) -> None:
    """Whole, and for a door that takes so much, with a key that turns out to be made up."""
    size = 25 * MEGABYTE
    before = storm.memory_megabytes()
    with storm.weathered():
        for _ in range(4):
            with Line(storm.url) as line:
                kind = "Content-Type: multipart/form-data; boundary=x"
                line.send(head(storm.url, "/v1/files", MADE_UP, kind, f"Content-Length: {size}", method="POST"))
                poured(line, bytes(MEGABYTE), 25)
                assert line.answer().status == 401
    assert storm.memory_megabytes() - before < 20


def test_one_client_holds_half_of_what_all_may_hold(storm: Storm) -> None:
    """Small bodies are taken all the same, and what was let go makes room."""
    share = BODIES_BYTES // 2
    announced = f"Content-Length: {share - MEGABYTE}"
    upload = head(storm.url, "/v1/files", MADE_UP, announced, method="POST")

    def is_taken() -> bool:
        with Line(storm.url, seconds=1) as line:
            line.send(head(storm.url, "/v1/files", MADE_UP, announced, "Expect: 100-continue", method="POST"))
            return line.socket.recv(100).startswith(b"HTTP/1.1 100")

    with storm.weathered():
        with Line(storm.url) as first:
            first.send(upload).send(bytes(share - 2 * MEGABYTE))
            assert wait_until(lambda: not is_taken())
            refused = ask(storm.url, upload)
            assert (refused.status, refused.headers["retry-after"]) == (503, "5")
            assert '"server_is_overloaded"' in refused.text
            with Line(storm.url) as second:
                second.send(head(storm.url, "/v1/files", MADE_UP, "Transfer-Encoding: chunked", method="POST"))
                poured(second, CHUNK, 100)
                with suppress(ConnectionError):  # a client that pours on may find the line cut before it reads this
                    assert second.answer().status == 503
            small = head(storm.url, "/v1/files", MADE_UP, "Content-Length: 8000", method="POST")
            assert ask(storm.url, small.encode() + bytes(8000)).status == 401
        assert wait_until(is_taken)


def test_many_strangers_at_once(storm: Storm) -> None:
    """Each sends as much as a stranger may, all but the last byte."""
    body = head(storm.url, PAGE, "Content-Length: 65536", method="POST").encode() + bytes(65535)

    def send(_: int) -> Line:
        return Line(storm.url).send(body)

    before = storm.memory_megabytes()
    with storm.weathered():
        with ThreadPoolExecutor(8) as threads:
            lines = list(threads.map(send, range(200)))
        grown = storm.memory_megabytes() - before
        for line in lines:
            line.socket.close()
    assert grown < 60


def test_an_upgrade_takes_no_body_along(storm: Storm) -> None:
    """What came as a body would be read as the first frames of the socket."""
    upgrade = ["Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13"]
    upgrade += ["Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==", f"Origin: {storm.url}", "Content-Length: 4"]
    with storm.weathered(), Line(storm.url) as line:
        line.send(head(storm.url, "/ws/o/demo/", *upgrade)).send(b"\x88\x80\x00\x00")
        assert line.answer().status == 101
