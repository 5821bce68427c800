"""Publish to Redis from a process that must not wait for it.

A Redis that is paused or cut off accepts connections and never answers. Each command may take ANSWER_SECONDS, and after
one has failed, messages are refused at once until one thread has tried again. No work is lost: it has rows in the
database."""

import time
from collections.abc import Callable
from threading import Lock
from typing import Any

from dramatiq import Message, Middleware
from dramatiq.brokers.redis import RedisBroker
from redis import ConnectionPool
from redis.exceptions import ConnectionError as NotConnected
from redis.exceptions import RedisError
from redis.exceptions import TimeoutError as Silent

ANSWER_SECONDS = 2.0
AGAIN_SECONDS = 1.0


class TakesNothing(Exception):
    """Redis did not take the last message, a moment ago."""


class BoundedRedisBroker(RedisBroker):
    def __init__(self, url: str, middleware: list[Middleware]) -> None:
        pool = ConnectionPool.from_url(url, socket_timeout=ANSWER_SECONDS, socket_connect_timeout=ANSWER_SECONDS)
        super().__init__(  # type: ignore[no-untyped-call]  # dramatiq leaves it untyped
            connection_pool=pool, middleware=middleware, namespace="darkroom"
        )
        self._guard = Lock()
        self._again_at = 0.0  # the time of the next try; 0 while Redis answers

    def enqueue(self, message: Message[Any], *, delay: int | None = None) -> Message[Any]:
        """Publish a message. Raise an error within seconds if Redis does not take it."""
        self._refuse_in_vain()
        try:
            sent = super().enqueue(message, delay=delay)
        except RedisError:
            self._again_at = time.monotonic() + AGAIN_SECONDS
            raise
        self._again_at = 0.0
        return sent

    def _refuse_in_vain(self) -> None:
        if not self._again_at:
            return
        with self._guard:
            now = time.monotonic()
            if now < self._again_at:
                raise TakesNothing("Redis has not answered for some seconds.")
            self._again_at = now + ANSWER_SECONDS + AGAIN_SECONDS

    def _dispatch(self, command: str) -> Callable[..., Any]:
        """Return Dramatiq's command with a time-out turned into a lost connection. On that error, Dramatiq repeats an
        acknowledgement until Redis has received it."""
        act = super()._dispatch(command)  # type: ignore[no-untyped-call]  # dramatiq leaves it untyped

        def bounded(*arguments: Any) -> Any:
            try:
                return act(*arguments)
            except Silent as error:
                raise NotConnected("Redis has not answered in time.") from error

        return bounded
