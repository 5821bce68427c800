"""Clients that take their time. Each is cut off at a deadline, and meanwhile costs nobody anything."""

import socket
import time
from contextlib import ExitStack

import pytest

from tests.storm.client import PAGE, Line, Storm, ask, drip, head
from tests.storm.conftest import ARRIVAL_SECONDS, HEAD_SECONDS

LATE_SECONDS = 30  # the machine is busy, and Daphne looks every two seconds
KEY = "Authorization: Bearer dk_00000000_nobody"
UPGRADE = (
    "Upgrade: websocket",
    "Connection: Upgrade",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
)
BODY = f"Host: 127.0.0.1\r\n{KEY}\r\nContent-Length: 5000\r\n\r\n"


@pytest.mark.parametrize(
    ("at_once", "dripped", "deadline_seconds"),
    [
        ("", "GET /" + "a" * 5000, HEAD_SECONDS),
        ("GET / HTTP/1.1\r\n", "X-A: " + "a" * 5000, HEAD_SECONDS),
        ("GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 5\r\n", "X-A: b\r\n" * 600, HEAD_SECONDS),
        ("GET /ws/o/demo/ HTTP/1.1\r\n" + "\r\n".join(UPGRADE), "\r\nX-A: b" * 600, HEAD_SECONDS),
        (f"POST /accounts/login/ HTTP/1.1\r\n{BODY}", "a" * 5000, ARRIVAL_SECONDS),
        (f"POST /v1/images/edits HTTP/1.1\r\n{BODY}", "a" * 5000, ARRIVAL_SECONDS),
        (
            f"POST /v1/files HTTP/1.1\r\nHost: 127.0.0.1\r\n{KEY}\r\nTransfer-Encoding: chunked\r\n\r\n",
            "1\r\na\r\n" * 900,
            ARRIVAL_SECONDS,
        ),
        (
            f"POST /v1/files HTTP/1.1\r\nHost: 127.0.0.1\r\n{KEY}\r\nTransfer-Encoding: chunked\r\n\r\n",
            "0" * 5000,
            ARRIVAL_SECONDS,
        ),
        (
            f"POST /v1/files HTTP/1.1\r\nHost: 127.0.0.1\r\n{KEY}\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n",
            "a: b\r\n" * 900,
            ARRIVAL_SECONDS,
        ),
    ],
    ids=["line", "header", "after a length", "handshake", "form", "upload", "chunks", "chunk size", "trailers"],
)
def test_what_drips_is_cut_off(storm: Storm, at_once: str, dripped: str, deadline_seconds: int) -> None:
    with storm.weathered(), Line(storm.url) as line:
        line.send(at_once)
        began = time.monotonic()
        assert drip(line, dripped.encode())
        assert time.monotonic() - began < deadline_seconds + LATE_SECONDS


def test_the_next_head_on_a_line_has_its_deadline_too(storm: Storm) -> None:
    with storm.weathered(), Line(storm.url) as line:
        for _ in range(2):
            assert line.send(head(storm.url)).answer().status == 200
        began = time.monotonic()
        assert drip(line, b"GET /" + b"a" * 5000)
        assert time.monotonic() - began < HEAD_SECONDS + LATE_SECONDS


def test_a_request_that_comes_in_pieces_but_in_time_is_answered(storm: Storm) -> None:
    with Line(storm.url) as line:
        for piece in head(storm.url).partition("Host"):
            line.send(piece)
            time.sleep(0.2)
        assert line.answer().status == 200


def test_a_thousand_idle_lines(storm: Storm) -> None:
    """Silent ones, ones that were answered and stay, and half of a head."""
    with ExitStack() as stack, storm.weathered():
        lines = [stack.enter_context(Line(storm.url)) for _ in range(1000)]
        for line in lines[::3]:
            line.send("GET / HTTP/1.1\r\nHost: 127")
        for line in lines[1::30]:
            assert line.send(head(storm.url, "/healthz")).answer().status == 200
        for line in lines[::150]:
            assert line.is_cut(HEAD_SECONDS + LATE_SECONDS)
        assert ask(storm.url, head(storm.url)).status == 200


def test_half_open_sockets(storm: Storm) -> None:
    """A hundred that have shaken hands and then say nothing, answer no ping and never close."""
    shake = head(storm.url, "/ws/o/demo/", *UPGRADE, f"Origin: {storm.url}")
    with ExitStack() as stack, storm.weathered():
        lines = [stack.enter_context(Line(storm.url)) for _ in range(100)]
        for line in lines:
            line.send(shake)
        for line in lines:
            assert line.answer().status == 101
            line.socket.shutdown(socket.SHUT_WR)  # they will never speak again


def test_answers_that_nobody_reads(storm: Storm) -> None:
    """Fifty clients ask again and again on one line and read nothing."""
    before = storm.memory_megabytes()
    with ExitStack() as stack, storm.weathered():
        lines = [stack.enter_context(Line(storm.url, seconds=1)) for _ in range(50)]
        for line in lines:
            line.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            line.send(head(storm.url, PAGE) * 20)
    assert storm.memory_megabytes() - before < 60
