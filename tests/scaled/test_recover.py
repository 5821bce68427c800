"""What happens when a part goes away, and that nobody has to restart anything when it comes back."""

import json
import os
import time
from collections.abc import Iterator
from contextlib import suppress
from http import HTTPStatus
from uuid import uuid4

import pytest
from redis import Redis as RedisClient
from websockets.sync.client import ClientConnection

from saas.ops.heartbeat import KEY
from tests.scaled.darkroom import Darkroom
from tests.scaled.people import Person, next_event
from tests.scaled.programming import Caller
from tests.scaled.programs import wait_until
from tests.scaled.provider import Provider
from tests.scaled.services import RabbitMQ, Redis
from tests.support.invariants import Books

pytestmark = [
    pytest.mark.scaled,
    pytest.mark.parametrize("darkroom", ["rabbitmq"], indirect=True),
]

SOON_SECONDS = 5
WORKS = "The key works, and GPT Image models are available."


@pytest.fixture(autouse=True)
def _services_are_ours() -> None:
    """Nobody's running service is stopped."""
    if given := {"REDIS_URL", "BROKER_URL"} & set(os.environ):
        pytest.skip(f"{given.pop()} names a service that is not ours to stop")


@pytest.fixture
def ada(darkroom: Darkroom) -> Iterator[Person]:
    with Person(darkroom.url, "ada@example.com") as person:
        yield person


@pytest.fixture
def slow(provider: Provider) -> Iterator[Provider]:
    """Takes long enough to be interrupted."""
    provider.delay_seconds = 1.5
    yield provider
    provider.delay_seconds = 0


def begin_test(ada: Person, provider: Provider) -> str:
    """A new connection whose test a worker is about to run; its code."""
    code = ada.add_connection(f"Look-alike {uuid4()}", f"http://{provider.address}/v1")
    ada.test(code)
    return code


def hears_of_a_test(ada: Person, socket: ClientConnection, code: str) -> bool:
    """What is announced before the subscription is back is lost, and may be."""
    ada.test(code)
    with suppress(TimeoutError):
        return next_event(socket, seconds=2) == {"v": 1, "type": "connection", "connection": code}
    return False


def not_ready(darkroom: Darkroom) -> set[str]:
    return {name for name, answers in (darkroom.parts() or {}).items() if not answers}


def test_a_stopped_worker_first_ends_its_task_and_then_readyz_misses_it(
    darkroom: Darkroom, ada: Person, slow: Provider
) -> None:
    calls = len(slow.calls)
    code = begin_test(ada, slow)
    wait_until(lambda: len(slow.calls) > calls, "the provider is asked")

    assert darkroom.worker.stop() == 0
    assert WORKS in ada.health(code)
    with RedisClient.from_url(darkroom.world.redis_url) as redis:
        assert redis.delete(f":1:{KEY}") == 1  # as it does itself, some time after the last beat
    wait_until(lambda: not_ready(darkroom) == {"worker"}, "/readyz misses the worker")
    assert darkroom.status("/readyz") == HTTPStatus.SERVICE_UNAVAILABLE

    darkroom.worker.start()
    wait_until(lambda: darkroom.status("/readyz") == HTTPStatus.OK, "readiness", darkroom.worker)


def test_the_task_of_a_killed_worker_runs_again(darkroom: Darkroom, ada: Person, slow: Provider) -> None:
    calls = len(slow.calls)
    code = begin_test(ada, slow)
    wait_until(lambda: len(slow.calls) > calls, "the provider is asked")

    darkroom.worker.kill()
    slow.delay_seconds = 0
    darkroom.worker.start()
    wait_until(lambda: WORKS in ada.health(code), "the test ends", darkroom.worker)
    assert len(slow.calls) == calls + 2


def test_without_redis_pages_work_and_sockets_come_back_with_it(
    darkroom: Darkroom, ada: Person, provider: Provider, redis: Redis
) -> None:
    code = ada.add_connection(f"Look-alike {uuid4()}", f"http://{provider.address}/v1")
    with ada.listen() as socket:
        assert next_event(socket)["type"] == "hello"
        with redis.away("stopped"):
            wait_until(lambda: not_ready(darkroom) == {"channel_layer", "worker"}, "/readyz misses Redis")
            assert darkroom.status("/readyz") == HTTPStatus.SERVICE_UNAVAILABLE
            assert "Northwind" in ada.see("/o/northwind/connections/")
        wait_until(lambda: darkroom.status("/readyz") == HTTPStatus.OK, "readiness", darkroom.web)
        wait_until(lambda: hears_of_a_test(ada, socket, code), "the socket is told again")


@pytest.mark.parametrize("how", ["stopped", "paused", "full"])
def test_whatever_redis_does_people_sign_in_programs_are_answered_and_pictures_are_made(
    darkroom: Darkroom, redis: Redis, how: str
) -> None:
    slug = f"north-{uuid4().hex[:8]}"
    made = json.loads(darkroom.run("-m", "tests.scaled.tenants", slug))
    program = Caller(darkroom.url, made[slug]["key"])
    with redis.away(how):
        with Person(darkroom.url, f"{slug}@example.com", slug=slug) as person:  # signs in
            assert person.client.get(f"/o/{slug}/").url.path == f"/o/{slug}/"  # and not the page to sign in
            began = time.monotonic()
            person.ask_for("by hand [sandbox delay=0]")
            assert time.monotonic() - began < SOON_SECONDS
        for path in ("/v1/models", "/api/v1/runs", "/api/v1/key"):
            assert [program.get(path).status for _ in range(3)] == [200] * 3
        assert program.draw("by a program [sandbox delay=0]").status == 200
        assert max(call.seconds for call in program.calls[:-1]) < SOON_SECONDS
        books = Books(darkroom.database_url, slug)
        wait_until(lambda: books.has_ended("by hand%", 1), "the picture is made")
    assert program.get("/v1/models").status == 200
    wait_until(lambda: darkroom.status("/readyz") == HTTPStatus.OK, "readiness", darkroom.web)


def test_after_a_restart_of_rabbitmq_web_and_worker_go_on(
    darkroom: Darkroom, ada: Person, provider: Provider, rabbitmq: RabbitMQ
) -> None:
    with rabbitmq.away():
        wait_until(lambda: not_ready(darkroom) == {"queue"}, "/readyz misses RabbitMQ")
        assert darkroom.status("/readyz") == HTTPStatus.SERVICE_UNAVAILABLE
        unsent = begin_test(ada, provider)
        assert "Asking the provider" in ada.health(unsent)
    wait_until(lambda: darkroom.status("/readyz") == HTTPStatus.OK, "readiness", darkroom.web)
    code = begin_test(ada, provider)
    wait_until(lambda: WORKS in ada.health(code), "the test ends", darkroom.worker)
