"""Runs that are over, played again: the sample that every Darkroom has, and one's own at their own pace."""

import asyncio
import json
import time
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from accounts.models import Organization, Scope, User
from saas.database import tenancy
from studio.api import streams
from studio.models import RunEvent
from tests.studio.api.keys import Program, program
from tests.studio.api.test_runs import read

pytestmark = pytest.mark.django_db


def ended(acme: Organization, api: Program, *seconds: float) -> str:
    """A run whose events came so many seconds after its first."""
    run = str(api.post("runs", {"prompt": "A lamp"}).json()["id"])
    api.post(f"runs/{run}/cancel")
    with tenancy.tenant(acme.pk):
        first, *others = RunEvent.objects.order_by("seq")
        for event, after in zip(others, seconds, strict=True):
            RunEvent.objects.filter(pk=event.pk).update(at=first.at + timedelta(seconds=after))
    return run


def test_the_sample_is_told_with_pictures_that_need_no_key(acme: Organization, bob: User) -> None:
    said = program(acme, bob, Scope.READ).get("sample").json()
    assert (said["state"], said["length_ms"], len(said["slots"])) == ("succeeded", 17100, 2)
    frames = said["slots"][1]["frames"]
    assert [(frame["index"], frame["at_ms"], frame["is_final"]) for frame in frames] == [
        (0, 3600, False),
        (1, 7400, False),
        (2, 12300, False),
        (3, 17100, True),
    ]
    assert frames[3]["url"].endswith("/sample/2-final.webp")
    assert said["events"][0] == {"seq": 1, "at_ms": 0, "slot": None, "text": "Asked for 2 pictures"}
    assert Client().get("/api/v1/sample").status_code == 401


def test_a_run_is_played_at_the_pace_at_which_it_happened(
    acme: Organization, bob: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    api = program(acme, bob)
    run = ended(acme, api, 0.5, 1.0)
    began = time.monotonic()
    lines = read(api.get(f"runs/{run}/events?pace=real")).splitlines()
    assert 1.0 <= time.monotonic() - began < 10
    assert [json.loads(line)["type"] for line in lines] == ["queued", "cancelled", "ended"]
    monkeypatch.setattr(streams, "PULSE_SECONDS", 0.2)
    pulses = read(api.get(f"runs/{run}/events?pace=real")).count(b'{"type":"pulse"}')
    assert pulses == 4  # two in each half second, and then what is left of it


def test_a_replay_has_a_deadline(acme: Organization, bob: User, monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)
        clock[0] += seconds

    clock = [1000.0]
    monkeypatch.setattr(streams, "time", type("Clock", (), {"monotonic": staticmethod(lambda: clock[0])}))
    monkeypatch.setattr(streams, "asyncio", type("Loop", (), {"sleep": staticmethod(sleep)}))

    async def news() -> Any:
        first = RunEvent(seq=1, type="queued")
        for seq, hours in ((1, 0), (2, 1), (3, 2)):
            yield RunEvent(seq=seq, type="x", at=first.at + timedelta(hours=hours))

    async def played() -> list[int]:
        return [event.seq async for event in streams._paced(news()) if event is not None]

    assert asyncio.run(played()) == [1, 2, 3]
    assert sum(slept) == streams.MOST_REPLAY_SECONDS
    assert max(slept) <= streams.PULSE_SECONDS


def test_nothing_is_played_to_others(acme: Organization, bob: User, rival: Organization, charlie: User) -> None:
    run = ended(acme, program(acme, bob), 1, 2)
    assert program(rival, charlie).get(f"runs/{run}/events?pace=real").status_code == 404
    assert program(acme, bob).get(f"runs/{run}/events?pace=double").status_code == 422
