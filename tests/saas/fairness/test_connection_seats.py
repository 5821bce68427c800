"""The pool's connections are shared: one tenant's slow pages leave some to everybody else."""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
from django.core.handlers.exception import convert_exception_to_response
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from psycopg_pool import ConnectionPool, PoolTimeout

from accounts.models import Organization
from saas.database import tenancy, threads
from saas.database.release import released
from saas.fairness import connection_seats, visitors
from saas.fairness.connection_seats import Crowded, Seat, Seats
from saas.fairness.visitors import Visitor
from saas.web.middleware import RequestMiddleware
from studio.models import Run
from studio.waiting import group_listener

OF = 20


def fill(room: Seats, who: str) -> int:
    """Take as many as may be taken."""
    count = 0
    while True:
        try:
            room.take(Seat(who), of=OF, within=0)
        except Crowded:
            return count
        count += 1


def test_one_tenant_holds_a_fifth_and_no_more() -> None:
    assert fill(Seats(), "org:1") == 4


def test_however_many_hold_theirs_a_new_one_finds_a_seat() -> None:
    room = Seats()
    assert [fill(room, f"org:{number}") for number in range(7)] == [4, 4, 4, 3, 2, 1, 1]
    assert fill(room, "org:99") == 1


def test_a_seat_that_is_left_lets_the_next_one_in() -> None:
    room = Seats()
    fill(room, "org:1")
    came = threading.Event()

    def wait() -> None:
        room.take(Seat("org:1"), of=OF, within=30)
        came.set()

    thread = threading.Thread(target=wait)
    thread.start()
    assert not came.is_set()
    room.leave(Seat("org:1"))
    assert came.wait(30)
    thread.join(30)
    assert room.taken("org:1") == 4


def test_threads_that_wait_are_seated_in_their_order_and_tenants_in_turns() -> None:
    room, order, guard = Seats(), list[str](), threading.Lock()
    for who in ("org:1", "org:2"):
        fill(room, who)

    def wait(who: str, name: str) -> None:
        room.take(Seat(who), of=OF, within=60)
        with guard:
            order.append(name)

    threads = []
    for place, (who, name) in enumerate([("org:1", "a"), ("org:1", "b"), ("org:2", "c"), ("org:1", "d")], start=1):
        threads.append(threading.Thread(target=wait, args=(who, name)))
        threads[-1].start()
        wait_for(lambda count=place: sum(map(len, room._waiting.values())) == count)  # type: ignore[misc]
    for who, expected in [("org:1", ["a"]), ("org:2", ["a", "c"]), ("org:1", ["a", "c", "b"])]:
        room.leave(Seat(who))
        wait_for(lambda so_far=expected: order == so_far)  # type: ignore[misc]
    room.leave(Seat("org:1"))
    for thread in threads:
        thread.join(30)
    assert order == ["a", "c", "b", "d"]
    assert not room._waiting


def test_a_thread_that_gives_up_leaves_no_wish_behind() -> None:
    room = Seats()
    fill(room, "org:1")
    assert not room._waiting
    for _ in range(4):
        room.leave(Seat("org:1"))
    assert (room.taken("org:1"), fill(room, "org:1")) == (0, 4)


def test_a_task_that_is_ended_while_it_waits_holds_no_seat(monkeypatch: pytest.MonkeyPatch) -> None:
    room = Seats()
    fill(room, "org:1")

    def ended(wish: object, seconds: float) -> None:
        room.leave(Seat("org:1"))  # the seat is given to this very thread
        raise KeyboardInterrupt

    monkeypatch.setattr(threading.Event, "wait", ended)
    with pytest.raises(KeyboardInterrupt):
        room.take(Seat("org:1"), of=OF, within=60)
    assert room.taken("org:1") == 3


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.001)


@pytest.fixture
def rooms(monkeypatch: pytest.MonkeyPatch) -> Seats:
    room = Seats()
    connection.close()  # what it holds was taken elsewhere
    monkeypatch.setattr(connection_seats, "seats", room)
    monkeypatch.setattr(connection_seats, "TASK_SECONDS", 0.2)
    monkeypatch.setattr(connection_seats, "REQUEST_SECONDS", 0.2)
    return room


