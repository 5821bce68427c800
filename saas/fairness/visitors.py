"""Know for whom a thread works: a request's client, an organization, or no one tenant; and why a request failed.

The organization of a request is known only after a query. So the first request with a key or a session counts for its
client's address; the organization that it turns out to act for is remembered, and the next one counts for that."""

from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from threading import Lock

ORGANIZATION = "org:"
MOST_REMEMBERED = 20_000


@dataclass
class Visitor:
    """A request, by its credentials and its client's network."""

    shown: str  # a hash of its key or session, and the organization that its path names
    address: str
    was_crowded: bool = False
    was_locked: bool = False  # a row or table that it wanted to write was locked by others for too long
    was_kept_out: bool = False  # the database gave it no connection


_visitor: ContextVar[Visitor | None] = ContextVar("visitor", default=None)
_tenant: ContextVar[int | None] = ContextVar("tenant", default=None)
_is_unseated: ContextVar[bool] = ContextVar("is_unseated", default=False)
_learned: OrderedDict[str, int] = OrderedDict()
_learning = Lock()


@contextmanager
def visiting(visitor: Visitor) -> Iterator[None]:
    """Let queries in the block take the seat of this request."""
    token = _visitor.set(visitor)
    try:
        yield
    finally:
        _visitor.reset(token)


@contextmanager
def acting_for(org_id: int | None) -> Iterator[None]:
    """Let queries in the block take a seat of this organization."""
    token = _tenant.set(org_id)
    try:
        yield
    finally:
        _tenant.reset(token)


@contextmanager
def unseated() -> Iterator[None]:
    """Let queries in the block take no seat: for one thread that works for all tenants in turn, and so has one
    connection at most. If it waited for one tenant's seat, all other tenants would wait behind it."""
    token = _is_unseated.set(True)
    try:
        yield
    finally:
        _is_unseated.reset(token)


def learn(org_id: int) -> None:
    """Remember for which organization a request with this key or session acts."""
    visitor = _visitor.get()
    if visitor is None or not visitor.shown:
        return
    with _learning:
        _learned[visitor.shown] = org_id
        _learned.move_to_end(visitor.shown)
        if len(_learned) > MOST_REMEMBERED:
            _learned.popitem(last=False)


def knows(shown: str) -> int | None:
    """Return the organization for which requests with these credentials have acted before, or None."""
    with _learning:
        return _learned.get(shown) if shown else None


def was_crowded() -> bool:
    """Return whether this request found no seat."""
    visitor = _visitor.get()
    return visitor is not None and visitor.was_crowded


def note_crowded() -> None:
    """Remember that this request found no seat, so that its caller is asked to come again."""
    if (visitor := _visitor.get()) is not None:
        visitor.was_crowded = True


def note_kept_out() -> None:
    """Remember that the database gave this request no connection, so that its caller is asked to come again."""
    if (visitor := _visitor.get()) is not None:
        visitor.was_kept_out = True


def was_kept_out() -> bool:
    visitor = _visitor.get()
    return visitor is not None and visitor.was_kept_out


def note_locked() -> None:
    """Remember that a lock stopped this request, so that its caller is asked to come again."""
    if (visitor := _visitor.get()) is not None:
        visitor.was_locked = True


def forget_locked() -> None:
    """Forget that a lock stopped this request, because another try succeeded."""
    if (visitor := _visitor.get()) is not None:
        visitor.was_locked = False


def was_locked() -> bool:
    visitor = _visitor.get()
    return visitor is not None and visitor.was_locked


def is_request() -> bool:
    """Return whether this thread works for a request. Otherwise it works for a task."""
    return _visitor.get() is not None


def who() -> str | None:
    """Return the tenant that this thread works for, or None if it works for no one tenant."""
    if _is_unseated.get():
        return None
    if (org_id := _tenant.get()) is not None:
        return f"{ORGANIZATION}{org_id}"
    visitor = _visitor.get()
    if visitor is None:
        return None
    org_id = knows(visitor.shown)
    return f"address:{visitor.address}" if org_id is None else f"{ORGANIZATION}{org_id}"
