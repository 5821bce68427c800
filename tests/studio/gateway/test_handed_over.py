"""In the embedded size a caller gets what its worker still holds: storage is not asked for it again, unless the worker
was another process, had no room or came too early."""

import base64
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.conf import LazySettings
from django.db import connection
from django.test import AsyncClient

from accounts.models import Organization, User
from saas.database import tenancy
from studio.engine import record_picture
from studio.files import storage
from studio.gateway import results
from studio.models import Output, State, Ticket
from studio.waiting import group_listener, relay
from tests.storm.client import wait_until
from tests.studio.api.keys import program
from tests.studio.engine.test_worker import up, work
from tests.support.fake_provider import Exchange, Upstream, completed, error, pictures, png

pytestmark = pytest.mark.django_db(transaction=True)
__all__ = ["up"]

PICTURE = png(shade=77)


@pytest.fixture(autouse=True)
def _own_disk(settings: LazySettings, tmp_path: Path) -> None:
    settings.DATA_DIR, settings.MEDIA_ROOT = tmp_path, str(tmp_path / "media")


@pytest.fixture
def loads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the files that are read from storage."""
    found: list[str] = []
    load = storage.load

    def watched(name: str) -> bytes:
        found.append(name)
        return load(name)

    monkeypatch.setattr(storage, "load", watched)
    return found


has_worked = threading.Event()


@pytest.fixture(autouse=True)
def _after_the_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hints are not heard here, so the end of a run is found by a look, and that may be between the commit and what
    follows it. Then an answer is read from storage; here it waits."""
    monkeypatch.setattr(group_listener, "IDLE_LOOK_SECONDS", 0.05)
    monkeypatch.setattr(group_listener, "LOOK_SECONDS", 0.05)
    read = results.read_result

    def read_afterwards(*args: Any, **more: Any) -> Any:
        assert has_worked.wait(20)
        return read(*args, **more)

    monkeypatch.setattr(results, "read_result", read_afterwards)


@contextmanager
def worker() -> Iterator[None]:
    """One that begins when there is a ticket and a caller who waits."""
    has_worked.clear()

    def begin() -> None:
        try:
            assert wait_until(lambda: Ticket.objects.exists() and bool(relay._expected))
            work()
        finally:
            has_worked.set()
            connection.close()

    thread = threading.Thread(target=begin)
    thread.start()
    try:
        yield
    finally:
        thread.join(30)


@async_to_sync
async def post(key: str, path: str, body: dict[str, Any]) -> tuple[int, bytes]:
    answer: Any = await AsyncClient().post(
        f"/v1/{path}", json.dumps(body), content_type="application/json", headers={"Authorization": f"Bearer {key}"}
    )
    if answer.streaming:
        return answer.status_code, b"".join([chunk async for chunk in answer.streaming_content])
    return answer.status_code, answer.content


def ask(key: str, **more: Any) -> dict[str, Any]:
    with worker():
        status, content = post(key, "images/generations", {"prompt": "a lamp", "model": "gpt-image-2", **more})
    assert status == 200, content
    found: dict[str, Any] = json.loads(content)
    return found


def test_the_answer_has_the_workers_own_bytes_and_words(
    acme: Organization, bob: User, up: Upstream, loads: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    up.script = pictures(completed(PICTURE))
    key = program(acme, bob).token
    handed = ask(key)
    assert [base64.b64decode(one["b64_json"]) for one in handed["data"]] == [PICTURE]
    assert loads == []
    monkeypatch.setattr(relay, "HANDED_LIMIT_BYTES", 0)
    read = ask(key)
    assert len(loads) == 1
    assert {**read, "created": 0} == {**handed, "created": 0}


def test_a_stream_and_a_talk_end_with_them_too(acme: Organization, bob: User, up: Upstream, loads: list[str]) -> None:
    up.script = pictures(completed(PICTURE))
    key = program(acme, bob).token
    with worker():
        _, content = post(key, "images/generations", {"prompt": "a lamp", "model": "gpt-image-2", "stream": True})
    final = json.loads(content.rpartition(b"data: ")[2])
    assert base64.b64decode(final["b64_json"]) == PICTURE
    assert loads == []


def test_several_are_in_the_order_of_their_slots(acme: Organization, bob: User, up: Upstream, loads: list[str]) -> None:
    def by_slot(exchange: Exchange) -> None:
        index = int(exchange.asked.json["safety_identifier"].rpartition(":")[2])
        pictures(completed(png(shade=index + 1)))(exchange)

    up.script = by_slot
    answer = ask(program(acme, bob).token, n=3)
    assert [base64.b64decode(one["b64_json"]) for one in answer["data"]] == [png(shade=1), png(shade=2), png(shade=3)]
    assert answer["usage"]["total_tokens"] == 3 * ask(program(acme, bob).token)["usage"]["total_tokens"]
    assert loads == []


def test_beside_one_that_failed_the_rows_are_read_and_the_bytes_are_not(
    acme: Organization, bob: User, up: Upstream, loads: list[str]
) -> None:
    def second_is_refused(exchange: Exchange) -> None:
        if exchange.asked.json["safety_identifier"].endswith(":1"):
            exchange.whole(400, error("moderation_blocked"))
        else:
            pictures(completed(PICTURE))(exchange)

    up.script = second_is_refused
    answer = ask(program(acme, bob).token, n=2)
    assert [base64.b64decode(one["b64_json"]) for one in answer["data"]] == [PICTURE]
    assert loads == []


def test_links_lead_to_the_kept_picture(acme: Organization, bob: User, up: Upstream, loads: list[str]) -> None:
    answer = ask(program(acme, bob).token, response_format="url")
    assert [list(one) for one in answer["data"]] == [["url"]]
    assert loads == []


def test_a_caller_gets_nothing_that_was_not_settled(
    acme: Organization, bob: User, up: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first try to write it down fails; only the second one commits."""
    monkeypatch.setattr("studio.engine.job.KEEP_WAITS_SECONDS", (0.0, 0.0, 0.0))
    up.script = pictures(completed(PICTURE))
    keep, seen = record_picture._keep, list[int]()

    def fail_once(*args: Any, **more: Any) -> Any:
        seen.append(sum(len(finals.by_slot) for every in relay._expected.values() for finals in every))
        if len(seen) == 1:
            raise OSError("the line to the database is cut")
        return keep(*args, **more)

    monkeypatch.setattr(record_picture, "_keep", fail_once)
    answer = ask(program(acme, bob).token)
    assert base64.b64decode(answer["data"][0]["b64_json"]) == PICTURE
    assert seen == [0, 0]
    with tenancy.tenant(acme.pk):
        assert Output.objects.get().slot.state == State.SUCCEEDED
    assert not relay._expected
