"""Whose pictures wait for a painter take turns, and strangers may let only so many wait."""

import threading
from concurrent.futures import Future

import pytest
from django.conf import settings

from studio.openai_wire.errors import OpenAIError
from studio.sandbox import paint_queue
from studio.sandbox.paint_queue import MOST_WAITING, STRANGERS, PaintQueue


class Slow:
    """A painter who is at it until told to go on, and notes what was painted."""

    def __init__(self) -> None:
        self.painted: list[str] = []
        self.goes_on = threading.Event()

    def paint(self, name: str) -> bytes:
        self.goes_on.wait(10)
        self.painted.append(name)
        return name.encode()


def line_up(board: PaintQueue, slow: Slow, whose: str, count: int) -> list[Future[bytes]]:
    return [board.line_up(lambda name=f"{whose}{index}": slow.paint(name), whose) for index in range(count)]  # type: ignore[misc]


def test_who_asks_for_one_picture_does_not_wait_for_the_many_of_another() -> None:
    board, slow = PaintQueue(painters=1), Slow()
    many, one = line_up(board, slow, "flood", 10), line_up(board, slow, "honest", 1)
    slow.goes_on.set()
    for future in [*many, *one]:
        assert future.result(10)
    assert slow.painted.index("honest0") <= 2


def test_pictures_of_a_client_that_has_gone_are_not_painted() -> None:
    board, slow = PaintQueue(painters=1), Slow()
    first, *others = line_up(board, slow, STRANGERS, 4)
    for future in others[:2]:
        assert future.cancel()
    slow.goes_on.set()
    assert first.result(10)
    assert others[2].result(10)
    assert slow.painted == [f"{STRANGERS}0", f"{STRANGERS}3"]


def test_strangers_may_let_only_so_many_wait_and_our_workers_any_number() -> None:
    board, slow = PaintQueue(painters=1), Slow()
    waiting = [*line_up(board, slow, STRANGERS, MOST_WAITING + 1), *line_up(board, slow, "7", MOST_WAITING + 1)]
    with pytest.raises(OpenAIError) as refusal:
        board.check_room(STRANGERS, 1)
    assert (refusal.value.status, refusal.value.headers["Retry-After"]) == (429, "5")
    board.check_room("7", 10)
    slow.goes_on.set()
    for future in waiting:
        future.result(10)
    board.check_room(STRANGERS, MOST_WAITING)


def test_only_our_own_key_names_an_organization() -> None:
    assert paint_queue.tenant_of_key(f"{settings.SANDBOX_KEY}.7") == "7"
    assert paint_queue.tenant_of_key(settings.SANDBOX_KEY) == "ours"
    assert paint_queue.tenant_of_key("anything.7") == STRANGERS
    assert paint_queue.tenant_of_key("") == STRANGERS
