"""Looking a name up ends at its deadline, also where threads are short."""

import threading
import time
from collections.abc import Iterator, Sequence

import httpcore2
import pytest

from saas.outbound import dns


@pytest.fixture
def hanging() -> Iterator[threading.Event]:
    let_go = threading.Event()
    yield let_go
    let_go.set()


def test_a_look_up_that_waited_for_a_thread_has_only_what_is_left(
    hanging: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    places = threading.BoundedSemaphore(1)
    monkeypatch.setattr(dns, "_places", places)
    places.acquire()
    asked = threading.Event()

    def hang(host: str, port: int) -> Sequence[str]:
        asked.set()
        hanging.wait(60)
        return []

    threading.Timer(1.0, places.release).start()
    began = time.monotonic()
    with pytest.raises(httpcore2.ConnectTimeout, match="took too long"):
        dns.within(4.0, hang, "slow.example", 443)
    assert asked.is_set()
    assert time.monotonic() - began < 4.9
    hanging.set()
    assert places.acquire(timeout=20), "the thread gives its place back"


def test_what_is_found_in_time_is_returned() -> None:
    assert dns.within(20.0, lambda host, port: [f"{host}:{port}"], "quick.example", 443) == ["quick.example:443"]


def test_what_cannot_be_found_is_told_as_the_system_tells_it() -> None:
    def refuse(host: str, port: int) -> Sequence[str]:
        raise OSError("no such name")

    with pytest.raises(OSError, match="no such name"):
        dns.within(20.0, refuse, "nowhere.example", 443)
