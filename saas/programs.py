"""The way in for programs: no session, no cookie and no form, so none of the middleware that looks for them. What is
left runs in the event loop, where a caller that waits for a picture costs next to nothing."""

from collections.abc import Awaitable, Callable
from typing import Any

from django.conf import settings
from django.core.handlers.asgi import ASGIHandler
from django.core.handlers.exception import convert_exception_to_response
from django.utils.module_loading import import_string

PREFIX = "/v1/"
Application = Callable[[dict[str, Any], Any, Any], Awaitable[None]]


class ProgramHandler(ASGIHandler):
    chunk_size = 4 * 1024 * 1024  # an answer of megabytes in one piece or few, instead of 64 kB at a time

    def load_middleware(self, is_async: bool = False) -> None:
        self._view_middleware: list[Any] = []
        self._template_response_middleware: list[Any] = []
        self._exception_middleware: list[Any] = []
        handler = convert_exception_to_response(self._get_response_async)  # type: ignore[attr-defined]  # the stubs have only the sync one
        for path in reversed(settings.PROGRAM_MIDDLEWARE):
            handler = convert_exception_to_response(import_string(path)(handler))
        self._middleware_chain = handler


def beside(people: Application) -> Application:
    """Programs go one way, everybody else the other."""
    programs = ProgramHandler()

    async def choose(scope: dict[str, Any], receive: Any, send: Any) -> None:
        handler = programs if scope["path"].startswith(PREFIX) else people
        await handler(scope, receive, send)

    return choose
