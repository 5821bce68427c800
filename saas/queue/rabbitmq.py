"""Publish to RabbitMQ from a process with many short-lived threads.

Dramatiq opens one connection for each thread that publishes and keeps it for good, and Django answers every request in
a thread of its own: each would leave a connection behind. So one thread publishes for the whole process.

While its disk or memory is full, RabbitMQ takes no messages: it stops reading from publishers and tells them so. Until
it says that this is over, every new message fails at once, and the one being published stays in the connection."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import Any

from dramatiq import Message, Middleware
from dramatiq.brokers.rabbitmq import RabbitmqBroker
from pika.exceptions import AMQPError  # type: ignore[import-untyped]  # pika has no types

from saas.database import release

CONNECT_SECONDS = 3
QUICK_SECONDS = 0.05  # a thread that waits longer gives its database connection back first
PATIENCE_SECONDS = 2
KEEP_ALIVE_SECONDS = 15  # well within RabbitMQ's heartbeat of 60 s, after which it hangs up
LOOK_SECONDS = 0.5  # between two checks whether RabbitMQ takes messages again

CONNECTION: Any = RabbitmqBroker.__dict__["connection"]

Job = tuple[Callable[[], Any], "Future[Any]"]


class TakesNothing(Exception):
    """RabbitMQ takes no messages just now."""


class OneVoiceBroker(RabbitmqBroker):
    def __init__(self, url: str, middleware: list[Middleware]) -> None:
        super().__init__(url=url, middleware=middleware, confirm_delivery=True)
        for parameters in self.parameters if isinstance(self.parameters, list) else [self.parameters]:
            parameters.socket_timeout = CONNECT_SECONDS
        self._jobs: SimpleQueue[Job] = SimpleQueue()
        self._thread: threading.Thread | None = None
        self._starting = threading.Lock()
        self._under_way: Future[Any] | None = None
        self._began = 0.0  # the start of the job under way
        self._is_blocked = False

    def _open(self) -> Any:
        is_new = getattr(self.state, "connection", None) is None
        connection = CONNECTION.fget(self)
        if is_new and threading.current_thread() is self._thread:
            self._is_blocked = False
            # Pika's public callbacks run only after publishing returns, and publishing waits for the alarm to end.
            connection._impl.add_on_connection_blocked_callback(self._note_blocked)
            connection._impl.add_on_connection_unblocked_callback(self._note_unblocked)
        return connection

    connection = CONNECTION.getter(_open)

    def enqueue(self, message: Message[Any], *, delay: int | None = None) -> Message[Any]:
        """Publish a message. Raise TakesNothing or TimeoutError if RabbitMQ does not take it soon."""
        publish = super().enqueue
        sent: Message[Any] = self._by_the_one(lambda: publish(message, delay=delay))
        return sent

    def ask(self) -> None:
        """Raise an error unless RabbitMQ answers. Replace a connection that a restart of RabbitMQ broke."""
        self._by_the_one(self._ask)

    def close(self) -> None:
        """Close all connections, unless RabbitMQ blocks the publisher's: it would not read the closing handshake. Other
        threads may open and lose theirs meanwhile."""
        if self._is_blocked:
            return
        self._ignore_pika_logs()
        for one in [*self.channels, *self.connections]:
            with suppress(Exception):  # it is closed, or its own thread is using it; the process ends anyway
                one.close()

    def _ask(self) -> None:
        try:
            self.connection.channel().close()
        except AMQPError:
            del self.connection
            self.connection.channel().close()

    def _by_the_one(self, act: Callable[[], Any]) -> Any:
        self._refuse_in_vain()
        result: Future[Any] = Future()
        self._jobs.put((act, result))
        with self._starting:
            if self._thread is None:
                self._thread = threading.Thread(target=self._publish, name="publish", daemon=True)
                self._thread.start()
        try:
            return result.result(QUICK_SECONDS)
        except TimeoutError:
            release.give_back()
        try:
            return result.result(PATIENCE_SECONDS - QUICK_SECONDS)
        finally:
            result.cancel()  # a message that was given up before its turn is not published later

    def _refuse_in_vain(self) -> None:
        """Raise TakesNothing if a message would only wait behind one that RabbitMQ does not take."""
        if self._is_blocked:
            raise TakesNothing("RabbitMQ takes no messages: its memory or disk is full.")
        if self._under_way is not None and time.monotonic() - self._began > PATIENCE_SECONDS:
            raise TakesNothing("RabbitMQ has not answered for some seconds.")

    def _publish(self) -> None:
        while True:
            try:
                act, result = self._jobs.get(timeout=LOOK_SECONDS if self._is_blocked else KEEP_ALIVE_SECONDS)
            except Empty:
                self._keep_alive()
                continue
            if not result.set_running_or_notify_cancel():
                continue
            self._began, self._under_way = time.monotonic(), result
            try:
                found = act()
            except BaseException as error:  # raised in the thread that waits for the result
                self._fail(result, error)
            else:
                if not result.done():
                    result.set_result(found)
            self._under_way = None
            if getattr(self.state, "connection", None) is None:
                self._is_blocked = False  # RabbitMQ tells a new connection if it is blocked

    def _note_blocked(self, *_: object) -> None:
        """Fail the job under way and all that wait. Pika calls this in the publishing thread, while it publishes."""
        self._is_blocked = True
        if self._under_way is not None:
            self._fail(self._under_way, TakesNothing("RabbitMQ has stopped taking messages."))
        with suppress(Empty):
            while True:
                result = self._jobs.get_nowait()[1]
                if result.set_running_or_notify_cancel():
                    self._fail(result, TakesNothing("RabbitMQ has stopped taking messages."))

    def _note_unblocked(self, *_: object) -> None:
        self._is_blocked = False

    def _fail(self, result: "Future[Any]", error: BaseException) -> None:
        if not result.done():
            result.set_exception(error)

    def _keep_alive(self) -> None:
        try:
            self.connection.process_data_events()
        except AMQPError:  # the next message connects again
            del self.connection
            self._is_blocked = False
