"""Threads are shared: nobody holds them all, whoever comes new finds one."""

import threading
from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass

import pytest

from saas.queue.thread_shares import NoTurn, Place, Shares


@dataclass
class Work:
    place: Place


def fill(shares: Shares, stack: ExitStack, waiting: list[Place]) -> list[Place]:
    """Take as much as may be taken, in the order of the line."""
    taken: list[Place] = []
    while True:
        work = stack.enter_context(shares.taking(lambda barred: _next(waiting, barred.orgs, barred.people)))
        if work is None:
            return taken
        taken.append(work.place)


def _next(waiting: list[Place], orgs: list[int], people: list[int]) -> Work | None:
    for place in waiting:
        if place.org_id not in orgs and place.person_id not in people:
            waiting.remove(place)
            return Work(place)
    return None


def test_one_organization_gets_two_thirds_and_leaves_the_rest() -> None:
    with ExitStack() as stack:
        assert len(fill(Shares(64), stack, [Place(1, 1)] * 100)) == 43


def test_many_organizations_of_one_person_get_no_more_than_one() -> None:
    with ExitStack() as stack:
        assert len(fill(Shares(64), stack, [Place(org, 7) for org in range(100)])) == 43


@pytest.mark.parametrize("people", [2, 4, 10, 30])
def test_however_many_hold_threads_one_that_holds_none_finds_one(people: int) -> None:
    shares = Shares(64)
    with ExitStack() as stack:
        for person in range(people):
            fill(shares, stack, [Place(person, person)] * 64)
        assert fill(shares, stack, [Place(99, 99)])


def test_the_share_of_each_shrinks_with_the_number_of_those_who_hold_threads() -> None:
    shares = Shares(60)
    with ExitStack() as stack:
        waiting = [Place(person, person) for _ in range(60) for person in range(3)]
        taken = Counter(place.person_id for place in fill(shares, stack, waiting))
    assert set(taken.values()) == {17}


def test_a_lane_of_two_threads_keeps_one_for_others() -> None:
    shares = Shares(2)
    with ExitStack() as stack:
        assert len(fill(shares, stack, [Place(1, None)] * 5)) == 1
        assert len(fill(shares, stack, [Place(2, None)])) == 1


def test_what_is_let_go_can_be_taken_again() -> None:
    shares = Shares(3)
    for _ in range(3):
        with ExitStack() as stack:
            assert len(fill(shares, stack, [Place(1, 1)] * 5)) == 2
    with shares.turn() as barred:
        assert (barred.orgs, barred.people) == ([], [])


def test_threads_that_come_at_once_cannot_all_take_the_work_of_one() -> None:
    shares, start, leave = Shares(16), threading.Barrier(16), threading.Event()
    taken: list[Place] = []
    counted = threading.Barrier(17)

    def work() -> None:
        start.wait(30)
        with shares.taking(lambda barred: None if barred.orgs or barred.people else Work(Place(1, 1))) as found:
            if found:
                taken.append(found.place)
            counted.wait(30)
            leave.wait(30)

    threads = [threading.Thread(target=work) for _ in range(16)]
    for thread in threads:
        thread.start()
    counted.wait(30)
    assert len(taken) == 11
    leave.set()
    for thread in threads:
        thread.join(30)


def test_work_that_a_message_names_finds_no_place_where_the_share_is_held() -> None:
    shares = Shares(2)
    with shares.place(Place(1, 1)) as first, shares.place(Place(1, 2)) as second, shares.place(Place(2, 2)) as other:
        assert (first, second, other) == (True, False, True)


def test_a_turn_that_hangs_ends_the_wait_of_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("saas.queue.thread_shares.PATIENCE_SECONDS", 0.05)
    shares = Shares(2)
    with shares.turn(), pytest.raises(NoTurn), shares.turn():
        pass


def test_a_claim_that_breaks_holds_nothing() -> None:
    shares = Shares(2)

    def claim(_: object) -> Work | None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError), shares.taking(claim):
        pass
    with shares.place(Place(1, 1)) as found:
        assert found


def test_closed_shares_give_no_work_also_not_to_a_thread_that_waits_for_its_turn() -> None:
    shares, waiting, got = Shares(8), [Place(1, 1)], list[Work | None]()

    def take() -> None:
        with shares.taking(lambda barred: _next(waiting, barred.orgs, barred.people)) as work:
            got.append(work)

    with shares.turn():
        thread = threading.Thread(target=take)
        thread.start()
        shares.close()
    thread.join(30)
    assert (got, waiting, shares.free) == ([None], [Place(1, 1)], 8)
