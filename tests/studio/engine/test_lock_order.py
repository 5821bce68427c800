"""Whoever moves money locks tickets, slots, the run, holds and at last counters, these in an order of their own. Two
who meet wait for each other's commit, and never for each other."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

import pytest
from django.db import connection

from accounts.models import Counter, Hold, Organization, Subject, User
from saas.database import tenancy
from studio.engine import try_again, worker
from studio.models import Run, Slot
from studio.providers.outcomes import ProviderError
from studio.runs import retry_slot, stop_run
from tests.conftest import must_be_member
from tests.studio.engine.test_worker import slots, submit
from tests.support.snapshot import wait_until_waiting

pytestmark = pytest.mark.django_db(transaction=True)
PATIENCE_SECONDS = 20


def in_thread(pool: ThreadPoolExecutor, act: Callable[[], object]) -> Future[None]:
    def run() -> None:
        try:
            act()
        finally:
            connection.close()

    return pool.submit(run)


def try_slot_again(org: Organization, slot: Slot, by: User) -> None:
    with tenancy.tenant(org.pk):
        found = Slot.objects.select_related("run__connection", "run__org").get(pk=slot.pk)
        retry_slot.retry(slot=found, by=must_be_member(org, by))


def fail_next(code: str = "invalid_key") -> None:
    job = worker.begin()
    assert job is not None
    try_again.handle_failure(job, ProviderError(code))


def test_stopping_what_two_have_paid_for_and_a_run_of_one_of_them(acme: Organization, alice: User, bob: User) -> None:
    """A picture of Bob's run is tried again by Alice, who pays for it: two people's counters in one stop."""
    run = submit(acme, bob, n=2)
    fail_next()
    try_slot_again(acme, slots(run)[0], alice)
    with ThreadPoolExecutor(2) as pool:
        with tenancy.tenant(acme.pk):
            list(Counter.objects.select_for_update().filter(subject=Subject.ORGANIZATION))
            stopping = in_thread(pool, lambda: stop(acme, run, bob))
            wait_until_waiting(1)
            asking = in_thread(pool, lambda: submit(acme, bob))
            wait_until_waiting(2)
        stopping.result(PATIENCE_SECONDS)
        asking.result(PATIENCE_SECONDS)
    with tenancy.tenant(acme.pk):
        held = Hold.objects.order_by("pk").values_list("user__email", "state")
        assert list(held) == [
            ("bob@example.com", "released"),
            ("bob@example.com", "released"),
            ("alice@example.com", "released"),
            ("bob@example.com", "open"),
        ]
        assert {counter.held_images for counter in Counter.objects.filter(subject_id=bob.pk, subject="member")} == {1}
        assert {counter.held_images for counter in Counter.objects.filter(subject_id=alice.pk, subject="member")} == {0}


def stop(org: Organization, run: Run, by: User) -> None:
    with tenancy.tenant(org.pk):
        stop_run.cancel(run=Run.objects.get(pk=run.pk), by=must_be_member(org, by))
