"""A connection to a provider whose answer has ended serves the next call; one whose answer goes on is given up."""

import json
import threading
import time
from http.server import BaseHTTPRequestHandler

from saas.crypto.sealing import Secret
from studio.providers import openai_sdk
from studio.providers.adapter import Endpoint, Request
from studio.providers.answers import Final, Frame
from tests.support.fake_provider import completed, partial
from tests.support.keeping_provider import Keeping, chunk, ends, keeping_provider

REQUEST = Request("images", {"model": "gpt-image-2", "prompt": "a lamp", "n": 1}, partial_images=1)


def falls_silent(handler: BaseHTTPRequestHandler, closing: threading.Event) -> None:
    closing.wait(20)
    handler.close_connection = True


def never_ends(handler: BaseHTTPRequestHandler, closing: threading.Event) -> None:
    handler.close_connection = True
    try:
        while not closing.is_set():
            chunk(handler, b": still here\n" * 1000)
    except OSError:
        pass  # the other side hung up, as it should


def sends_another(handler: BaseHTTPRequestHandler, closing: threading.Event) -> None:
    chunk(handler, f"data: {json.dumps(partial(1))}\n\ndata: {json.dumps(completed())}\n\n".encode())
    ends(handler, closing)


def call(keeping: Keeping) -> list[Frame]:
    endpoint = Endpoint(
        base_url=f"http://127.0.0.1:{keeping.port}/v1",
        key=Secret("sk-test"),
        allowed_hosts=(f"127.0.0.1:{keeping.port}",),
        deadline_seconds=20,
    )
    return list(openai_sdk.develop(endpoint, REQUEST, before_sending=lambda: None))


def test_the_next_call_finds_the_connection_open() -> None:
    with keeping_provider(ends) as keeping:
        for _ in range(3):
            assert isinstance(call(keeping)[-1], Final)
    assert len(keeping.connections) == 1


def test_what_follows_the_final_is_ignored() -> None:
    with keeping_provider(sends_another) as keeping:
        first, second = call(keeping), call(keeping)
    assert [len(first), len(second)] == [2, 2]
    assert isinstance(first[-1], Final)
    assert len(keeping.connections) == 1


def test_a_provider_that_falls_silent_after_the_final_keeps_nobody() -> None:
    with keeping_provider(falls_silent) as keeping:
        began = time.monotonic()
        assert isinstance(call(keeping)[-1], Final)
        assert time.monotonic() - began < 10, "waited for the end of the stream"
        call(keeping)
    assert len(keeping.connections) == 2


def test_a_provider_that_never_ends_its_stream_keeps_nobody() -> None:
    with keeping_provider(never_ends) as keeping:
        began = time.monotonic()
        assert isinstance(call(keeping)[-1], Final)
        assert time.monotonic() - began < 10, "read on and on"
