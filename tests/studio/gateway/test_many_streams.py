"""Many callers stream at once while other programs want the processors: every one gets every frame."""

import json
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx2
import pytest

from tests.embedded.instance import Instance

STREAMS, BURNERS, MOST_SECONDS = 32, 3, 300
BURN = f"import time; ends = time.monotonic() + {MOST_SECONDS}\nwhile time.monotonic() < ends: pass"
FRAMES = [0, 1, 2, None]


@pytest.fixture
def _busy() -> Iterator[None]:
    burners = [subprocess.Popen([sys.executable, "-c", BURN]) for _ in range(BURNERS)]
    try:
        yield
    finally:
        for burner in burners:
            burner.kill()
            burner.wait()


@pytest.fixture
def program(darkroom: Instance, upstream_key: str) -> Iterator[httpx2.Client]:
    headers = {"Authorization": f"Bearer {upstream_key}"}
    limits = httpx2.Limits(max_connections=STREAMS)
    with httpx2.Client(
        base_url=darkroom.url, headers=headers, limits=limits, timeout=MOST_SECONDS, trust_env=False
    ) as client:
        yield client


def by_the_gateway(program: httpx2.Client) -> list[int | None]:
    body = {"prompt": "three", "model": "gpt-image-2", "partial_images": 3, "stream": True}
    with program.stream("POST", "/v1/images/generations", json=body) as answer:
        assert answer.status_code == 200, answer.read()
        frames = [json.loads(line[6:]) for line in answer.iter_lines() if line.startswith("data: ")]
    return [frame.get("partial_image_index") for frame in frames]


def by_the_native_api(program: httpx2.Client) -> list[int | None]:
    body = {"prompt": "three", "model": "gpt-image-2", "partial_images": 3}
    with program.stream("POST", "/api/v1/runs?stream=true", json=body) as answer:
        assert answer.status_code in {200, 201}, answer.read()
        events: list[dict[str, Any]] = [json.loads(line) for line in answer.iter_lines()]
    told = [event for event in events if event["type"] != "pulse"]
    assert [event["seq"] for event in told] == list(range(1, len(told) + 1))
    assert told[-1]["type"] == "ended"
    return [event.get("index") for event in told if event["type"] in {"partial", "output"}]


@pytest.mark.usefixtures("_busy")
def test_every_one_of_many_streams_gets_every_frame(program: httpx2.Client) -> None:
    with ThreadPoolExecutor(STREAMS) as pool:
        asked = [
            pool.submit(by_the_native_api if number % 4 == 3 else by_the_gateway, program) for number in range(STREAMS)
        ]
        assert [each.result() for each in asked] == [FRAMES] * STREAMS
