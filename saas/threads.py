"""From the event loop to the database and back. Who waits on the network for minutes holds no connection meanwhile."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from asgiref.sync import sync_to_async
from django.db import connection

P = ParamSpec("P")
R = TypeVar("R")


async def in_thread(act: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """In the request's own thread. Whatever `act` asked of the database, its connection goes back to the pool."""
    result: R = await sync_to_async(_released(act))(*args, **kwargs)
    return result


def _released(act: Callable[P, R]) -> Callable[P, R]:
    @wraps(act)
    def inner(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return act(*args, **kwargs)
        finally:
            if not connection.in_atomic_block:  # a test's transaction stays open
                connection.close()

    return inner
