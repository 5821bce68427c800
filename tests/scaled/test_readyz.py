"""/readyz costs next to nothing, however often it is asked and however slow a part is."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from saas.embedded.folder import DataFolder
from tests.scaled import databases
from tests.scaled.darkroom import Darkroom, World
from tests.scaled.programming import Caller
from tests.scaled.programs import wait_until
from tests.scaled.services import RabbitMQ

pytestmark = pytest.mark.scaled

SLOW_SECONDS = 18
PROBE_SECONDS = 3
BUSY = 3  # times what it takes on a machine that has nothing else to do
AT_ONCE = 22


@contextmanager
def slow_storage() -> Iterator[tuple[str, list[str]]]:
    """Its address, and what it was asked."""
    asked: list[str] = []
    ending = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def _be_slow(self) -> None:
            asked.append(self.command)
            ending.wait(SLOW_SECONDS)

        do_GET = do_PUT = do_HEAD = do_DELETE = _be_slow  # noqa: N815 their names there

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 its name there
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", asked
    finally:
        ending.set()
        server.shutdown()
        server.server_close()


@pytest.fixture
def slow(folder: Path, cluster: DataFolder, world: World, rabbitmq: RabbitMQ) -> Iterator[tuple[Darkroom, list[str]]]:
    home = folder / "on-slow-storage"
    home.mkdir()
    with slow_storage() as (url, asked), databases.made(databases.server_url(cluster), like=world.template_url) as made:
        darkroom = Darkroom(home, replace(world, s3_url=url), made, rabbitmq.url)
        rabbitmq.wait()
        darkroom.web.start()
        try:
            wait_until(lambda: darkroom.status("/healthz") == 200, "the web process answers", darkroom.web)
            yield darkroom, asked
        finally:
            darkroom.web.leave()


def test_many_probes_of_slow_storage_leave_pages_alone(slow: tuple[Darkroom, list[str]]) -> None:
    darkroom, asked = slow
    pages, probes = Caller(darkroom.url), Caller(darkroom.url)
    pages.get("/accounts/login/")  # loads what the first page needs
    asked.clear()
    began = time.monotonic()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        probing = [pool.submit(probes.get, "/readyz") for _ in range(AT_ONCE)]
        while not all(one.done() for one in probing):
            assert pages.get("/accounts/login/").status == 200
    seconds = time.monotonic() - began
    assert {one.result().status for one in probing} == {503}
    assert max(call.seconds for call in probes.calls) < PROBE_SECONDS * BUSY
    assert max(call.seconds for call in pages.calls) < PROBE_SECONDS * BUSY
    assert len(asked) <= 1 + seconds / 5 * 2  # and not once for each who asked
    parts = darkroom.parts()
    assert parts is not None
    assert (parts["storage"], parts["database"], parts["queue"]) == (False, True, True)
