"""What happens when a part goes away, and that nobody has to restart anything when it comes back."""

import os
from collections.abc import Iterator
from contextlib import suppress
from http import HTTPStatus
from uuid import uuid4

import pytest
from redis import Redis as RedisClient
from websockets.sync.client import ClientConnection

from saas.heartbeat import KEY
from tests.scaled.darkroom import Darkroom
from tests.scaled.people import Person, next_event
from tests.scaled.programs import wait_until
from tests.scaled.provider import Provider
from tests.scaled.services import RabbitMQ, Redis

pytestmark = [
    pytest.mark.scaled,
    pytest.mark.parametrize("darkroom", ["rabbitmq"], indirect=True),
]

WORKS = "The key works, and GPT Image models are there."


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
    assert darkroom.status("/readyz") == HTTPStatus.SERVICE_UNAVAILABLE
    assert not_ready(darkroom) == {"worker"}

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
        redis.stop()
        try:
            assert darkroom.status("/readyz") == HTTPStatus.SERVICE_UNAVAILABLE
            assert not_ready(darkroom) == {"channel_layer", "worker"}
            assert "Northwind" in ada.see("/o/northwind/connections/")
        finally:
            redis.start()
            redis.wait()
        wait_until(lambda: darkroom.status("/readyz") == HTTPStatus.OK, "readiness", darkroom.web)
        wait_until(lambda: hears_of_a_test(ada, socket, code), "the socket is told again")


def test_after_a_restart_of_rabbitmq_web_and_worker_go_on(
    darkroom: Darkroom, ada: Person, provider: Provider, rabbitmq: RabbitMQ
) -> None:
    rabbitmq.pause()
    try:
        assert darkroom.status("/readyz") == HTTPStatus.SERVICE_UNAVAILABLE
        assert not_ready(darkroom) == {"queue"}
        unsent = begin_test(ada, provider)
        assert "Asking the provider" in ada.health(unsent)
    finally:
        rabbitmq.start()
        rabbitmq.wait()
    wait_until(lambda: darkroom.status("/readyz") == HTTPStatus.OK, "readiness", darkroom.web)
    code = begin_test(ada, provider)
    wait_until(lambda: WORKS in ada.health(code), "the test ends", darkroom.worker)
