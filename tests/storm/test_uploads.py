"""One organization floods the decoders; another one's picture is read all the same, and soon."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.conf import LazySettings

from saas.fairness.memory import Room
from studio.gateway import pictures_in
from studio.imaging import decode_turns
from studio.imaging.inspection import UploadRefused
from studio.inputs import uploads
from studio.openai_wire.errors import OpenAIError
from tests.support import picture_bytes

SECONDS = 5.0
PATIENCE = 120.0
EDGE = 6000  # 36 million pixels: about a second of one core, when nobody else wants it


@dataclass(frozen=True)
class Org:
    """As much of an organization as reading needs."""

    pk: int
    code: UUID = field(default_factory=uuid4)


@pytest.fixture(autouse=True)
def _own_disk(settings: LazySettings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path


@cache
def large() -> bytes:
    return picture_bytes.png(EDGE, EDGE)


@cache
def slowness() -> float:
    """How much longer than on an idle machine a second of one core takes now, roughly and at least once."""
    began, spent = time.monotonic(), time.process_time()
    sum(range(20_000_000))
    return max(1.0, (time.monotonic() - began) / (time.process_time() - spent))


def read(org: Org, data: bytes) -> None:
    made: Any = org
    uploads.store_picture(org=made, name="cat.png", data=data)


def until(condition: Callable[[], bool]) -> None:
    ends_at = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < ends_at
        time.sleep(0.005)


@contextmanager
def flood(org: Org, count: int, outcomes: list[str]) -> Iterator[None]:
    """So many threads that upload one large picture after the other."""
    is_over = threading.Event()

    def upload() -> None:
        while not is_over.is_set():
            try:
                read(org, large())
                outcomes.append("read")
            except UploadRefused as refusal:
                outcomes.append(refusal.code)
                is_over.wait(0.05)

    threads = [threading.Thread(target=upload) for _ in range(count)]
    for thread in threads:
        thread.start()
    until(lambda: decode_turns.room().waiting > 2)
    try:
        yield
    finally:
        is_over.set()
        for thread in threads:
            thread.join(PATIENCE)


def test_a_flood_of_one_organization_waits_for_itself() -> None:
    outcomes: list[str] = []
    taken = []
    large()
    factor = slowness()
    with flood(Org(1), 30, outcomes):
        for _ in range(3):
            began = time.monotonic()
            read(Org(2), picture_bytes.plain(".png"))
            taken.append(time.monotonic() - began)
        assert decode_turns.room().held_bytes <= decode_turns.room().limit_bytes // 2
    assert max(taken) < SECONDS * max(factor, 2.0)
    assert set(outcomes) <= {"read", "busy"}
    assert decode_turns.room().held_bytes == decode_turns.room().waiting == 0


def test_who_waits_in_vain_is_told_when_to_come_back(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    room = Room(limit_bytes=100, places=1)
    monkeypatch.setattr(decode_turns, "room", lambda: room)
    monkeypatch.setattr(decode_turns, "UPLOAD_SECONDS", 0.05)
    with room.held(1, by="another", seconds=0), pytest.raises(UploadRefused) as refused:
        read(Org(1), picture_bytes.plain(".png"))
    told = pictures_in.error_of_upload(refused.value, "image")
    assert (refused.value.code, told.status, told.headers) == ("busy", 429, {"Retry-After": "5"})
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_links_are_fetched_in_turns_and_weigh_no_more_than_a_form(
    monkeypatch: pytest.MonkeyPatch, settings: LazySettings
) -> None:
    fetching = threading.Semaphore(0)
    limits: list[int] = []
    go_on = threading.Event()

    def fetch(url: str, *, limit_bytes: int, **_: Any) -> bytes:
        limits.append(limit_bytes)
        fetching.release()
        assert go_on.wait(PATIENCE)
        return bytes(30_000_000)

    monkeypatch.setattr(pictures_in, "fetch", fetch)
    monkeypatch.setattr(pictures_in, "FETCH_SECONDS", 0.05)

    def ask(org: int, luggage: pictures_in.LinkBudget) -> Any:
        caller: Any = type("Caller", (), {"org": Org(org)})
        return pictures_in.read_link({"image_url": "https://example.com/a.png"}, "image", caller, luggage)

    threads = [threading.Thread(target=ask, args=(1, pictures_in.LinkBudget())) for _ in range(8)]
    for thread in threads:
        thread.start()
    for _ in threads:
        assert fetching.acquire(timeout=PATIENCE)
    with pytest.raises(OpenAIError) as refused:
        ask(1, pictures_in.LinkBudget())
    assert (refused.value.status, refused.value.headers) == (429, {"Retry-After": "5"})
    go_on.set()
    luggage = pictures_in.LinkBudget()
    for _ in range(3):
        ask(2, luggage)
    for thread in threads:
        thread.join(PATIENCE)
    assert limits[8:] == [50_000_000, 50_000_000, 40_000_000]
    assert luggage.left_bytes == settings.REQUEST_LIMIT_BYTES - 90_000_000
