"""Large bodies and archives pass as fast as they come, and while others use Darkroom, at a bounded speed."""

import time

import pytest

from saas.fairness import bandwidth, connection_seats
from saas.fairness.bandwidth import BYTES_A_SECOND, LONGEST_SECONDS, Pace
from saas.fairness.connection_seats import Seat, Seats

PIECE = 64 * 1024


@pytest.fixture
def room(monkeypatch: pytest.MonkeyPatch) -> Seats:
    found, now = Seats(), time.monotonic()
    monkeypatch.setattr(connection_seats, "seats", found)
    monkeypatch.setattr(time, "monotonic", lambda: now)
    return found


def paused(pace: Pace, tenant: str, count: int) -> float:
    return max(pace.pause(tenant, PIECE) for _ in range(count))


def test_who_is_alone_is_read_without_a_pause(room: Seats) -> None:
    room.take(Seat("org:1", is_request=True), of=20, within=0)
    assert paused(Pace(), "org:1", 1000) == 0


def test_beside_others_a_tenant_has_a_bounded_speed(room: Seats) -> None:
    room.take(Seat("org:2", is_request=True), of=20, within=0)
    pace = Pace()
    assert paused(pace, "org:1", 1) == 0, "what is small is never held up"
    assert pace.pause("org:1", PIECE * 9) == pytest.approx(PIECE * 10 / BYTES_A_SECOND)
    assert paused(pace, "org:1", 1000) == LONGEST_SECONDS
    assert paused(pace, "org:3", 1) == 0, "each has a speed of its own"


def test_it_forgets_the_oldest(room: Seats, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bandwidth, "MOST_REMEMBERED", 3)
    room.take(Seat("org:2", is_request=True), of=20, within=0)
    pace = Pace()
    for number in range(10):
        pace.pause(f"org:{number}", PIECE)
    assert list(pace._paid_until) == ["org:7", "org:8", "org:9"]
