"""Sixteen floods at once, read by a process of its own: what it holds at most stays below a bound."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from tests.storm import providers
from tests.storm.providers import BIG
from tests.support.fake_provider import Script, upstream

THREADS = 16  # what one organization may have at once
BOUND_MEGABYTES = settings.ANSWERS_LIMIT_BYTES / 1_000_000 + 150
LONGEST_SECONDS = 400


def flooded(script: Script, *, threads: int) -> dict[str, Any]:
    with upstream(script) as up:
        environment = {**os.environ, "PYTHONPATH": str(Path.cwd()), "MALLOC_ARENA_MAX": "2"}
        environment |= {"MALLOC_MMAP_THRESHOLD_": "1000000", "MALLOC_TRIM_THRESHOLD_": "8000000"}
        done = subprocess.run(
            [sys.executable, "-m", "tests.storm.flood_reader", up.url, str(threads), "1"],
            env=environment,
            capture_output=True,
            timeout=LONGEST_SECONDS,
            check=False,
        )
    assert done.returncode == 0, done.stderr.decode()[-2000:]
    said: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return said


FEWER = 6  # each sends its tens of megabytes
FLOODS: dict[str, tuple[int, Callable[[], Script], str]] = {
    "finals": (THREADS, lambda: providers.frame_of(BIG), "Final 48 MB"),
    "whole answers": (FEWER, lambda: providers.whole_of(BIG), "Final 48 MB"),
    "no base64": (FEWER, lambda: broken, "broken_picture"),
    "swelling": (FEWER, lambda: providers.swelling(BIG), "strange_answer"),
    "many lines": (FEWER, lambda: providers.in_many_lines(BIG), "no_picture"),
    "errors": (
        FEWER,
        lambda: providers.endless(b"A" * providers.MEGABYTE, count=80, kind="application/json", status=400),
        "bad_request",
    ),
}


def broken(exchange: Any) -> None:
    providers.endless(
        b"%" * providers.MEGABYTE,
        count=62,
        start=b'data: {"type":"image_generation.completed","b64_json":"',
        end=b'"}\n\n',
    )(exchange)


@pytest.mark.parametrize("flood", FLOODS)
def test_floods_at_once_stay_below_a_bound(flood: str) -> None:
    threads, make, outcome = FLOODS[flood]
    said = flooded(make(), threads=threads)
    assert said["outcomes"] == [outcome] * threads
    assert said["most"] - said["idle"] < BOUND_MEGABYTES
