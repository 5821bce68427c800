"""Programs' requests share threads, and end without a trace when their client has gone."""

import asyncio
import threading
from typing import Any

import pytest

from saas.web import program_handler
from studio.gateway import doors
from studio.openai_wire.errors import OpenAIError

pytestmark = pytest.mark.asyncio


class Line:
    """A client's side of one request, as a server would have it."""

    def __init__(self) -> None:
        self.sent, self.has_gone, self._is_asked = list[dict[str, Any]](), asyncio.Event(), False

    async def receive(self) -> dict[str, Any]:
        if not self._is_asked:
            self._is_asked = True
            return {"type": "http.request", "body": b"", "more_body": False}
        await self.has_gone.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: dict[str, Any]) -> None:
        self.sent.append(message)


def scope() -> dict[str, Any]:
    head: dict[str, Any] = {"headers": [(b"host", b"testserver")], "query_string": b"", "client": ("127.0.0.1", 1)}
    return head | {"type": "http", "http_version": "1.1", "method": "GET", "path": "/v1/models", "server": ("t", 80)}


async def test_one_request_after_the_other_is_served_by_the_same_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    threads = list[str]()

    def refuse(*_: Any) -> None:
        threads.append(threading.current_thread().name)
        raise OpenAIError("No.", status=401)

    monkeypatch.setattr(doors, "_let_in", refuse)
    application = program_handler.ProgramHandler()
    for _ in range(3):
        line = Line()
        await application(scope(), line.receive, line.send)
        assert line.sent[0]["status"] == 401
    assert len(set(threads)) == 1
    assert threads[0].startswith("programs")


async def test_a_view_is_cancelled_when_its_client_has_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    has_begun, was_cancelled = asyncio.Event(), asyncio.Event()

    async def wait(*_: Any) -> None:
        has_begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            was_cancelled.set()

    monkeypatch.setattr(doors, "in_thread", wait)
    line = Line()
    serving = asyncio.create_task(program_handler.ProgramHandler()(scope(), line.receive, line.send))
    async with asyncio.timeout(20):
        await has_begun.wait()
        line.has_gone.set()
        await serving
    assert was_cancelled.is_set()
    assert line.sent == []
