"""/readyz says when pictures wait that could be made and no worker begins one, and not when a line is merely long."""

from datetime import timedelta

import pytest
from django.db.models import F

from accounts.models import Organization, User
from saas.ops import heartbeat, metrics
from saas.storage.redis_cache import counters
from studio.engine import caretaker, worker
from studio.models import Ticket
from studio.queue import standstill
from tests.studio.engine.test_worker import submit, up

__all__ = ["up"]
pytestmark = pytest.mark.django_db


@pytest.fixture
def waiting(acme: Organization, alice: User, up: object) -> None:
    """For an hour, and a worker lives."""
    submit(acme, alice)
    Ticket.objects.update(not_before=F("not_before") - timedelta(hours=1))
    heartbeat._has_worked.clear()
    heartbeat.beat()


def test_nothing_that_waits_is_no_standstill(db: None) -> None:
    heartbeat.beat()
    assert standstill.oldest_seconds() == 0
    standstill.refuse()


@pytest.mark.usefixtures("waiting")
def test_what_waits_while_workers_live_and_none_begins_anything_is_one() -> None:
    assert 3600 <= standstill.oldest_seconds() < 4000
    with pytest.raises(standstill.StandsStill):
        standstill.refuse()
    caretaker.measure()
    assert metrics.LINE_OLDEST_SECONDS._value.get() >= 3600


@pytest.mark.usefixtures("waiting")
def test_without_any_worker_it_is_the_worker_that_is_missing() -> None:
    counters.delete(heartbeat.KEY)
    standstill.refuse()


@pytest.mark.usefixtures("waiting")
def test_a_long_line_that_moves_is_none(acme: Organization, alice: User) -> None:
    submit(acme, alice)
    Ticket.objects.update(not_before=F("not_before") - timedelta(hours=1))
    assert worker.begin() is not None
    heartbeat.beat()
    assert standstill.oldest_seconds() >= 3600
    standstill.refuse()


@pytest.mark.usefixtures("waiting")
@pytest.mark.parametrize("changed", [{"org_limit": 0}, {"connection_limit": 0}])
def test_what_may_not_be_made_now_does_not_wait_for_workers(changed: dict[str, int]) -> None:
    Ticket.objects.update(**changed)
    assert standstill.oldest_seconds() == 0