@contextmanager
def holding(org_id: int, count: int) -> Iterator[None]:
    """So many threads that each hold a connection for the organization, until the block ends."""
    leave, held = threading.Event(), threading.Semaphore(0)

    def hold() -> None:
        with released(), tenancy.tenant(org_id):
            held.release()
            leave.wait(60)

    with ThreadPoolExecutor(count) as pool:
        waiting = [pool.submit(hold) for _ in range(count)]
        try:
            assert all(held.acquire(timeout=30) for _ in range(count))
            yield
        finally:
            leave.set()
        for one in waiting:
            one.result(30)


@pytest.mark.django_db(transaction=True)
def test_a_thread_that_finds_no_seat_holds_no_connection_and_gives_up(acme: Organization, rooms: Seats) -> None:
    connection.close()
    with holding(acme.pk, 4):
        with pytest.raises(Crowded), released(), tenancy.tenant(acme.pk):
            pass
        assert connection.connection is None
        assert rooms.taken(f"org:{acme.pk}") == 4
    assert rooms.taken(f"org:{acme.pk}") == 0


@pytest.mark.django_db(transaction=True)
def test_another_tenant_is_seated_meanwhile(acme: Organization, rival: Organization, rooms: Seats) -> None:
    connection.close()
    with holding(acme.pk, 4), released(), tenancy.tenant(rival.pk):
        assert Organization.objects.filter(pk=rival.pk).exists()
        assert rooms.taken(f"org:{rival.pk}") == 1


@pytest.mark.django_db(transaction=True)
def test_a_look_at_a_run_waits_for_no_seat_since_all_others_would_wait_behind_it(
    acme: Organization, rooms: Seats
) -> None:
    connection.close()
    run = Run(pk=1, org_id=acme.pk)
    with holding(acme.pk, 4):
        assert threads.releasing(group_listener.look_at)(run) is None
    assert rooms.taken(f"org:{acme.pk}") == 0


