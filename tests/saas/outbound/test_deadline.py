"""A timeout bounds the pause between two bytes; the deadline bounds the whole call, however slowly it comes."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx2
import pytest

from saas.outbound import fetch, guarded_http
from saas.outbound.guarded_http import guarded_client

HEARTBEAT_SECONDS = 0.02
HEARTBEATS = 500


class Drip(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        try:
            for _ in range(HEARTBEATS):
                self.wfile.write(b": ping\n\n")
                self.wfile.flush()
                time.sleep(HEARTBEAT_SECONDS)
        except OSError:
            pass  # the client went away, as it should

    def log_message(self, *args: object) -> None: ...


@pytest.fixture
def dripping() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Drip) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"127.0.0.1:{server.server_port}"
        server.shutdown()


def test_an_answer_that_never_ends_ends_at_its_deadline(dripping: str) -> None:
    began = time.monotonic()
    with (
        guarded_client(timeout=5, deadline_seconds=0.3, allowed_hosts=[dripping]) as client,
        pytest.raises(httpx2.ReadTimeout),
    ):
        client.get(f"http://{dripping}/")
    assert 0.3 <= time.monotonic() - began < 3


def silence(wire: socket.socket) -> None:
    while wire.recv(65536):
        pass


def header_bytes(wire: socket.socket) -> None:
    wire.recv(65536)
    wire.sendall(b"HTTP/1.1 200 OK\r\nX-Long: ")
    _drip(wire)


def informational_answers(wire: socket.socket) -> None:
    wire.recv(65536)
    while True:
        wire.sendall(b"HTTP/1.1 102 Processing\r\n\r\n")
        time.sleep(0.05)


def body_bytes(wire: socket.socket) -> None:
    wire.recv(65536)
    wire.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
    _drip(wire)


def a_chunk_size_without_end(wire: socket.socket) -> None:
    wire.recv(65536)
    wire.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;ext=")
    _drip(wire)


def reads_slowly(wire: socket.socket) -> None:
    wire.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
    while wire.recv(64):
        time.sleep(0.01)


def _drip(wire: socket.socket) -> None:
    while True:
        wire.sendall(b"a")
        time.sleep(0.05)


def a_handshake_without_end(wire: socket.socket) -> None:
    """The head of a TLS record of 16 kB, whose content trickles in."""
    wire.recv(65536)
    wire.sendall(b"\x16\x03\x03\x40\x00")
    _drip(wire)


@pytest.fixture
def slow(request: pytest.FixtureRequest) -> Iterator[str]:
    """A server of one's own kind of slowness."""
    play: Callable[[socket.socket], None] = request.param
    open_wires: list[socket.socket] = []

    def serve() -> None:
        with suppress(OSError):
            while True:
                wire, _ = listening.accept()
                open_wires.append(wire)
                threading.Thread(target=_play, args=(play, wire), daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as listening:
        threading.Thread(target=serve, daemon=True).start()
        yield f"127.0.0.1:{listening.getsockname()[1]}"
        for wire in open_wires:
            wire.close()


def _play(play: Callable[[socket.socket], None], wire: socket.socket) -> None:
    with suppress(OSError):
        play(wire)


EVERY_SLOWNESS = [
    silence,
    header_bytes,
    informational_answers,
    body_bytes,
    a_chunk_size_without_end,
    reads_slowly,
]
BODY = b"x" * 8_000_000


@pytest.mark.parametrize("slow", EVERY_SLOWNESS, indirect=True, ids=lambda kind: kind.__name__)
def test_every_slowness_ends_at_the_deadline(slow: str) -> None:
    began = time.monotonic()
    with (
        guarded_client(timeout=60, deadline_seconds=1, allowed_hosts=[slow]) as client,
        pytest.raises((httpx2.TimeoutException, httpx2.RemoteProtocolError)),
    ):
        client.post(f"http://{slow}/", content=BODY)
    assert time.monotonic() - began < 10


@pytest.mark.parametrize("slow", [a_handshake_without_end, silence], indirect=True, ids=lambda kind: kind.__name__)
def test_a_handshake_ends_at_the_deadline(slow: str) -> None:
    began = time.monotonic()
    with (
        guarded_client(timeout=60, deadline_seconds=1, allowed_hosts=[slow]) as client,
        pytest.raises(httpx2.TimeoutException),
    ):
        client.get(f"https://{slow}/")
    assert time.monotonic() - began < 10


def test_a_name_server_that_does_not_answer_ends_at_the_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    over = threading.Event()
    monkeypatch.setattr(guarded_http, "resolve", lambda host, port: over.wait(60) and [])
    began = time.monotonic()
    with (
        guarded_client(timeout=60, deadline_seconds=0.5, allowed_hosts=[]) as client,
        pytest.raises(httpx2.ConnectTimeout),
    ):
        client.get("https://slow.example/")
    assert time.monotonic() - began < 10
    over.set()


@pytest.mark.parametrize("slow", [header_bytes, body_bytes], indirect=True, ids=lambda kind: kind.__name__)
def test_a_link_ends_at_its_deadline(slow: str) -> None:
    began = time.monotonic()
    with pytest.raises(fetch.CannotFetch):
        fetch.fetch(f"http://{slow}/", limit_bytes=1_000_000, deadline_seconds=1, allowed_hosts=[slow])
    assert time.monotonic() - began < 10


@pytest.mark.parametrize("slow", [header_bytes], indirect=True, ids=lambda kind: kind.__name__)
def test_a_webhook_ends_at_its_deadline(slow: str) -> None:
    began = time.monotonic()
    with pytest.raises(fetch.CannotFetch):
        fetch.post(f"http://{slow}/", b"{}", {}, deadline_seconds=1, allowed_hosts=[slow])
    assert time.monotonic() - began < 10
