"""Web processes are restarted one by one, or die, while twenty callers of the official SDK wait for pictures. Each gets
a picture of their own, and none is made twice."""

import time
from collections import Counter
from concurrent.futures import Future, ThreadPoolExecutor
from uuid import uuid4

import openai
import pytest

from tests.scaled.people import Person, close_code, next_event
from tests.scaled.programs import wait_until
from tests.support.invariants import Books
from tests.weather.callers import PICTURE, plain, stream
from tests.weather.painting import Painting
from tests.weather.pair import Pair

pytestmark = pytest.mark.weather

MANY = 10  # of each kind
RESTARTING = 4012


def wait_for_all(painting: Painting, prompts: list[str]) -> None:
    wait_until(lambda: all(painting.times(prompt) for prompt in prompts), "the provider has been asked for all")


def results(futures: list[Future[str]]) -> Counter[str]:
    return Counter(future.result(120) for future in futures)


def test_restarted_one_by_one_every_caller_is_answered_and_nothing_is_made_twice(
    pair: Pair, painting: Painting
) -> None:
    plains, streams = ([f"{kind} {n} {uuid4()}" for n in range(MANY)] for kind in ("plain", "stream"))
    with pair.client() as client, ThreadPoolExecutor(2 * MANY) as callers, painting:
        answers = [callers.submit(plain, client, prompt) for prompt in plains]
        told = [callers.submit(stream, client, prompt) for prompt in streams]
        wait_for_all(painting, plains + streams)
        with ThreadPoolExecutor(1) as operator:
            restarted = operator.submit(pair.restart_web, 0)
            wait_until(lambda: not pair.is_ready(0), "the first takes nobody new")
            assert pair.webs[0].is_running
            painting.finish()
            restarted.result(120)
        painting.begin()
        more = [f"more {n} {uuid4()}" for n in range(MANY)]
        answers += [callers.submit(plain, client, prompt) for prompt in more]
        wait_for_all(painting, more)
        with ThreadPoolExecutor(1) as operator:
            restarted = operator.submit(pair.restart_web, 1)
            wait_until(lambda: not pair.is_ready(1), "the second takes nobody new")
            painting.finish()
            restarted.result(120)
        assert results(answers) == {PICTURE: 2 * MANY}
        assert [one.result(120) for one in told] == [
            ["image_generation.partial_image", "image_generation.completed", PICTURE]
        ] * MANY
    assert {prompt: painting.times(prompt) for prompt in plains + streams + more} == dict.fromkeys(
        plains + streams + more, 1
    )


def test_what_cannot_end_in_time_is_told_so_and_the_retry_of_the_sdk_joins_its_run(
    pair: Pair, painting: Painting
) -> None:
    for number in (0, 1):
        pair.restart_web(number, DRAIN_SECONDS="2")
    plains, streams = ([f"{kind} {n} {uuid4()}" for n in range(4)] for kind in ("plain", "stream"))
    with pair.client() as client, ThreadPoolExecutor(8) as callers, painting:
        answers = [callers.submit(plain, client, prompt) for prompt in plains]
        told = [callers.submit(stream, client, prompt) for prompt in streams]
        wait_for_all(painting, plains + streams)
        wait_until(lambda: all(kept(pair, prompt) for prompt in streams), "the partials are kept")
        pair.restart_web(0)
        pair.restart_web(1)
        painting.finish()
        assert results(answers) == {PICTURE: 4}
        assert [one.result(120) for one in told] == [["image_generation.partial_image", "error: restarting"]] * 4
    assert {prompt: painting.times(prompt) for prompt in plains + streams} == dict.fromkeys(plains + streams, 1)


def test_after_a_kill_in_the_middle_the_retry_of_the_sdk_joins_its_run(pair: Pair, painting: Painting) -> None:
    prompts = [f"killed {n} {uuid4()}" for n in range(MANY)]
    with pair.client() as client, ThreadPoolExecutor(MANY) as callers, painting:
        answers = [callers.submit(plain, client, prompt) for prompt in prompts]
        wait_for_all(painting, prompts)
        pair.webs[0].kill()
        wait_until(lambda: count_joined(pair) > 0, "retries have joined")
        painting.finish()
        assert results(answers) == {PICTURE: MANY}
    assert {prompt: painting.times(prompt) for prompt in prompts} == dict.fromkeys(prompts, 1)


def test_equal_calls_are_pictures_of_their_own_also_where_one_is_tried_again(pair: Pair, painting: Painting) -> None:
    """A retry finds calls in flight that say the same, and callers that have been answered."""
    prompt = f"equal {uuid4()}"
    with pair.client(max_retries=0) as client, ThreadPoolExecutor(6) as callers, painting:
        answers = [callers.submit(plain, client, prompt) for _ in range(5)]
        wait_until(lambda: painting.times(prompt) == 5, "all five are asked for")
        answers.append(callers.submit(plain, client, prompt, 1))
        wait_until(lambda: painting.times(prompt) == 6, "the sixth is one of its own")
        painting.finish()
        assert results(answers) == {PICTURE: 6}
        assert plain(client, prompt, 1) == PICTURE
    assert painting.times(prompt) == 7


def test_one_run_whose_caller_went_away_is_joined_by_one_retry(pair: Pair, painting: Painting) -> None:
    prompt = f"left {uuid4()}"
    books = Books(pair.database_url, "northwind")
    with pair.client(max_retries=0) as client, ThreadPoolExecutor(2) as callers, painting:
        with pytest.raises(openai.APITimeoutError):
            plain(client.with_options(timeout=3), prompt)
        gone = "SELECT code FROM studio_run WHERE prompt = %s AND awaited_by IS NULL AND request_hash <> ''"
        wait_until(lambda: len(books.rows(gone, prompt)) == 1, "the caller is known to have gone")
        retries = [callers.submit(plain, client, prompt, 1) for _ in range(2)]
        wait_until(lambda: painting.times(prompt) == 2, "one of both is a run of its own")
        time.sleep(1)
        painting.finish()
        assert results(retries) == {PICTURE: 2}
    assert painting.times(prompt) == 2
    answered = "SELECT count(*) AS n FROM studio_run WHERE prompt = %s AND request_hash = ''"
    wait_until(lambda: books.rows(answered, prompt) == [{"n": 2}], "both are noted as answered")


def test_sockets_are_closed_with_a_code_on_which_pages_connect_again(pair: Pair) -> None:
    with Person(pair.url, "ada@example.com") as ada, ada.listen(f"http://127.0.0.1:{pair.ports[0]}") as socket:
        assert next_event(socket)["type"] == "hello"
        began = time.monotonic()
        pair.webs[0].ask_to_stop()
        assert close_code(socket) == RESTARTING
        assert pair.webs[0].stop(seconds=30) == 0
        assert time.monotonic() - began < 20  # nothing else was in flight


def test_headers_that_are_too_large_are_refused_at_once(pair: Pair) -> None:
    began = time.monotonic()
    with pytest.raises(openai.APIStatusError) as refused, pair.client(max_retries=0) as client:
        client.models.list(extra_headers={"Cookie": "x" * 17_000})
    assert refused.value.status_code == 431
    assert time.monotonic() - began < 8


def kept(pair: Pair, prompt: str) -> bool:
    query = "SELECT 1 FROM studio_partial JOIN studio_slot slot ON slot.id = slot_id "
    query += "JOIN studio_run run ON run.id = run_id WHERE prompt = %s"
    return bool(Books(pair.database_url, "northwind").rows(query, prompt))


def count_joined(pair: Pair) -> int:
    return sum(web.log.count("retry joins its run") for web in pair.webs)