@pytest.mark.django_db(transaction=True)
def test_a_connection_that_cannot_be_opened_gives_its_seat_back(
    acme: Organization, rooms: Seats, monkeypatch: pytest.MonkeyPatch
) -> None:
    connection.close()

    def fail(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("django.db.backends.postgresql.base.DatabaseWrapper.get_new_connection", fail)
    with pytest.raises(ZeroDivisionError), tenancy.tenant(acme.pk):
        pass
    assert rooms.taken(f"org:{acme.pk}") == 0


@pytest.mark.django_db(transaction=True)
def test_a_key_is_seated_by_its_address_first_and_by_its_organization_afterwards(
    acme: Organization, rooms: Seats
) -> None:
    connection.close()
    visitor = Visitor("a hash", "192.0.2.7")
    with visitors.visiting(visitor), released(), connection.cursor():
        assert rooms.taken("address:192.0.2.7") == 1
    with visitors.visiting(visitor), released(), tenancy.tenant(acme.pk):
        pass
    with visitors.visiting(visitor), released(), connection.cursor():
        assert rooms.taken(f"org:{acme.pk}") == 1


@pytest.mark.django_db(transaction=True)
def test_a_stranger_who_names_somebodys_page_takes_none_of_their_seats(acme: Organization, rooms: Seats) -> None:
    connection.close()
    with visitors.visiting(Visitor("", "192.0.2.8")), released(), connection.cursor():
        assert rooms.taken("address:192.0.2.8") == 1
        assert rooms.taken(f"org:{acme.pk}") == 0


def test_all_addresses_of_one_network_are_one_client() -> None:
    """One customer of a provider has 2^64 of them, and each would find a seat."""
    clients: list[str] = []

    def view(request: HttpRequest) -> HttpResponse:
        visitor = visitors._visitor.get()
        clients.append(visitor.address if visitor else "")
        return HttpResponse("fine")

    for address in ("2001:db8::1", "2001:db8::2:1", "192.0.2.9"):
        RequestMiddleware(view)(RequestFactory().get("/", REMOTE_ADDR=address))
    assert clients == ["2001:db8::", "2001:db8::", "192.0.2.9"]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("path", ["/o/acme/", "/api/v1/runs"])
def test_a_crowded_request_is_asked_to_come_again(acme: Organization, rooms: Seats, path: str) -> None:
    connection.close()
    seen: list[int] = []

    def view(request: HttpRequest) -> HttpResponse:
        with tenancy.tenant(acme.pk):
            seen.append(1)
        return HttpResponse("fine")

    ask = RequestMiddleware(convert_exception_to_response(view))  # as Django puts it around each middleware
    began = time.monotonic()
    with holding(acme.pk, 4):
        answer = ask(RequestFactory().get(path))
    assert (answer.status_code, answer["Retry-After"], seen) == (503, "2", [])
    assert time.monotonic() - began < 30
    assert ask(RequestFactory().get(path)).status_code == 200


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("path", ["/o/acme/", "/api/v1/runs", "/v1/images/generations"])
def test_a_request_that_gets_no_connection_is_asked_to_come_again(
    acme: Organization, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    connection.close()

    def view(request: HttpRequest) -> HttpResponse:
        with tenancy.tenant(acme.pk):
            return HttpResponse("fine")

    def time_out(*_: object, **__: object) -> None:
        raise PoolTimeout("couldn't get a connection after 10.00 sec")

    ask = RequestMiddleware(convert_exception_to_response(view))
    with monkeypatch.context() as away:
        away.setattr(ConnectionPool, "getconn", time_out)
        answer = ask(RequestFactory().get(path))
    assert (answer.status_code, answer["Retry-After"]) == (503, "2")
    assert b"is not answering right now. Try again in a moment." in answer.content
    assert ask(RequestFactory().get(path)).status_code == 200


@pytest.mark.django_db(transaction=True)
def test_a_crowded_request_that_was_answered_is_not_asked_to_come_again(acme: Organization, rooms: Seats) -> None:
    """The gateway answers so for a run that was paid for: an SDK that came again would pay twice."""
    connection.close()

    def view(request: HttpRequest) -> HttpResponse:
        with pytest.raises(Crowded), tenancy.tenant(acme.pk):
            pass
        return HttpResponse("not answered", status=500, headers={"x-should-retry": "false"})

    with holding(acme.pk, 4):
        answer = RequestMiddleware(convert_exception_to_response(view))(RequestFactory().get("/v1/images/generations"))
    assert (answer.status_code, answer.content, answer["x-should-retry"]) == (500, b"not answered", "false")


def test_whoever_has_many_addresses_of_one_network_is_one_visitor() -> None:
    seen: list[str | None] = []

    def view(request: HttpRequest) -> HttpResponse:
        seen.append(visitors.who())
        return HttpResponse("fine")

    for address in ("2001:db8::1", "2001:db8::2", "192.0.2.1"):
        RequestMiddleware(view)(RequestFactory().get("/accounts/login/", REMOTE_ADDR=address))
    assert seen == ["address:2001:db8::", "address:2001:db8::", "address:192.0.2.1"]


def ask(room: Seats, who: str) -> bool:
    try:
        room.take(Seat(who, is_request=True), of=OF, within=0)
    except Crowded:
        return False
    return True


def test_a_tenant_that_is_alone_has_a_fifth_for_its_requests() -> None:
    room = Seats()
    assert [ask(room, "org:1") for _ in range(5)] == [True, True, True, True, False]


def test_beside_others_one_request_of_a_tenant_is_under_way() -> None:
    room = Seats()
    assert ask(room, "org:2")
    assert [ask(room, "org:1") for _ in range(2)] == [True, False]
    room.take(Seat("org:1"), of=OF, within=0)  # a task is no request
    room.leave(Seat("org:1", is_request=True))
    assert [ask(room, "org:1") for _ in range(2)] == [True, False]


def test_a_slow_request_does_not_keep_its_own_tenant_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection_seats, "SLOW_SECONDS", 0.2)
    monkeypatch.setattr(connection_seats, "LATELY_SECONDS", 600.0)
    room = Seats()
    assert ask(room, "org:2")
    assert ask(room, "org:1")
    assert not ask(room, "org:1")
    for _ in range(2):  # each of them comes while the one before is slow
        room.take(Seat("org:1", is_request=True), of=OF, within=60)
    assert room.taken("org:1") == 3
    for _ in range(3):
        room.leave(Seat("org:1", is_request=True))
    assert [ask(room, "org:1") for _ in range(2)] == [True, False]


def test_who_came_long_ago_takes_nothing_from_others(monkeypatch: pytest.MonkeyPatch) -> None:
    room, now = Seats(), time.monotonic()
    assert ask(room, "org:2")
    monkeypatch.setattr(time, "monotonic", lambda: now + connection_seats.LATELY_SECONDS + 1)
    assert [ask(room, "org:1") for _ in range(5)] == [True, True, True, True, False]


def test_a_task_does_not_wait_behind_its_tenants_requests() -> None:
    room = Seats()
    assert ask(room, "org:2")
    assert ask(room, "org:1")
    waiting = threading.Thread(target=lambda: room.take(Seat("org:1", is_request=True), of=OF, within=60), daemon=True)
    waiting.start()
    wait_for(lambda: sum(map(len, room._waiting.values())) == 1)
    room.take(Seat("org:1"), of=OF, within=0)
    room.leave(Seat("org:1", is_request=True))
    waiting.join(60)
    assert room.taken("org:1") == 2


def test_strangers_count_as_others_for_a_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    clock, room = Clock(monkeypatch), Seats()
    be_busy(room, clock, "address:203.0.113.7", 0.1)
    assert [ask(room, "org:1") for _ in range(2)] == [True, False]
    room.leave(Seat("org:1", is_request=True))
    clock.now += 1
    assert [ask(room, "org:1") for _ in range(3)] == [True, True, True], "a stranger slows nobody down for long"
    assert [ask(room, "address:203.0.113.7") for _ in range(2)] == [True, False], "but an organization is there"


def test_who_was_busy_for_long_rests_beside_others(monkeypatch: pytest.MonkeyPatch) -> None:
    clock, room = Clock(monkeypatch), Seats()
    be_busy(room, clock, "org:1", 3.0)
    be_busy(room, clock, "org:2", 0.1)  # who was not busy does not wait
    assert not ask(room, "org:1")
    clock.now += connection_seats.LONGEST_REST_SECONDS - 0.3
    assert not ask(room, "org:1")
    clock.now += 0.3
    be_busy(room, clock, "org:2", 0.0)  # it is still there
    assert ask(room, "org:1"), "half of the time is everybody's"


def test_who_is_alone_does_not_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    clock, room = Clock(monkeypatch), Seats()
    for _ in range(10):
        be_busy(room, clock, "org:1", 3.0)


def test_no_rest_is_long(monkeypatch: pytest.MonkeyPatch) -> None:
    clock, room = Clock(monkeypatch), Seats()
    be_busy(room, clock, "org:1", 600.0)
    be_busy(room, clock, "org:2", 0.0)
    assert not ask(room, "org:1")
    clock.now += connection_seats.LONGEST_REST_SECONDS + 0.01
    be_busy(room, clock, "org:2", 0.0)
    assert ask(room, "org:1")


def test_pages_in_a_row_do_not_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    """A person who clicks as quickly as pages come leaves a moment between them."""
    clock, room = Clock(monkeypatch), Seats()
    for _ in range(200):
        for who in ("org:2", "org:1"):
            be_busy(room, clock, who, 0.05)


def test_a_tenant_that_has_rested_is_woken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection_seats, "BUSY_SECONDS", 0.0)
    monkeypatch.setattr(connection_seats, "LATELY_SECONDS", 600.0)
    room = Seats()
    assert ask(room, "org:2")
    be_rested(room, "org:1")
    time.sleep(0.4)  # so busy it is, and rests for as long
    came: list[float] = []
    waiting = threading.Thread(target=lambda: came.append(be_rested(room, "org:1")), daemon=True)
    room.leave(Seat("org:1", is_request=True))
    left_at = time.monotonic()
    waiting.start()
    waiting.join(60)
    assert came[0] - left_at > 0.3


class Clock:
    """A time that passes when it is told to."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = time.monotonic()
        monkeypatch.setattr(time, "monotonic", lambda: self.now)


def be_busy(room: Seats, clock: Clock, who: str, seconds: float) -> None:
    room.take(Seat(who, is_request=True), of=OF, within=0)
    clock.now += seconds
    room.leave(Seat(who, is_request=True))


def be_rested(room: Seats, who: str) -> float:
    """Wait for a seat. Return when it came."""
    room.take(Seat(who, is_request=True), of=OF, within=60)
    return time.monotonic()
