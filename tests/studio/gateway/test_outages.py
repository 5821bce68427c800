"""The official SDK, while some requests always fail, and while the provider is away."""

import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

import openai
import pytest

from tests.embedded.instance import Instance
from tests.support.fake_provider import Upstream

DEADLINE_SECONDS = 120.0


def failing(up: Upstream) -> int:
    return sum(asked.json["prompt"].startswith("fails") for asked in list(up.seen) if b'"prompt"' in asked.body)


def until(is_so: Callable[[], bool]) -> None:
    ends_at = time.monotonic() + DEADLINE_SECONDS
    while not is_so():
        assert time.monotonic() < ends_at
        time.sleep(0.05)


def program(darkroom: Instance, key: str) -> openai.OpenAI:
    return openai.OpenAI(api_key=key, base_url=f"{darkroom.url}/v1", max_retries=0, timeout=DEADLINE_SECONDS)


def draw(client: openai.OpenAI, prompt: str) -> float:
    began = time.monotonic()
    assert client.images.generate(prompt=prompt, model="gpt-image-2").data
    return time.monotonic() - began


def told(failed: "Future[float]") -> openai.InternalServerError:
    error = failed.exception(DEADLINE_SECONDS)
    assert isinstance(error, openai.InternalServerError), error
    return error


def test_two_requests_that_always_fail_keep_no_healthy_caller_waiting(
    darkroom: Instance, upstream_key: str, up: Upstream
) -> None:
    before = failing(up)
    with program(darkroom, upstream_key) as client, ThreadPoolExecutor() as pool:
        calls = [pool.submit(draw, client, prompt) for prompt in ("fails one", "fails two")]
        until(lambda: failing(up) >= before + 6)
        assert max(draw(client, f"healthy {number}") for number in range(2)) < 30
        for error in map(told, calls):
            assert (error.status_code, error.type, error.code) == (
                503,
                "service_unavailable_error",
                "server_is_overloaded",
            )
            assert "The provider has an outage." in error.message
            assert 1 <= int(error.response.headers["retry-after"]) <= 120
        assert draw(client, "healthy after") < 30


def test_in_an_outage_every_caller_is_told_within_seconds_how_long_it_may_last(
    darkroom: Instance, upstream_key: str, up: Upstream
) -> None:
    with program(darkroom, upstream_key) as client, ThreadPoolExecutor() as pool:
        calls = [pool.submit(draw, client, f"fails in another way {number}") for number in range(6)]
        began = time.monotonic()
        for error in map(told, calls):
            assert error.status_code == 503
            assert 1 <= int(error.response.headers["retry-after"]) <= 300
        assert time.monotonic() - began < 60
        with pytest.raises(openai.InternalServerError) as refused:
            draw(client, "healthy, and too early")
        headers = refused.value.response.headers
        assert (refused.value.status_code, "x-darkroom-run" in headers) == (503, False), "no run was made"
        ends_at = time.monotonic() + DEADLINE_SECONDS
        while time.monotonic() < ends_at:
            time.sleep(int(headers["retry-after"]))
            try:
                draw(client, "healthy, and in time")
            except openai.InternalServerError as again:
                headers = again.response.headers
            else:
                return
        pytest.fail("The outage was over, and the circuit stayed open.")
