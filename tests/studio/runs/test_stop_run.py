"""Stop acts within two seconds, whatever the provider does; and it never meets a late picture in a deadlock."""

import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest
from django.db import connection as database

from accounts.models import Organization, User
from saas.database import tenancy
from studio.engine import caretaker, lost_workers, take_frames
from studio.engine import worker as engine_worker
from studio.engine.job import Lost
from studio.models import Charged, Run, RunEvent, Slot, State, Ticket
from studio.providers.answers import Final
from studio.runs import retry_slot, stop_run
from tests.conftest import must_be_member
from tests.studio.engine.test_worker import events, slots, state, submit, up
from tests.support.fake_provider import Exchange, Upstream, completed, pictures, png

pytestmark = pytest.mark.django_db(transaction=True)
__all__ = ["up"]


@pytest.fixture
def looked_after() -> Iterator[None]:
    caretaker.start()
    yield
    caretaker.stop()


def in_thread(act: Callable[[], object]) -> threading.Thread:
    def run() -> None:
        try:
            act()
        finally:
            database.close()

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def stop(run: Run, by: User) -> None:
    with tenancy.tenant(run.org_id):
        stop_run.cancel(run=Run.objects.get(pk=run.pk), by=must_be_member(run.org, by))


def wait_until(is_so: Callable[[], object]) -> None:
    for _ in range(100):
        if is_so():
            return
        time.sleep(0.05)
    pytest.fail("it never came")


def silent(exchange: Exchange) -> None:
    exchange.wait(20)


def silent_after_the_head(exchange: Exchange) -> None:
    exchange.begin()
    exchange.wait(20)


@pytest.mark.parametrize("script", [silent, silent_after_the_head])
def test_a_provider_that_says_nothing_is_left_soon(
    script: Callable[[Exchange], None], acme: Organization, alice: User, up: Upstream, looked_after: None
) -> None:
    up.script = script
    run = submit(acme, alice, partial_images=0)
    worker = in_thread(engine_worker.develop_next)
    wait_until(lambda: up.seen)
    pressed = time.monotonic()
    stop(run, alice)
    worker.join(10)
    assert time.monotonic() - pressed < 8  # the provider would have held it for twenty
    (slot,) = slots(run)
    assert (slot.state, slot.error_code, slot.charged) == ("cancelled", "stopped_late", Charged.PERHAPS)
    assert (state(run), Ticket.objects.count()) == (State.CANCELLED, 0)


def test_stopping_one_run_calls_off_no_other(acme: Organization, alice: User, up: Upstream, looked_after: None) -> None:
    def slow(exchange: Exchange) -> None:
        exchange.wait(2.5)
        pictures(completed(png()))(exchange)

    up.script = slow
    stopped, other = submit(acme, alice), submit(acme, alice)
    workers = [in_thread(engine_worker.develop_next) for _ in range(2)]
    wait_until(lambda: len(up.seen) == 2)
    stop(stopped, alice)
    for worker in workers:
        worker.join(10)
    assert (state(stopped), state(other)) == (State.CANCELLED, State.SUCCEEDED)


def test_a_refused_stop_changes_nothing(acme: Organization, alice: User, up: Upstream) -> None:
    run = submit(acme, alice, n=2)
    with tenancy.tenant(acme.pk):
        Run.objects.filter(pk=run.pk).update(state=State.SUCCEEDED)
        with pytest.raises(stop_run.NothingToStop):
            stop_run.cancel(run=run, by=must_be_member(acme, alice))
    assert (Ticket.objects.filter(worker=None, is_stopping=False).count(), events(run)) == (2, ["queued"])


def test_a_slot_that_ended_meanwhile_is_let_go_at_once(acme: Organization, alice: User, up: Upstream) -> None:
    """Else its ticket would count against the limits until the lease ends."""
    submit(acme, alice)
    job = engine_worker.begin()
    assert job is not None
    with tenancy.tenant(acme.pk):
        Slot.objects.filter(pk=job.slot.pk).update(state=State.SUCCEEDED)
    with pytest.raises(Lost):
        engine_worker.note_sent(job)
    engine_worker.let_go(job)
    assert (Ticket.objects.count(), up.seen) == (0, [])


def meeting(gate: threading.Barrier, failed: list[Exception], act: Callable[[], object]) -> None:
    gate.wait()
    try:
        act()
    except Exception as error:
        failed.append(error)


def test_a_stop_and_a_late_picture_do_not_wait_for_each_other(
    acme: Organization, alice: User, up: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The late picture locks its slot and then the run. Slowed down, so that the two meet in the middle each time."""
    monkeypatch.setattr("studio.engine.job.KEEP_WAITS_SECONDS", ())
    add_event = Run.add_event

    def slowly(run: Run, *told: Any) -> RunEvent:
        time.sleep(0.02)
        return add_event(run, *told)

    for _ in range(6):
        run = submit(acme, alice, n=3)
        late = engine_worker.begin()
        assert late is not None
        engine_worker.note_sent(late)
        Ticket.objects.exclude(worker=None).update(lease_until="2020-01-01T00:00:00Z")
        lost_workers.sweep()
        with tenancy.tenant(acme.pk):
            slot = Slot.objects.select_related("run__connection").get(pk=late.slot.pk)
            retry_slot.retry(slot=slot, by=must_be_member(acme, alice))
        failed: list[Exception] = []
        meet = partial(meeting, threading.Barrier(2), failed)
        monkeypatch.setattr(Run, "add_event", slowly)
        threads = [
            in_thread(partial(meet, partial(stop, run, alice))),
            in_thread(partial(meet, partial(take_frames.take_final, late, Final(png())))),
        ]
        for thread in threads:
            thread.join(20)
        monkeypatch.setattr(Run, "add_event", add_event)
        assert failed == []
        assert slots(run)[late.slot.index].state == State.SUCCEEDED
        assert [slot.state for slot in slots(run) if slot.index != late.slot.index] == [State.CANCELLED] * 2
        assert state(run) == State.SUCCEEDED
