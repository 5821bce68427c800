"""Send tasks to the queue: in this process when embedded, otherwise RabbitMQ or Redis."""

import threading
import time
from typing import Any, TypeVar

import dramatiq
import structlog
from django.conf import settings
from django.db import close_old_connections, connections
from dramatiq import Actor, Broker, Middleware
from dramatiq.broker import MessageProxy
from dramatiq.brokers.stub import StubBroker
from dramatiq.middleware import (
    AgeLimit,
    Callbacks,
    CurrentMessage,
    Pipelines,
    Retries,
    ShutdownNotifications,
    TimeLimit,
)

from saas.database.transactions import after_commit
from saas.ops import metrics

R = TypeVar("R")
log = structlog.get_logger("darkroom.tasks")
_refusing = threading.Event()


class TaskMiddleware(Middleware):
    """Closes stale database connections before each task and all of them after it, and logs and counts the task."""

    def __init__(self) -> None:
        self.began = threading.local()

    def before_process_message(self, broker: Broker, message: MessageProxy) -> None:
        close_old_connections()
        structlog.contextvars.bind_contextvars(task=message.actor_name, message_id=message.message_id)
        self.began.at = time.monotonic()

    def after_process_message(
        self,
        broker: Broker,
        message: MessageProxy,
        *,
        result: Any = None,
        exception: BaseException | None = None,
    ) -> None:
        seconds = time.monotonic() - self.began.at
        outcome = "failed" if exception else "done"
        metrics.TASKS.labels(message.actor_name, outcome).inc()
        metrics.TASK_SECONDS.labels(message.actor_name).observe(seconds)
        log.info("task", outcome=outcome, milliseconds=round(seconds * 1000, 1))
        self._leave()

    def after_skip_message(self, broker: Broker, message: MessageProxy) -> None:
        self._leave()

    def after_worker_thread_shutdown(self, broker: Broker, thread: Any) -> None:
        connections.close_all()

    def _leave(self) -> None:
        connections.close_all()  # returns the connection to the pool
        structlog.contextvars.unbind_contextvars("task", "message_id")


def _middleware() -> list[Middleware]:
    return [
        AgeLimit(),
        TimeLimit(),
        ShutdownNotifications(),
        Callbacks(),
        Pipelines(),
        Retries(),
        CurrentMessage(),
        TaskMiddleware(),
    ]


def make_broker(url: str) -> Broker:
    if not url:
        return StubBroker(middleware=_middleware())
    if url.startswith(("amqp://", "amqps://")):
        from saas.queue.rabbitmq import OneVoiceBroker  # noqa: PLC0415 load only the broker that is in use

        return OneVoiceBroker(url, _middleware())
    if is_redis(url):
        from saas.queue.redis import BoundedRedisBroker  # noqa: PLC0415

        return BoundedRedisBroker(url, _middleware())
    raise ValueError("BROKER_URL must start with amqp:// or redis://.")


def is_redis(url: str) -> bool:
    return url.startswith(("redis://", "rediss://", "unix://"))


def set_up() -> None:
    dramatiq.set_broker(make_broker(settings.BROKER_URL))


def ask() -> None:
    """Raise an error unless the queue answers."""
    broker = dramatiq.get_broker()
    if hasattr(broker, "ask"):  # RabbitMQ
        broker.ask()
    elif hasattr(broker, "client"):  # Redis
        broker.client.ping()


def enqueue(actor: Actor[Any, Any], *arguments: str | int) -> None:
    """Send the task once the transaction has committed, so that the worker finds the rows that the task is about."""
    after_commit(call, actor, *arguments)


def enqueue_later(actor: Actor[Any, Any], *arguments: str | int, delay_seconds: float) -> None:
    after_commit(call, actor, *arguments, delay_seconds=delay_seconds)


def call(actor: Actor[Any, Any], *arguments: str | int, delay_seconds: float | None = None) -> bool:
    """Send the task now. Return whether the queue took it.

    The request's transaction has committed, so a queue that is down must not raise an error here: the person would
    repeat the request. All work that waits has a row, and workers look for such rows themselves while the queue takes
    no messages."""
    try:
        if delay_seconds is None:
            actor.send(*arguments)
        else:
            actor.send_with_options(args=arguments, delay=int(delay_seconds * 1000))
    except Exception as error:
        metrics.TASKS_UNSENT.labels(actor.actor_name).inc()
        log.warning("task not sent", task=actor.actor_name, error=type(error).__name__, was_refused=_refusing.is_set())
        _refusing.set()
        return False
    _refusing.clear()
    return True


def is_refusing() -> bool:
    """Return whether the queue did not take the last task that this process sent."""
    return _refusing.is_set()
