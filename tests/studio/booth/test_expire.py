"""What guests were promised: photos and pictures go when their time is over, and at once when their guest says so."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.test import Client
from django.utils import timezone

from accounts.models import Hold, HoldState, Organization
from saas.database import tenancy
from studio.booth import expire
from studio.models import Capture, CaptureTicket, Event, Input, Output, Partial, Retention, Run, RunInput, Slot, State
from tests.studio.booth.conftest import NewEvent, captured, finish, guest, stored

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _own_media(settings: LazySettings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = str(tmp_path)


def files(settings: LazySettings) -> int:
    return sum(path.is_file() for path in Path(settings.MEDIA_ROOT).rglob("*"))


def age(capture: Capture, **by: int) -> None:
    with tenancy.tenant(capture.org_id):
        Capture.objects.filter(pk=capture.pk).update(created_at=timezone.now() - timedelta(**by))
    CaptureTicket.objects.update(due_at=timezone.now())


def test_a_guest_deletes_the_photo_and_the_pictures_everywhere(
    party: Event, acme: Organization, settings: LazySettings
) -> None:
    capture = captured(party)
    output = finish(capture)
    address = guest(capture)
    assert Client().get(f"{address}{output.code}/original/").status_code == 200
    assert files(settings) > 0
    answer = Client().post(f"{address}delete/")
    assert (answer.status_code, "Deleted" in answer.content.decode()) == (200, True)
    for path in ("", "state", f"{output.code}/original/"):
        assert Client().get(f"{address}{path}").status_code == 404
    assert expire.sweep() == 1
    assert files(settings) == 0
    with tenancy.tenant(acme.pk):
        assert (Input.objects.count(), RunInput.objects.count(), Partial.objects.count()) == (0, 0, 0)
        assert Output.objects.get().purged_at is not None
        assert Hold.objects.count() == 1
    assert stored(party).purged_at is not None


def test_consent_withdrawn_before_anything_is_sent_costs_nothing(party: Event, acme: Organization) -> None:
    capture = captured(party)
    Client().post(f"{guest(capture)}delete/")
    with tenancy.tenant(acme.pk):
        assert Run.objects.get().state == State.CANCELLED
        assert Hold.objects.get().state == HoldState.RELEASED


def test_consent_withdrawn_while_it_develops_deletes_what_still_comes(
    party: Event, acme: Organization, settings: LazySettings
) -> None:
    capture = captured(party)
    with tenancy.tenant(acme.pk):
        Slot.objects.update(state=State.RUNNING, sent_at=timezone.now())
        Run.objects.update(state=State.RUNNING)
        from studio.models import Ticket

        Ticket.objects.update(worker=capture.code, lease_until=timezone.now() + timedelta(minutes=1))
    Client().post(f"{guest(capture)}delete/")
    assert expire.sweep() == 1
    assert stored(party).purged_at is None  # a worker still holds it
    finish(capture)
    assert files(settings) > 0
    CaptureTicket.objects.update(due_at=timezone.now())
    assert expire.sweep() == 1
    assert files(settings) == 0
    assert Client().get(guest(capture)).status_code == 404


def test_a_photo_goes_when_its_pictures_are_finished(party: Event, acme: Organization) -> None:
    capture = captured(party)
    expire.sweep()
    assert stored(party).input is not None  # it is still needed
    output = finish(capture)
    CaptureTicket.objects.update(due_at=timezone.now())
    expire.sweep()
    now = stored(party)
    assert (now.input, now.photo_deleted_at is not None, now.deleted_at) == (None, True, None)
    assert Client().get(f"{guest(capture)}{output.code}/original/").status_code == 200


def test_pictures_go_when_their_days_are_over(new_event: NewEvent, settings: LazySettings) -> None:
    event = new_event(result_days=7)
    capture = captured(event)
    finish(capture)
    age(capture, days=6)
    expire.sweep()
    assert Client().get(guest(capture)).status_code == 200
    age(capture, days=7, seconds=1)
    assert Client().get(guest(capture)).status_code == 404  # before any sweep
    expire.sweep()
    assert files(settings) == 0


def test_a_legal_hold_closes_the_door_and_keeps_the_files(
    party: Event, acme: Organization, settings: LazySettings
) -> None:
    capture = captured(party)
    finish(capture)
    before = files(settings)
    with tenancy.tenant(acme.pk):
        Retention.objects.create(org=acme, held_at=timezone.now(), hold_reason="A lawsuit")
    Client().post(f"{guest(capture)}delete/")
    expire.sweep()
    assert files(settings) == before
    assert Client().get(guest(capture)).status_code == 404
    with tenancy.tenant(acme.pk):
        Retention.objects.all().delete()
    CaptureTicket.objects.update(due_at=timezone.now())
    expire.sweep()
    assert files(settings) == 0
