"""The queue. In the embedded size it lives in this process; otherwise RabbitMQ or Redis."""

import threading
import time
from functools import partial
from typing import Any, TypeVar

import dramatiq
import structlog
from django.conf import settings
from django.db import close_old_connections, connections, transaction
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

from saas import metrics

R = TypeVar("R")
log = structlog.get_logger("darkroom.tasks")


class TaskMiddleware(Middleware):
    """Around each task: no stale database connection before, none kept after, and a line in log and metrics."""

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
        connections.close_all()  # hands the connection back to the pool
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
        from saas.rabbitmq import OneVoiceBroker

        return OneVoiceBroker(url, _middleware())
    if url.startswith(("redis://", "rediss://", "unix://")):
        from dramatiq.brokers.redis import RedisBroker

        return RedisBroker(  # type: ignore[no-untyped-call]  # dramatiq leaves it untyped
            url=url, middleware=_middleware(), namespace="darkroom"
        )
    raise ValueError("BROKER_URL must start with amqp:// or redis://.")


def set_up() -> None:
    dramatiq.set_broker(make_broker(settings.BROKER_URL))


def ask() -> None:
    """Raises unless the queue answers."""
    broker = dramatiq.get_broker()
    if hasattr(broker, "ask"):  # RabbitMQ
        broker.ask()
    elif hasattr(broker, "client"):  # Redis
        broker.client.ping()


def enqueue(actor: Actor[Any, Any], *arguments: str | int) -> None:
    """Sends the task when the transaction has committed, so that the worker finds what it is told of."""
    transaction.on_commit(partial(_send, actor, *arguments))


def _send(actor: Actor[Any, Any], *arguments: str | int) -> None:
    """What was asked for is committed, so a queue that is down must not answer with an error: the person would ask for
    it again. A row that waits has its own way to end; an e-mail can be sent again by a button."""
    try:
        actor.send(*arguments)
    except Exception:
        metrics.TASKS_UNSENT.labels(actor.actor_name).inc()
        log.exception("task not sent", task=actor.actor_name)


def enqueue_later(actor: Actor[Any, Any], *arguments: str | int, delay_seconds: float) -> None:
    send = partial(actor.send_with_options, args=arguments, delay=int(delay_seconds * 1000))
    transaction.on_commit(send)
