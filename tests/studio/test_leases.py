"""Leases are renewed whatever the queue, the cache or a disk does."""

import time
from threading import Event

import dramatiq
import pytest
from django.conf import LazySettings

from accounts.models import Organization, User
from studio.engine import caretaker, leases, worker
from studio.models import Ticket
from tests.studio.engine.test_worker import submit, up

__all__ = ["up"]
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.usefixtures("up")
def test_a_queue_that_is_silent_lets_no_lease_run_out(
    acme: Organization, alice: User, settings: LazySettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.LEASE_SECONDS = 1
    submit(acme, alice)
    job = worker.begin()
    assert job is not None
    submit(acme, alice)  # waits, so that the caretaker sends a message
    was_asked, answers = Event(), Event()

    def be_silent(*_: object, **__: object) -> None:
        was_asked.set()
        answers.wait(60)

    monkeypatch.setattr(dramatiq.get_broker(), "enqueue", be_silent)
    with leases.renewing(job.claim):
        caretaker.start()
        try:
            assert was_asked.wait(20)
            ends_at = time.monotonic() + 4 * settings.LEASE_SECONDS
            while time.monotonic() < ends_at:
                assert Ticket.objects.get(pk=job.claim.id).worker == job.claim.token  # a sweeper has not taken it over
                time.sleep(0.1)
        finally:
            answers.set()
            caretaker.stop()
