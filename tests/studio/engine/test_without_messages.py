"""The queue takes no messages: what is due is served by a worker's own look at the tables."""

import threading
from collections.abc import Iterator
from datetime import date
from typing import NoReturn

import dramatiq
import pytest
from django.core import mail
from django.db import transaction

from accounts import mail_outbox
from accounts.models import DeliveryState, DeliveryTicket, Mail, Organization, User, WebhookEvent
from accounts.webhooks import delivery, endpoints
from billing import export_tickets, tasks
from billing.models import Export, ExportState, ExportTicket, Format
from billing.spans import OWN, Span
from billing.usage import Scope
from saas.database import tenancy
from saas.queue import broker, lanes
from studio.engine import caretaker, make_composites, without_messages
from studio.prompt import rewrite_worker
from tests.conftest import must_be_member
from tests.support.fake_provider import Upstream
from tests.support.ledger_entries import entry
from tests.support.webhook_listener import deliveries_of, ear, status

__all__ = ["ear", "status"]

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _queue_is_full(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    def refuse(*_: object, **__: object) -> NoReturn:
        raise ConnectionError("no messages")

    with monkeypatch.context() as patch:
        for actor in (mail_outbox.deliver, delivery.deliver_webhook, tasks.make_export):
            patch.setattr(actor, "send", refuse)
        patch.setattr(dramatiq.get_broker(), "enqueue", refuse)
        patch.setattr(lanes, "served", lambda: {lanes.PICTURES, *lanes.THREADS})
        without_messages.start()
        yield
        without_messages.stop()
        without_messages.wait()
    broker._refusing.clear()


def served() -> None:
    """As the caretaker does each second, until nothing is begun any more."""
    caretaker.serve_without_queue()
    without_messages.wait()


def test_all_that_waits_in_a_table_is_served() -> None:
    lane = {lane.lane: lane.serve_next for lane in without_messages.LANES}
    assert set(lane) == {lanes.PICTURES, *lanes.THREADS} - {lanes.CHECKS, lanes.UPKEEP}
    assert (lane[lanes.WORDS], lane[lanes.COMPOSITES]) == (rewrite_worker.make_next, make_composites.make_next)


def test_mails_go_out() -> None:
    for number in range(20):
        mail_outbox.send(subject="x", body="x", to=[f"person{number}@example.com"])
    assert mail.outbox == []
    served()
    assert sorted(one.to[0] for one in mail.outbox) == sorted(f"person{number}@example.com" for number in range(20))
    assert not Mail.objects.exists()


def test_webhooks_are_told(acme: Organization, alice: User, ear: Upstream) -> None:
    with tenancy.tenant(acme.pk):
        endpoints.add(by=must_be_member(acme, alice), url=f"{ear.url}/hook", events=["run.failed"])
        delivery.announce(acme.pk, WebhookEvent.RUN_FAILED, {"run": "x"})
    served()
    assert [one.state for one in deliveries_of(acme)] == [DeliveryState.DELIVERED]
    assert len(ear.seen) == 1
    assert not DeliveryTicket.objects.exists()


def request_export(org: Organization, by: User) -> Export:
    scope = Scope(org, Span(OWN, date(2026, 11, 1), date(2026, 11, 30)), is_play=False, only={}, user_id=None)
    with tenancy.tenant(org.pk):
        return tasks.request_export(scope=scope, what="ledger", form=Format.CSV, by=must_be_member(org, by))


def state_of(export: Export) -> str:
    with tenancy.tenant(export.org_id):
        return Export.objects.get(pk=export.pk).state


def test_exports_are_made(acme: Organization, alice: User) -> None:
    entry(acme, alice, date(2026, 11, 1), 210_700)
    export = request_export(acme, alice)
    assert (state_of(export), export_tickets.count_due()) == (ExportState.MAKING, 1)
    served()
    assert state_of(export) == ExportState.READY
    assert not ExportTicket.objects.exists()


def test_an_export_that_takes_its_worker_along_each_time_fails_at_last(
    acme: Organization, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    export = request_export(acme, alice)
    for _ in range(tasks.MOST_TRIES):
        assert export_tickets.begin(export.code, seconds=0) > 0  # its worker is killed
    assert tasks.make_next_export()
    assert state_of(export) == ExportState.FAILED
    assert not ExportTicket.objects.exists()


def test_an_export_that_only_waits_does_not_fail(acme: Organization, alice: User) -> None:
    export = request_export(acme, alice)
    for _ in range(2 * tasks.MOST_TRIES):
        export_tickets.put_off(export.code, 0)
        assert export_tickets.claim(seconds=0) is not None  # no place is free
    assert tasks.make_next_export()
    assert state_of(export) == ExportState.READY


def test_a_lost_message_of_an_export_is_sent_again(
    acme: Organization, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[tuple[object, ...]] = []
    monkeypatch.setattr(tasks.make_export, "send", lambda *arguments: sent.append(arguments))
    export = request_export(acme, alice)
    assert tasks.call_due() == 0, "its message is on its way"
    export_tickets.put_off(export.code, 0)
    assert tasks.call_due() == 1
    assert tasks.call_due() == 0
    assert sent == [(acme.pk, str(export.code))] * 2
    assert export_tickets.count_due() == 0


def test_what_is_refused_is_known_until_something_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not broker.is_refusing()
    with transaction.atomic():
        broker.enqueue(mail_outbox.deliver)
        assert not broker.is_refusing()
    assert broker.is_refusing()
    monkeypatch.setattr(mail_outbox.deliver, "send", lambda: None)
    assert broker.call(mail_outbox.deliver)
    assert not broker.is_refusing()


def test_a_lane_that_this_process_does_not_serve_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lanes, "served", lambda: {lanes.PICTURES})
    mail_outbox.send(subject="x", body="x", to=["ada@example.com"])
    served()
    assert (len(mail.outbox), Mail.objects.count()) == (0, 1)


def test_no_more_threads_than_the_lane_has_serve_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    may_end, begun = threading.Event(), threading.Semaphore(0)

    def hang() -> bool:
        begun.release()
        may_end.wait(30)
        return False

    lane = without_messages.Lane(lanes.MAIL, lambda: 100, hang)
    monkeypatch.setattr(without_messages, "LANES", (lane,))
    broker._refusing.set()
    for _ in range(3):
        caretaker.serve_without_queue()
    for _ in range(lanes.THREADS[lanes.MAIL]):
        assert begun.acquire(timeout=30)
    assert without_messages._serving[lanes.MAIL] == lanes.THREADS[lanes.MAIL]
    may_end.set()
    without_messages.wait()
    assert without_messages._serving[lanes.MAIL] == 0
