"""How each end of a call reaches a program, and what happens when programs misbehave: against an upstream that shares
no code with Darkroom."""

import asyncio
import base64
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx2
import openai
import pytest

from tests.embedded.instance import Instance
from tests.support.fake_provider import USAGE, Upstream, png

PRICE = (USAGE["input_tokens"] * 5 + USAGE["output_tokens"] * 30) / 1e6  # type: ignore[operator]  # whole numbers


@pytest.fixture(scope="module")
def api_key(upstream_key: str) -> str:
    """Of the organization whose pictures come from there."""
    return upstream_key


@pytest.fixture(scope="module")
def client(darkroom: Instance, api_key: str) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(api_key=api_key, base_url=f"{darkroom.url}/v1", max_retries=0, timeout=60) as found:
        yield found


def calls(up: Upstream, prompt: str) -> int:
    return sum(asked.json["prompt"] == prompt for asked in up.seen)


def test_the_original_bytes_arrive(client: openai.OpenAI) -> None:
    with client.images.generate(prompt="a lamp", stream=True, partial_images=1) as stream:
        first, final = list(stream)
    assert base64.b64decode(first.b64_json) == png(shade=1)
    assert base64.b64decode(final.b64_json) == png(shade=9)
    answer = client.images.with_raw_response.generate(prompt="a lamp")
    assert float(answer.headers["x-darkroom-cost"]) > 0
    assert answer.parse().usage is not None


def test_what_the_provider_refuses_reaches_the_program(client: openai.OpenAI) -> None:
    """All the ways are told in test_endings."""
    with pytest.raises(openai.BadRequestError) as refused:
        client.images.generate(prompt="moderated")
    found = refused.value
    assert (found.type, found.code) == ("image_generation_user_error", "moderation_blocked")
    assert len(found.response.headers["x-darkroom-run"]) == 36
    assert found.request_id


def test_the_sdk_does_not_pay_again_for_what_it_should_not_try(darkroom: Instance, api_key: str, up: Upstream) -> None:
    eager = openai.OpenAI(api_key=api_key, base_url=f"{darkroom.url}/v1", max_retries=2)
    before = calls(up, "broke")
    with pytest.raises(openai.RateLimitError):
        eager.images.generate(prompt="broke")
    assert calls(up, "broke") == before + 1


def test_what_fails_after_the_first_frame_is_told_in_the_stream(client: openai.OpenAI) -> None:
    with (
        pytest.raises(openai.APIError) as refused,
        client.images.generate(prompt="late", stream=True, partial_images=1) as stream,
    ):
        list(stream)
    assert not isinstance(refused.value, openai.APIStatusError)
    assert refused.value.code == "moderation_blocked"


def test_what_fails_before_the_first_frame_has_a_status(client: openai.OpenAI) -> None:
    with pytest.raises(openai.BadRequestError) as refused:
        client.images.generate(prompt="moderated", stream=True, partial_images=1)
    assert refused.value.code == "moderation_blocked"


def test_a_missing_usage_still_has_its_keys(client: openai.OpenAI) -> None:
    usage = client.images.generate(prompt="no usage").usage
    assert usage is not None
    assert usage.input_tokens_details.image_tokens == 0


def test_several_pictures_are_several_calls_and_links_live_an_hour(
    client: openai.OpenAI, up: Upstream, darkroom: Instance
) -> None:
    answer = client.images.generate(prompt="three", n=3, response_format="url")
    assert answer.data is not None
    assert calls(up, "three") == 3
    assert [image.b64_json for image in answer.data] == [None, None, None]
    link = answer.data[0].url
    assert link is not None
    with httpx2.Client() as browser:
        found = browser.get(link)
        assert (found.status_code, found.content) == (200, png(shade=9))
        assert browser.get(f"{link[:-3]}abc").status_code == 404


def test_one_idempotency_key_is_one_call_also_at_the_same_moment(client: openai.OpenAI, up: Upstream) -> None:
    def ask(_: int) -> str:
        answer = client.images.with_raw_response.generate(prompt="once", extra_headers={"Idempotency-Key": "k-1"})
        return str(answer.headers["x-darkroom-run"])

    with ThreadPoolExecutor(8) as pool:
        runs = list(pool.map(ask, range(8)))
    assert len(set(runs)) == 1
    assert calls(up, "once") == 1
    with pytest.raises(openai.ConflictError) as refused:
        client.images.generate(prompt="twice", extra_headers={"Idempotency-Key": "k-1"})
    assert refused.value.code == "idempotency_key_reused"
    assert calls(up, "twice") == 0


def test_the_run_goes_on_when_the_client_goes_away(
    client: openai.OpenAI, darkroom: Instance, api_key: str, up: Upstream
) -> None:
    with httpx2.Client(base_url=f"{darkroom.url}/api/v1", headers={"Authorization": f"Bearer {api_key}"}) as api:
        calls_before, before = calls(up, "slow"), api.get("/usage").json()
        stream = client.images.generate(prompt="slow", stream=True, partial_images=1)
        assert next(iter(stream)).type == "image_generation.partial_image"
        run = stream.response.headers["x-darkroom-run"]
        stream.close()
        with pytest.raises(openai.APITimeoutError):
            client.with_options(timeout=0.5).images.generate(prompt="slow")
        deadline = time.monotonic() + 20
        while (after := api.get("/usage").json())["images"] < before["images"] + 2:
            assert time.monotonic() < deadline
            time.sleep(0.1)
        (slot,) = api.get(f"/runs/{run}").json()["slots"]
        pictures = [image["run"] for image in api.get("/images").json()["data"]]
    assert (slot["state"], slot["charged"], slot["tries"]) == ("succeeded", "yes", 1)
    assert pictures.count(run) == 1
    assert calls(up, "slow") == calls_before + 2
    assert float(after["cost"]) - float(before["cost"]) == pytest.approx(2 * PRICE)


def test_sixty_four_at_once_all_get_theirs(darkroom: Instance, api_key: str, up: Upstream) -> None:
    async def ask() -> set[str]:
        async with openai.AsyncOpenAI(
            api_key=api_key, base_url=f"{darkroom.url}/v1", max_retries=0, timeout=120
        ) as found:

            async def one(number: int) -> str:
                if number % 2:
                    answer = await found.images.with_raw_response.generate(prompt="many")
                    return str(answer.headers["x-darkroom-run"])
                stream = await found.images.generate(prompt="many", stream=True, partial_images=1)
                kinds = [event.type async for event in stream]
                assert kinds == ["image_generation.partial_image", "image_generation.completed"]
                return str(stream.response.headers["x-darkroom-run"])

            return set(await asyncio.gather(*(one(number) for number in range(64))))

    assert len(asyncio.run(ask())) == 64
    assert calls(up, "many") == 64
    assert threading.active_count() < 50
