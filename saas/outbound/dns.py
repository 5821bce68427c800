"""Look host names up in bounded time. The system's call cannot be interrupted, so a thread of its own makes it."""

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future

import httpcore2

MOST_AT_ONCE = 256  # look-up threads, counting those whose caller has given up

_places = threading.BoundedSemaphore(MOST_AT_ONCE)

Addresses = Callable[[str, int], Sequence[str]]


def within(seconds: float | None, look_up: Addresses, host: str, port: int) -> Sequence[str]:
    """Return the addresses of `host`, or raise ConnectTimeout after `seconds`."""
    if seconds is None:
        return look_up(host, port)
    ends_at = time.monotonic() + seconds
    if not _places.acquire(timeout=seconds):
        raise httpcore2.ConnectTimeout("Too many names are being looked up.")
    found: Future[Sequence[str]] = Future()
    try:
        threading.Thread(target=_look_up, args=(found, look_up, host, port), name="look-up", daemon=True).start()
    except RuntimeError:  # the system gives no more threads
        _places.release()
        raise httpcore2.ConnectTimeout("Too many names are being looked up.") from None
    try:
        return found.result(max(ends_at - time.monotonic(), 0.0))
    except TimeoutError:
        raise httpcore2.ConnectTimeout("Looking up the name took too long.") from None


def _look_up(found: "Future[Sequence[str]]", look_up: Addresses, host: str, port: int) -> None:
    try:
        found.set_result(look_up(host, port))
    except BaseException as error:  # raised in the caller, unless it has given up
        found.set_exception(error)
    finally:
        _places.release()
