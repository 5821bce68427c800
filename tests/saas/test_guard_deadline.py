"""A timeout bounds the pause between two bytes; a heartbeat that never ends meets the deadline."""

import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx2
import pytest

from saas.guard import guarded_async_client, guarded_client

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


@pytest.mark.asyncio
async def test_the_async_client_keeps_the_deadline_too(dripping: str) -> None:
    async with guarded_async_client(timeout=5, deadline_seconds=0.3, allowed_hosts=[dripping]) as client:
        with pytest.raises(httpx2.ReadTimeout):
            await client.get(f"http://{dripping}/")
