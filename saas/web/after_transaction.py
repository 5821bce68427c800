"""Make answers that need storage after the view's transaction has ended.

A view checks rights behind its organization's wall and names what is to be opened. It is opened once the transaction
has ended and the database connection is back in the pool, because storage may be slow and PostgreSQL ends a session
that is idle in a transaction."""

from collections.abc import Callable
from http import HTTPStatus
from typing import TypeVar, cast

from django.http import HttpResponse, HttpResponseBase

from saas.database import release

R = TypeVar("R")


class Afterwards(HttpResponse):
    """A placeholder for an answer until `made` makes it. One that is sent as it is says 500."""

    def __init__(self, make: Callable[[], HttpResponseBase]) -> None:
        super().__init__(status=HTTPStatus.INTERNAL_SERVER_ERROR)
        self.make = make


def made(response: R) -> R:
    """Return the answer that a placeholder stands for, and any other answer as it is. Call this outside every wall."""
    if not isinstance(response, Afterwards):
        return response
    release.give_back()
    return cast("R", response.make())
