"""Handle people's requests in one thread each, and programs' requests in the event loop.

Programs do not use sessions, cookies and forms, so their requests go without that middleware, and a caller that waits
for a picture costs next to nothing. People's requests go through all of it, in their thread."""

from collections.abc import Awaitable, Callable
from typing import Any

from asgiref.sync import sync_to_async
from django.conf import settings
from django.core.handlers.asgi import ASGIHandler
from django.core.handlers.exception import convert_exception_to_response
from django.http import HttpRequest, HttpResponseBase
from django.utils.module_loading import import_string
from servestatic.middleware import ServeStaticMiddleware

from saas.server import backpressure, intake
from saas.server.intake import Arrival
from saas.web.uploads import MeasuredRequest

PREFIX = "/v1/"
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
    chunk_size = 1024 * 1024  # sends an answer of megabytes in few pieces, instead of 64 kB at a time

    def load_middleware(self, is_async: bool = False) -> None:
        self._view_middleware: list[Any] = []
        self._template_response_middleware: list[Any] = []
        self._exception_middleware: list[Any] = []
        handler = convert_exception_to_response(self._get_response_async)  # type: ignore[attr-defined]  # the stubs have only the sync one
        for path in reversed(settings.PROGRAM_MIDDLEWARE):
            handler = convert_exception_to_response(import_string(path)(handler))
        self._middleware_chain = handler

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
