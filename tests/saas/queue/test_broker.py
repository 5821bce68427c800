"""The queue: which broker for which URL, when a task is sent, and what is told of it."""

import json
from collections.abc import Callable, Iterator
from typing import Any, NoReturn

import dramatiq
import pytest
import structlog
from django.db import connection, transaction
from dramatiq import Actor
from dramatiq.broker import MessageProxy
from dramatiq.brokers.stub import StubBroker
from prometheus_client import REGISTRY

from saas.database import tenancy
from saas.queue import broker
from saas.queue.broker import TaskMiddleware, make_broker
from saas.queue.rabbitmq import OneVoiceBroker
from saas.queue.redis import BoundedRedisBroker
from tests.saas.conftest import OpenLog
from tests.support.real_worker import work

QUEUE = "probe"
Actors = Callable[[Callable[..., object]], Actor[Any, Any]]


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        ("", StubBroker),
        ("amqp://guest:guest@127.0.0.1:1", OneVoiceBroker),
        ("amqps://guest:guest@127.0.0.1:1", OneVoiceBroker),
        ("redis://127.0.0.1:1/0", BoundedRedisBroker),
        ("rediss://127.0.0.1:1/0", BoundedRedisBroker),
        ("unix:///nowhere/redis.sock", BoundedRedisBroker),
    ],
)
def test_the_url_decides_which_broker_it_is(url: str, kind: type) -> None:
    made = make_broker(url)
    assert type(made) is kind
    assert [type(one) for one in made.middleware].count(TaskMiddleware) == 1
    assert {"AgeLimit", "TimeLimit", "Retries", "ShutdownNotifications"} <= {type(m).__name__ for m in made.middleware}


def test_all_lines_are_closed_although_other_threads_open_and_lose_theirs() -> None:
    made: Any = make_broker("amqp://guest:guest@127.0.0.1:1")
    closed = list[str]()

    class Line:
        def __init__(self, name: str) -> None:
            self.name = name

        def close(self) -> None:
            closed.append(self.name)
            made.channels.add(Line("another"))
            if self.name == "lost":
                raise IndexError

    made.channels |= {Line("lost"), Line("open")}
    made.connections |= {Line("of them")}
    made.close()
    assert sorted(closed) == ["lost", "of them", "open"]


@pytest.mark.parametrize("url", ["kafka://host", "host", "http://host", " amqp://host"])
def test_any_other_queue_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match=r"^BROKER_URL must start with amqp:// or redis://"):
        make_broker(url)


def test_the_tests_and_the_embedded_size_use_the_broker_of_this_process() -> None:
    assert isinstance(dramatiq.get_broker(), StubBroker)


@pytest.fixture
def actors() -> Iterator[Actors]:
    """Declares tasks that exist for one test."""
    stub = dramatiq.get_broker()
    names: list[str] = []

    def declare(task: Callable[..., object]) -> Actor[Any, Any]:
        name = f"probe_{len(names)}"
        actor: Actor[Any, Any] = dramatiq.actor(queue_name=QUEUE, actor_name=name, max_retries=0)(task)
        names.append(actor.actor_name)
        return actor

    yield declare
    stub.flush(QUEUE)
    for name in names:
        stub.actors.pop(name)


def waiting() -> list[tuple[object, ...]]:
    """The arguments of the tasks in the queue."""
    queue = dramatiq.get_broker().queues.get(QUEUE)
    return [tuple(json.loads(message)["args"]) for message in list(queue.queue)] if queue else []


def test_a_task_is_sent_when_the_transaction_has_committed(transactional_db: None, actors: Actors) -> None:
    actor = actors(lambda number: None)
    with transaction.atomic():
        broker.enqueue(actor, 1)
        assert waiting() == []
    assert waiting() == [(1,)]


def test_a_task_of_a_transaction_that_is_rolled_back_is_never_sent(transactional_db: None, actors: Actors) -> None:
    actor = actors(lambda number: None)

    def ask_and_break() -> None:
        with tenancy.tenant(1):
            broker.enqueue(actor, 1)
            raise KeyError

    with pytest.raises(KeyError):
        ask_and_break()
    assert waiting() == []


def test_outside_of_a_transaction_a_task_is_sent_at_once(transactional_db: None, actors: Actors) -> None:
    broker.enqueue(actors(lambda word, number: None), "a", 2)
    assert waiting() == [("a", 2)]


def test_a_queue_that_is_down_loses_the_task_and_not_the_act(
    transactional_db: None, actors: Actors, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def down(*_: Any, **__: Any) -> NoReturn:
        raise ConnectionError("no queue")

    actor = actors(lambda number: None)
    monkeypatch.setattr(dramatiq.get_broker(), "enqueue", down)
    before = _sample("darkroom_tasks_unsent_total", task=actor.actor_name)
    done: list[int] = []
    with transaction.atomic():
        broker.enqueue(actor, 1)
        transaction.on_commit(lambda: done.append(1))
    assert done == [1]
    assert _sample("darkroom_tasks_unsent_total", task=actor.actor_name) == before + 1
    assert any("task not sent" in record.getMessage() for record in caplog.records)


def _sample(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(name, labels) or 0.0


@pytest.mark.parametrize(("does_fail", "outcome"), [(False, "done"), (True, "failed")])
def test_a_worker_tells_of_each_task_once(
    does_fail: bool, outcome: str, transactional_db: None, actors: Actors, open_log: OpenLog
) -> None:
    def task(number: int) -> None:
        structlog.get_logger("probe").info("inside")
        assert not does_fail

    actor, log = actors(task), open_log("json")
    before = _sample("darkroom_tasks_total", task=actor.actor_name, outcome=outcome)
    timed = _sample("darkroom_task_seconds_count", task=actor.actor_name)
    sent = actor.send(1)
    work(QUEUE)
    assert _sample("darkroom_tasks_total", task=actor.actor_name, outcome=outcome) == before + 1
    assert _sample("darkroom_task_seconds_count", task=actor.actor_name) == timed + 1
    lines = [json.loads(line) for line in log.getvalue().splitlines()]
    [inside] = [line for line in lines if line["event"] == "inside"]
    [told] = [line for line in lines if line["event"] == "task"]
    assert told["outcome"] == outcome
    for line in (inside, told):
        assert (line["task"], line["message_id"]) == (actor.actor_name, sent.message_id)


def test_a_worker_keeps_no_connection_and_no_wall_between_tasks(transactional_db: None, actors: Actors) -> None:
    seen: list[object] = []

    def task(number: int) -> None:
        seen.append((connection.connection, dict(tenancy.current())))
        with tenancy.tenant(number):
            assert tenancy.current() == {"app.org": str(number)}
            raise KeyError

    actor = actors(task)
    for number in (1, 2):
        actor.send(number)
    work(QUEUE)
    assert seen == [(None, {}), (None, {})]


@pytest.mark.parametrize("leave", ["after_process_message", "after_skip_message"])
def test_the_log_forgets_a_task_that_has_ended(leave: str, transactional_db: None, actors: Actors) -> None:
    stub, middleware = dramatiq.get_broker(), TaskMiddleware()
    message = MessageProxy(actors(lambda: None).message())
    middleware.before_process_message(stub, message)
    assert structlog.contextvars.get_contextvars() == {"task": message.actor_name, "message_id": message.message_id}
    connection.ensure_connection()
    getattr(middleware, leave)(stub, message)
    assert structlog.contextvars.get_contextvars() == {}
    assert connection.connection is None
