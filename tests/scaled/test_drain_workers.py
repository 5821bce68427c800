"""A worker that is asked to stop ends what it has begun, however long that takes, and begins nothing new."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Self
from uuid import uuid4

import openai
import pytest

from tests.scaled.darkroom import LEASE_SECONDS, Darkroom
from tests.scaled.people import Person
from tests.scaled.programs import Program, wait_until
from tests.support.fake_provider import Exchange, Upstream, completed, partial, text_of, upstream
from tests.support.invariants import SHADES, Books

pytestmark = [
    pytest.mark.scaled,
    pytest.mark.parametrize("darkroom", ["rabbitmq"], indirect=True),
]

HELD_SECONDS = 3 * LEASE_SECONDS
IS_LEAVING = "Shutting down..."
IS_READY = "Worker process is ready for action"


class Slow:
    """The script of an upstream that is silent after its partial until the test lets it go on, or hangs up."""

    def __init__(self) -> None:
        self.asked = threading.Semaphore(0)
        self.may_go_on = threading.Event()
        self.was_left = threading.Event()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """A test that fails must not leave its callers waiting."""
        self.may_go_on.set()

    def __call__(self, exchange: Exchange) -> None:
        exchange.begin()
        exchange.frame(partial(0, SHADES[0]))
        self.asked.release()
        try:
            while not self.may_go_on.wait(0.2):
                exchange.send(": still painting\n\n")
        except OSError:
            self.was_left.set()
            raise
        exchange.frame(completed(SHADES[1]))


@pytest.fixture
def slow() -> Slow:
    return Slow()


@pytest.fixture
def up(slow: Slow) -> Iterator[Upstream]:
    with upstream(slow) as found:
        yield found


@pytest.fixture
def client(darkroom: Darkroom, up: Upstream) -> Iterator[openai.OpenAI]:
    key = darkroom.run("-m", "tests.scaled.keys", up.url)
    with openai.OpenAI(api_key=key, base_url=f"{darkroom.url}/v1", max_retries=0, timeout=120) as made:
        yield made


@pytest.fixture
def other(darkroom: Darkroom) -> Iterator[Program]:
    """A second worker, which is not told to serve before it is started."""
    like = darkroom.worker
    made = Program("other", like.arguments, darkroom.folder, {**like.environment, "WORKER_METRICS_PORT": "0"})
    yield made
    made.leave()


@pytest.fixture(autouse=True)
def _worker_is_back(darkroom: Darkroom) -> Iterator[None]:
    yield
    darkroom.worker.leave()
    darkroom.worker.start()
    wait_until(lambda: darkroom.status("/readyz") == 200, "readiness", darkroom.worker)


def ask_holder_to_stop(darkroom: Darkroom, other: Program) -> None:
    """The other worker is there, so that a lease which ends is seen."""
    begun = len(other.log) if other.log_file.exists() else 0
    other.start()
    wait_until(lambda: IS_READY in other.log[begun:], "the other worker", other)
    told = len(darkroom.worker.log)
    darkroom.worker.ask_to_stop()
    wait_until(lambda: IS_LEAVING in darkroom.worker.log[told:], "the holder leaves", darkroom.worker)


def test_a_call_that_outlasts_its_lease_in_a_worker_that_stops_is_answered(
    darkroom: Darkroom, other: Program, client: openai.OpenAI, slow: Slow, up: Upstream
) -> None:
    books, prompt = Books(darkroom.database_url, "northwind"), f"drained {uuid4()}"
    with ThreadPoolExecutor() as callers, slow:
        call = callers.submit(client.images.generate, prompt=prompt, model="gpt-image-2")
        assert slow.asked.acquire(timeout=30)
        ask_holder_to_stop(darkroom, other)
        time.sleep(HELD_SECONDS)  # what the test is about: the lease would end thrice
        wait_until(lambda: darkroom.status("/readyz") == 200, "readiness while one worker ends", darkroom.worker)
        slow.may_go_on.set()
        answer = call.result(60)
    assert [one.b64_json for one in answer.data or []] == [text_of(SHADES[1])]
    assert len([asked for asked in up.seen if prompt in asked.body.decode()]) == 1
    assert [slot["state"] for slot in books.slots(prompt)] == ["succeeded"]
    told = books.rows(
        "SELECT event.* FROM studio_runevent event JOIN studio_run run ON run.id = run_id WHERE run.prompt = %s", prompt
    )
    assert "worker_lost" not in str(told)
    assert darkroom.worker.process is not None
    assert darkroom.worker.process.wait(30) == 0


def test_a_worker_that_stops_begins_nothing_new_and_still_hears_stop(
    darkroom: Darkroom, other: Program, client: openai.OpenAI, slow: Slow, up: Upstream
) -> None:
    books, first, second = Books(darkroom.database_url, "northwind"), f"first {uuid4()}", f"second {uuid4()}"
    with ThreadPoolExecutor() as callers, slow, Person(darkroom.url, "ada@example.com") as ada:
        call = callers.submit(client.images.generate, prompt=first, model="gpt-image-2")
        assert slow.asked.acquire(timeout=30)
        ask_holder_to_stop(darkroom, other)
        later = callers.submit(client.images.generate, prompt=second, model="gpt-image-2")
        assert slow.asked.acquire(timeout=30)
        (run,) = books.rows("SELECT code FROM studio_run WHERE prompt = %s", first)
        assert ada.press(f"/o/northwind/runs/{run['code']}/cancel/") == 204
        assert slow.was_left.wait(30)
        with pytest.raises(openai.BadRequestError) as told:
            call.result(60)
        assert told.value.code == "run_cancelled"
        assert darkroom.worker.process is not None
        assert darkroom.worker.process.wait(60) == 0  # it held the first one alone
        slow.may_go_on.set()
        assert later.result(60).data
    assert [slot["state"] for slot in books.slots(second)] == ["succeeded"]
    assert len([asked for asked in up.seen if second in asked.body.decode()]) == 1
