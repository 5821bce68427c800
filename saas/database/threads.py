"""Run database work of the event loop in threads, without keeping a database connection through waits of minutes."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from asgiref.sync import sync_to_async

from saas.database.release import released

P = ParamSpec("P")
R = TypeVar("R")


async def in_thread(act: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """Run `act` in the request's own thread, then give the thread's connection back to the pool."""
    result: R = await sync_to_async(releasing(act))(*args, **kwargs)
    return result


def releasing(act: Callable[P, R]) -> Callable[P, R]:
    """Return `act` wrapped so that the thread's connection goes back to the pool afterwards."""

    @wraps(act)
    def inner(*args: P.args, **kwargs: P.kwargs) -> R:
        with released():
            return act(*args, **kwargs)

    return inner
