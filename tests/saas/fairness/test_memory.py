"""Turns between tenants for memory and processor time."""

import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest
from django.db import connection, transaction

from saas.fairness.memory import Busy, Room, release_connection

PATIENCE = 60.0


def until(condition: object, *, seconds: float = PATIENCE) -> None:
    ends_at = time.monotonic() + seconds
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < ends_at
        time.sleep(0.005)


@contextmanager
def waiting(room: Room, size_bytes: int, by: str, done: list[str], name: str = "") -> Iterator[threading.Thread]:
    """A thread that waits for its turn and notes it."""
    before = room.waiting

    def wait() -> None:
        with room.held(size_bytes, by=by, seconds=PATIENCE):
            done.append(name or by)

    thread = threading.Thread(target=wait)
    thread.start()
    until(lambda: room.waiting == before + 1)
    yield thread


def test_what_fits_is_held_at_once_and_given_back() -> None:
    room = Room(limit_bytes=100, places=4)
    with room.held(50, by="a", seconds=0), room.held(50, by="b", seconds=0):
        assert room.held_bytes == 100
    assert (room.held_bytes, room.waiting) == (0, 0)


def test_no_more_is_ever_held_than_there_is() -> None:
    room = Room(limit_bytes=100, places=4)
    with room.held(60, by="a", seconds=0):
        with pytest.raises(Busy), room.held(60, by="b", seconds=0.01):
            pass
        assert (room.held_bytes, room.waiting) == (60, 0)
    with room.held(60, by="b", seconds=0):
        assert room.held_bytes == 60


def test_what_is_larger_than_the_room_has_it_alone() -> None:
    room = Room(limit_bytes=100, places=4)
    with room.held(10_000, by="a", seconds=0), pytest.raises(Busy), room.held(1, by="b", seconds=0):
        pass
    assert room.held_bytes == 0


def test_one_tenant_never_holds_more_than_half() -> None:
    room = Room(limit_bytes=100, places=4)
    with room.held(20, by="a", seconds=0), room.held(20, by="a", seconds=0):
        with pytest.raises(Busy), room.held(1, by="a", seconds=0):  # half of the places
            pass
        with room.held(50, by="b", seconds=0):
            pass
    with room.held(40, by="a", seconds=0):
        with pytest.raises(Busy), room.held(20, by="a", seconds=0):  # half of the bytes
            pass
        with room.held(60, by="b", seconds=0):
            pass


def test_the_next_turn_belongs_to_who_holds_least() -> None:
    room, done = Room(limit_bytes=100, places=2), list[str]()
    with ExitStack() as stack:
        first = ExitStack()
        first.enter_context(room.held(100, by="a", seconds=0))
        threads = [stack.enter_context(waiting(room, 60, "a", done, f"a{number}")) for number in range(3)]
        threads.append(stack.enter_context(waiting(room, 60, "b", done)))
        threads.append(stack.enter_context(waiting(room, 60, "c", done)))
        first.close()
        for thread in threads:
            thread.join(PATIENCE)
    assert done.index("b") < 2
    assert done.index("c") < 3
    assert len(done) == 5
    assert (room.held_bytes, room.waiting) == (0, 0)


def test_a_large_wish_is_not_overtaken_for_ever() -> None:
    room, done = Room(limit_bytes=100, places=8), list[str]()
    with (
        room.held(50, by="a", seconds=0),
        waiting(room, 80, "b", done) as large,
        pytest.raises(Busy),
        room.held(10, by="c", seconds=0.01),
    ):
        pass
    large.join(PATIENCE)
    assert done == ["b"]


def test_too_many_of_one_tenant_do_not_even_wait() -> None:
    room, done = Room(limit_bytes=100, places=2, waiting_at_most=3, waiting_each=2), list[str]()
    with ExitStack() as stack:
        first = ExitStack()
        first.enter_context(room.held(100, by="a", seconds=0))
        threads = [stack.enter_context(waiting(room, 1, "a", done)) for _ in range(2)]
        with pytest.raises(Busy), room.held(1, by="a", seconds=PATIENCE):
            pass
        threads.append(stack.enter_context(waiting(room, 1, "b", done)))
        with pytest.raises(Busy), room.held(1, by="c", seconds=PATIENCE):
            pass
        first.close()
        for thread in threads:
            thread.join(PATIENCE)
    assert sorted(done) == ["a", "a", "b"]


def test_one_that_is_interrupted_leaves_nothing_behind() -> None:
    room = Room(limit_bytes=100, places=4)
    with pytest.raises(KeyboardInterrupt), room.held(100, by="a", seconds=0):
        raise KeyboardInterrupt
    assert (room.held_bytes, room._shares) == (0, {})


def test_many_threads_never_hold_more_than_there_is() -> None:
    room, most = Room(limit_bytes=100, places=3, waiting_at_most=1000), [0]

    def work(number: int) -> None:
        for _ in range(20):
            with room.held(10 + number * 7, by=number % 4, seconds=PATIENCE):
                most[0] = max(most[0], room.held_bytes)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    assert 0 < most[0] <= 100
    assert (room.held_bytes, room.waiting, room._shares) == (0, 0, {})


@pytest.mark.django_db(transaction=True)
def test_a_connection_is_given_back_and_a_transaction_refused() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    assert connection.connection is not None
    release_connection()
    assert connection.connection is None
    with pytest.raises(RuntimeError), transaction.atomic():
        release_connection()
    with pytest.raises(RuntimeError), transaction.atomic():
        release_connection()


@pytest.mark.django_db
def test_in_a_tests_own_transaction_only_those_of_ours_are_refused() -> None:
    release_connection()
    with pytest.raises(RuntimeError), transaction.atomic():
        release_connection()
    assert connection.in_atomic_block
