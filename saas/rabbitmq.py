"""RabbitMQ for a process with many short-lived threads.

Dramatiq opens one connection for each thread that publishes and keeps it for good, and Django answers every request in
a thread of its own: each would leave a connection behind. So one thread publishes for the whole process.
"""

from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from queue import Empty, SimpleQueue
from threading import Lock, Thread
from typing import Any

from dramatiq import Message, Middleware
from dramatiq.brokers.rabbitmq import RabbitmqBroker
from pika.exceptions import AMQPError  # type: ignore[import-untyped]  # pika has no types

CONNECT_SECONDS = 3
BLOCKED_SECONDS = 10  # RabbitMQ takes nothing while its disk or memory is full
PATIENCE_SECONDS = 20
KEEP_ALIVE_SECONDS = 15  # well within RabbitMQ's heartbeat of 60 s, after which it hangs up

Job = tuple[Callable[[], Any], "Future[Any]"]


class OneVoiceBroker(RabbitmqBroker):
    def __init__(self, url: str, middleware: list[Middleware]) -> None:
        super().__init__(url=url, middleware=middleware, confirm_delivery=True)
        for parameters in self.parameters if isinstance(self.parameters, list) else [self.parameters]:
            parameters.socket_timeout = CONNECT_SECONDS
            parameters.blocked_connection_timeout = BLOCKED_SECONDS
        self._jobs: SimpleQueue[Job] = SimpleQueue()
        self._thread: Thread | None = None
        self._starting = Lock()

    def enqueue(self, message: Message[Any], *, delay: int | None = None) -> Message[Any]:
        publish = super().enqueue
        sent: Message[Any] = self._by_the_one(lambda: publish(message, delay=delay))
        return sent

    def ask(self) -> None:
        """Raises unless RabbitMQ answers. A connection that RabbitMQ's restart broke is made again."""
        self._by_the_one(self._ask)

    def _ask(self) -> None:
        try:
            self.connection.channel().close()
        except AMQPError:
            del self.connection
            self.connection.channel().close()

    def _by_the_one(self, act: Callable[[], Any]) -> Any:
        result: Future[Any] = Future()
        self._jobs.put((act, result))
        with self._starting:
            if self._thread is None:
                self._thread = Thread(target=self._publish, name="publish", daemon=True)
                self._thread.start()
        return result.result(PATIENCE_SECONDS)

    def _publish(self) -> None:
        while True:
            try:
                act, result = self._jobs.get(timeout=KEEP_ALIVE_SECONDS)
            except Empty:
                self._keep_alive()
                continue
            try:
                result.set_result(act())
            except BaseException as error:  # it belongs to whoever waits
                result.set_exception(error)

    def _keep_alive(self) -> None:
        with suppress(AMQPError):  # whoever publishes next connects again
            self.connection.process_data_events()
