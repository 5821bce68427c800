"""Handle people's requests in one thread each, and programs' requests in the event loop.

Programs do not use sessions, cookies and forms, so their requests go without that middleware, and a caller that waits
for a picture costs next to nothing. People's requests go through all of it, in their thread.

Django gives each request a thread of its own, which has to make its own connection object, and asks it twice more to
look after connections. Here programs' requests share the threads that are free: each piece of work in a thread gives
its connection back (saas.database.threads), so it does not matter which thread does it."""

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

from asgiref.sync import ThreadSensitiveContext, sync_to_async
from django.conf import settings
from django.core.exceptions import RequestAborted
from django.core.handlers.asgi import ASGIHandler, get_script_prefix
from django.core.handlers.exception import convert_exception_to_response
from django.http import HttpRequest, HttpResponseBase
from django.urls import set_script_prefix
from django.utils.module_loading import import_string
from servestatic.middleware import ServeStaticMiddleware

from saas.server import backpressure, intake
from saas.server.intake import Arrival
from saas.web.uploads import MeasuredRequest

PREFIX = "/v1/"
# More than may wait for a picture or for memory at once (studio.waiting.places, studio.gateway.answer_memory), so that
# no thread that waits can keep another request from what ends its wait. A thread is made only if none is free.
MOST_THREADS = 2048
THREADS = ThreadPoolExecutor(MOST_THREADS, thread_name_prefix="programs")
Application = Callable[[dict[str, Any], Any, Any], Awaitable[None]]


class Handler(ASGIHandler):
    request_class = MeasuredRequest

    async def read_body(self, receive: Any) -> Any:  # a file
        return await (receive.body() if isinstance(receive, Arrival) else super().read_body(receive))


class PeopleHandler(Handler):
    """Handles all middleware and the view by one step into a thread. Django takes a step there and back for each
    middleware, and each step waits for the interpreter while other threads compute. Static files need no thread."""

    def load_middleware(self, is_async: bool = False) -> None:
        super().load_middleware(is_async=False)
        in_thread = sync_to_async(self.get_response)
        self._static_file_or_page = convert_exception_to_response(ServeStaticMiddleware(in_thread))

    async def get_response_async(self, request: HttpRequest) -> HttpResponseBase:
        response: HttpResponseBase = await self._static_file_or_page(request)  # type: ignore[misc]  # it is async
        return response


class ProgramHandler(Handler):
    chunk_size = 4 * 1024 * 1024  # sends nearly every answer in one piece and as it is, instead of 64 kB at a time

    def load_middleware(self, is_async: bool = False) -> None:
        self._view_middleware: list[Any] = []
        self._template_response_middleware: list[Any] = []
        self._exception_middleware: list[Any] = []
        handler = convert_exception_to_response(self._get_response_async)  # type: ignore[attr-defined]  # the stubs have only the sync one
        for path in reversed(settings.PROGRAM_MIDDLEWARE):
            handler = convert_exception_to_response(import_string(path)(handler))
        self._middleware_chain = handler

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        async with ThreadSensitiveContext(executor=THREADS):
            await self.handle(scope, receive, send)

    async def handle(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        """Do as Django does, but without its signals: their receivers care for connections, and none is kept here."""
        try:
            body_file = await self.read_body(receive)
        except RequestAborted:
            return
        set_script_prefix(get_script_prefix(scope))
        try:
            leaving = asyncio.create_task(self.listen_for_disconnect(receive))
            answering = asyncio.create_task(self._answer(scope, body_file, send))
            await asyncio.wait([leaving, answering], return_when=asyncio.FIRST_COMPLETED)
            for task in (leaving, answering):
                if not task.done():
                    task.cancel()
                with suppress(RequestAborted, asyncio.CancelledError):
                    await task
        finally:
            body_file.close()

    async def _answer(self, scope: dict[str, Any], body_file: Any, send: Any) -> None:
        request, refusal = self.create_request(scope, body_file)
        response: Any = await self.run_get_response(request) if request is not None else refusal
        try:
            with suppress(asyncio.CancelledError):  # the client has disconnected
                await self.send_response(response, send)
        finally:
            response.close()

    async def send_response(self, response: Any, send: Any) -> None:
        """Send the response, and call its `when_sent` when all of it has left this process. If the caller disconnects
        before that, `when_sent` is not called."""
        when_sent = getattr(response, "when_sent", None)
        await super().send_response(response, send if when_sent is None else backpressure.ending_apart(send))
        if when_sent is not None:
            when_sent()


def beside(people: Application) -> Application:
    """Return an application that hands requests below PREFIX to a ProgramHandler and all others to `people`."""
    programs = ProgramHandler()

    async def choose(scope: dict[str, Any], receive: Any, send: Any) -> None:
        handler = programs if scope["path"].startswith(PREFIX) else people
        arrival = intake.arrival(send, receive)
        if arrival is None:
            await handler(scope, receive, backpressure.patient(send))
            return
        try:
            await handler(scope, arrival, arrival.letting_go(backpressure.patient(send)))
        finally:
            arrival.close()

    return choose
