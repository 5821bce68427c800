"""Send the tasks of `studio.tasks` by name, so that callers need not import the code that does the work."""

from typing import Any

import dramatiq
from dramatiq import Actor

from saas.queue import broker
from studio.queue import tickets

MOST_CALLS = 50


def soon(task: str, *arguments: str | int) -> None:
    """Send a task when the transaction has committed."""
    broker.enqueue(_actor(task), *arguments)


def after(task: str, delay_seconds: float) -> None:
    """Send a task when the transaction has committed, to be done after a delay."""
    broker.enqueue_later(_actor(task), delay_seconds=delay_seconds)


def now(task: str, *arguments: str | int) -> bool:
    """Send a task. Return whether the queue took it."""
    return broker.call(_actor(task), *arguments)


def for_waiting() -> None:
    """Send a message for each ticket that waits, up to a bound."""
    for _ in range(min(tickets.count_waiting(), MOST_CALLS)):
        if not now("develop"):
            break


def _actor(task: str) -> Actor[Any, Any]:
    actor: Actor[Any, Any] = dramatiq.get_broker().get_actor(task)
    return actor
