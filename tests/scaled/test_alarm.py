"""RabbitMQ's memory or disk is full: it takes none. What is asked for is answered soon, and made all the same."""

import os
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import dramatiq
import pytest

from saas.queue import rabbitmq as publishing
from saas.queue.rabbitmq import OneVoiceBroker, TakesNothing
from tests.scaled.darkroom import Darkroom
from tests.scaled.people import Person
from tests.scaled.programs import wait_until
from tests.scaled.services import RabbitMQ
from tests.support.fake_provider import Upstream, upstream
from tests.support.invariants import Books, Waiting

pytestmark = [pytest.mark.scaled, pytest.mark.parametrize("darkroom", ["rabbitmq"], indirect=True)]

SOON_SECONDS = 3
AT_ONCE = 24


@pytest.fixture(autouse=True)
def _services_are_ours() -> None:
    """Nobody's running service is troubled."""
    if "BROKER_URL" in os.environ:
        pytest.skip("BROKER_URL names a service that is not ours to trouble")


@pytest.fixture
def up() -> Iterator[Upstream]:
    script = Waiting()
    script.may_go_on.set()
    with upstream(script) as found:
        yield found


@pytest.fixture
def ada(darkroom: Darkroom, up: Upstream) -> Iterator[Person]:
    with Person(darkroom.url, "ada@example.com") as person:
        person.make_default(person.add_connection(f"Quick {uuid4()}", up.url))
        yield person


@pytest.fixture
def books(darkroom: Darkroom) -> Books:
    return Books(darkroom.database_url, "northwind")


def seconds_of(act: Callable[[], object]) -> float:
    began = time.monotonic()
    act()
    return time.monotonic() - began


def seconds_to_see_a_page(ada: Person, prompts: list[str]) -> float:
    """The page of somebody, while all of these are asked for."""
    with ThreadPoolExecutor(AT_ONCE) as people:
        asked = [people.submit(ada.ask_for, prompt) for prompt in prompts]
        seconds = seconds_of(lambda: ada.see("/o/northwind/"))
        for one in asked:
            one.result()
    return seconds


def states(books: Books, prompts: list[str]) -> list[str]:
    return [slot["state"] for prompt in prompts for slot in books.slots(prompt)]


def test_what_is_asked_for_in_an_alarm_is_answered_soon_and_made_during_it(
    darkroom: Darkroom, rabbitmq: RabbitMQ, ada: Person, books: Books
) -> None:
    before, prompts = ([f"{when} the alarm {uuid4()}" for _ in range(AT_ONCE)] for when in ("before", "in"))
    ada.ask_for(before[0])  # everything is connected
    usual = seconds_to_see_a_page(ada, before[1:])  # the machine may be busy
    wait_until(
        lambda: states(books, before) == ["succeeded"] * AT_ONCE, "the first are kept", darkroom.worker, seconds=60
    )
    with rabbitmq.alarm():
        assert seconds_of(lambda: ada.ask_for(prompts[0])) < usual + SOON_SECONDS
        assert seconds_to_see_a_page(ada, prompts[1:]) < usual + SOON_SECONDS
        wait_until(
            lambda: states(books, prompts) == ["succeeded"] * AT_ONCE,
            "all are made without messages",
            darkroom.worker,
            seconds=60,
        )
        assert seconds_of(lambda: darkroom.get("/readyz")) < 2 * SOON_SECONDS
        assert [name for name, answers in (darkroom.parts() or {}).items() if not answers] == ["queue"]
    wait_until(lambda: darkroom.status("/readyz") == 200, "readiness after the alarm", darkroom.web)
    ada.ask_for(after := f"after the alarm {uuid4()}")
    wait_until(lambda: states(books, [after]) == ["succeeded"], "the last is kept", darkroom.worker)


def test_a_program_is_answered_soon_in_an_alarm(darkroom: Darkroom, rabbitmq: RabbitMQ) -> None:
    """The same without a Darkroom around it: the first message waits until RabbitMQ says that it takes none, the
    others do not wait, and the first one after the alarm is taken."""
    broker = OneVoiceBroker(rabbitmq.url, [])
    message: dramatiq.Message[None] = dramatiq.Message(
        queue_name=f"probe-{uuid4()}", actor_name="probe", args=(), kwargs={}, options={}
    )
    broker.enqueue(message)
    with rabbitmq.alarm():
        assert seconds_of(lambda: _must_be_refused(broker, message)) < publishing.PATIENCE_SECONDS + 0.5
        assert seconds_of(lambda: _must_be_refused(broker, message, times=50)) < 0.5
    wait_until(lambda: _is_taken(broker, message), "messages are taken again")


def _must_be_refused(broker: OneVoiceBroker, message: dramatiq.Message[None], times: int = 1) -> None:
    for _ in range(times):
        with pytest.raises(TakesNothing):
            broker.enqueue(message)


def _is_taken(broker: OneVoiceBroker, message: dramatiq.Message[None]) -> bool:
    try:
        broker.enqueue(message)
    except (TakesNothing, TimeoutError):
        return False
    return True
