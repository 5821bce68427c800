"""However large the answers and however many at once, all are given, and the process keeps within a bound."""

import json
from base64 import b64encode
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx2
import pytest

from tests.embedded.instance import Instance
from tests.studio.gateway import upstreams
from tests.studio.gateway.test_unread_answer import noise
from tests.support.fake_provider import Exchange, Upstream

MB = 1_000_000
MOST_BYTES = 1_400 * MB  # 1,000 were measured for either, with what the process had before and its allocator keeps
PATIENCE_SECONDS = 280.0


def most_memory_of(process: int, act: Callable[[], None]) -> int:
    """Return the most bytes that the process had while `act` ran."""
    Path(f"/proc/{process}/clear_refs").write_text("5")  # measure from now on
    act()
    status = Path(f"/proc/{process}/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) * 1024


def offer(monkeypatch: pytest.MonkeyPatch, prompt: str, side: int) -> bytes:
    """Have the provider answer the prompt with noise of this size. Return its base64."""
    text = b64encode(noise(side))
    body = b'{"created":1,"data":[{"b64_json":"' + text + b'"}],"size":"2048x2048","quality":"low"}'

    def script(exchange: Exchange) -> None:
        exchange.begin(kind="application/json")
        exchange.send(body)

    monkeypatch.setitem(upstreams.scripts, prompt, script)
    return text


def ask(darkroom: Instance, key: str, prompt: str, text: bytes) -> None:
    said = json.dumps({"prompt": prompt, "model": "gpt-image-2"}).encode()
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    answer = httpx2.post(
        f"{darkroom.url}/v1/images/generations", content=said, headers=headers, timeout=PATIENCE_SECONDS
    )
    assert answer.status_code == 200, answer.text[:500]
    assert answer.content.count(text) == 1


def test_many_large_answers_at_once_are_all_given_within_the_memory_for_some(
    darkroom: Instance, upstream_key: str, up: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = offer(monkeypatch, "a large one of many", 2236)
    assert 19 * MB < len(text) < 21 * MB

    def all_at_once() -> None:
        with ThreadPoolExecutor(32) as callers:
            for call in [callers.submit(ask, darkroom, upstream_key, "a large one of many", text) for _ in range(32)]:
                call.result()

    assert most_memory_of(darkroom.process.pid, all_at_once) < MOST_BYTES


def test_the_largest_answer_is_given(
    darkroom: Instance, upstream_key: str, up: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = offer(monkeypatch, "the largest one", 3930)
    assert 61 * MB < len(text) < 63 * MB
    most = most_memory_of(darkroom.process.pid, lambda: ask(darkroom, upstream_key, "the largest one", text))
    assert most < MOST_BYTES
