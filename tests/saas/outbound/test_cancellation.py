"""Who waits for a provider can be called off by another thread, and is called off by the deadline, also before the
first byte."""

import socket
import threading
import time
from collections.abc import Iterator

import httpx2
import pytest

from saas.outbound import cancellation, guarded_http


def test_while_the_clock_stands_still_no_deadline_comes_nearer() -> None:
    with cancellation.waiting() as wait:
        wait.end_in(10)
        before, began = wait.ends_at, time.monotonic()
        assert before is not None
        with wait.paused():
            threading.Event().wait(0.05)
        assert wait.ends_at is not None
        assert 0.05 <= wait.paused_seconds <= time.monotonic() - began
        assert wait.ends_at - before == pytest.approx(wait.paused_seconds)
        assert cancellation.deadline() == wait.ends_at


@pytest.fixture
def silent() -> Iterator[str]:
    """Takes a connection and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield f"127.0.0.1:{listening.getsockname()[1]}"


@pytest.fixture
def dribbling() -> Iterator[str]:
    """Sends a header without end, a byte at a time."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        threading.Thread(target=_dribble, args=(listening,), daemon=True).start()
        yield f"127.0.0.1:{listening.getsockname()[1]}"


def _dribble(listening: socket.socket) -> None:
    wire, _ = listening.accept()
    with wire:
        try:
            wire.sendall(b"HTTP/1.1 200 OK\r\nX-Long: ")
            while True:
                wire.sendall(b"a")
                time.sleep(0.05)
        except OSError:
            return


def ask(host: str) -> None:
    with guarded_http.guarded_client(timeout=30, allowed_hosts=[host]) as client:
        client.get(f"http://{host}/v1/models")


def test_who_waits_for_the_first_byte_is_called_off_by_another_thread(silent: str) -> None:
    began = time.monotonic()
    with cancellation.waiting() as wait:
        threading.Timer(0.2, wait.call_off).start()
        with pytest.raises(httpx2.ReadError):
            ask(silent)
    assert time.monotonic() - began < 10
    assert wait.is_called_off


@pytest.mark.parametrize("kind", ["silent", "dribbling"])
def test_the_deadline_holds_before_the_first_byte_too(kind: str, request: pytest.FixtureRequest) -> None:
    began = time.monotonic()
    with cancellation.waiting() as wait:
        wait.end_in(0.4)
        with pytest.raises(httpx2.ReadTimeout):
            ask(request.getfixturevalue(kind))
    assert 0.4 <= time.monotonic() - began < 10


def test_the_pause_between_two_bytes_is_bounded_as_before(silent: str) -> None:
    with (
        cancellation.waiting(),
        guarded_http.guarded_client(timeout=0.7, allowed_hosts=[silent]) as client,
        pytest.raises(httpx2.ReadTimeout),
    ):
        client.get(f"http://{silent}/")


def test_outside_nothing_waits_for_anybody() -> None:
    with cancellation.waiting():
        pass
    assert cancellation.current() is None
