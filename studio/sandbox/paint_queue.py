"""Read requests and paint pictures in threads of their own: never on the event loop, never in the threads that send
files, with one painter for each core, and with less priority than all else that the machine has to do.

Organizations take turns. Strangers, who may paint if the sandbox is public, have painters of their own, half as
many."""

import asyncio
import os
import secrets
import threading
from collections import OrderedDict, deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar

from asgiref.sync import sync_to_async
from django.conf import settings
from django.http import HttpRequest

from studio.openai_wire import base64_text
from studio.openai_wire.errors import OpenAIError

MOST_WAITING = 32  # pictures of strangers
STRANGERS = ""
RETRY_SECONDS = 5
NICENESS = 10  # a page must be quick, a painted picture need not

READERS, STRANGERS_READERS = 4, 2  # threads that read requests and decode their pictures

Paint = Callable[[], bytes]
R = TypeVar("R")
T = TypeVar("T")


def tenant_of_key(key: str) -> str:
    """Return the organization that a key asks for. Darkroom's own workers name it in theirs; all other keys are
    strangers'."""
    ours, _, tenant = key.strip().partition(".")
    is_ours = secrets.compare_digest(ours.encode(), settings.SANDBOX_KEY.encode())
    return tenant or "ours" if is_ours else STRANGERS


class PaintQueue:
    def __init__(self, painters: int) -> None:
        self._threads = ThreadPoolExecutor(painters, thread_name_prefix="sandbox-painter", initializer=_step_back)
        self._waiting = OrderedDict[str, deque[tuple[Future[Any], Callable[[], Any]]]]()
        self._guard = threading.Lock()

    def check_room(self, whose: str, count: int) -> None:
        """Refuse strangers who ask for more while many of their pictures wait."""
        with self._guard:
            waiting = len(self._waiting.get(whose, ()))
        if whose == STRANGERS and waiting + count > MOST_WAITING:
            headers = {"Retry-After": str(RETRY_SECONDS)}
            message = "The sandbox is busy. Try again in a few seconds."
            raise OpenAIError(message, status=429, kind="requests", code="rate_limit_exceeded", headers=headers)

    def line_up(self, act: Callable[[], T], whose: str) -> Future[T]:
        future = Future[T]()
        with self._guard:
            self._waiting.setdefault(whose, deque()).append((future, act))
        self._threads.submit(self._paint_next)
        return future

    def _paint_next(self) -> None:
        future, act = self._next()
        if not future.set_running_or_notify_cancel():
            return  # the caller has disconnected
        try:
            future.set_result(act())
        except BaseException as error:
            future.set_exception(error)

    def _next(self) -> tuple[Future[Any], Callable[[], Any]]:
        """Take the next painting, organizations in turn. There is one for each call of this method."""
        with self._guard:
            whose, waiting = self._waiting.popitem(last=False)
            found = waiting.popleft()
            if waiting:
                self._waiting[whose] = waiting  # behind all others
            return found


def _step_back() -> None:
    if hasattr(os, "setpriority") and os.uname().sysname == "Linux":  # elsewhere it would concern the whole process
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICENESS)


_painters = os.cpu_count() or 1
_queue, _strangers_queue = PaintQueue(_painters), PaintQueue(max(1, _painters // 2))
_readers = ThreadPoolExecutor(READERS, thread_name_prefix="sandbox-reader", initializer=_step_back)
_strangers_readers = ThreadPoolExecutor(
    STRANGERS_READERS, thread_name_prefix="sandbox-strangers-reader", initializer=_step_back
)


async def read_in_thread(act: Callable[[HttpRequest, str], R], request: HttpRequest, key: str) -> R:
    """Read a request in a thread for readers: its pictures may take seconds to decode and wait for turns to do so."""
    readers = _strangers_readers if tenant_of_key(key) == STRANGERS else _readers
    found: R = await sync_to_async(act, thread_sensitive=False, executor=readers)(request, key)
    return found


async def paint(paint: Paint, whose: str) -> str:
    """Paint the picture and return it as base64. The painter encodes it, because that takes processor time, too."""
    return await asyncio.wrap_future(line_up(lambda: base64_text.encode_as_text(paint()), whose))


def line_up(act: Callable[[], T], whose: str) -> Future[T]:
    """Have a painter do this when it is the turn of the organization."""
    return _queue_of(whose).line_up(act, whose)


def check_room(whose: str, count: int) -> None:
    _queue_of(whose).check_room(whose, count)


def _queue_of(whose: str) -> PaintQueue:
    """Return the painters for this caller. Strangers have their own: a large picture takes seconds, and others would
    wait for it."""
    return _strangers_queue if whose == STRANGERS else _queue
