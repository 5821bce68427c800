"""What a kiosk sends becomes a run within the event's budget, once, or is refused with nothing changed."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import Counter, Hold, Organization, User
from saas.database import tenancy
from studio.models import Capture, Event, Input, Run, Slot, Visibility
from tests.studio.booth.conftest import NewEvent, captured, form, guest, kiosk, send, stored

pytestmark = pytest.mark.django_db


def counts(org: Organization) -> tuple[int, int, int, int]:
    with tenancy.tenant(org.pk):
        return (Capture.objects.count(), Run.objects.count(), Input.objects.count(), Hold.objects.count())


def test_a_capture_is_a_run_of_the_events_maker_within_its_budget(party: Event, acme: Organization, adam: User) -> None:
    answer = send(party, styles=[str(code) for code in party.styles[:2]])
    told = answer.json()
    assert answer.status_code == 201
    assert set(told) == {"code", "link", "qr"}
    capture = stored(party)
    assert capture.short_code == told["code"]
    assert (capture.people, capture.is_of_age, str(capture.consent)) == (1, True, "en-1")
    assert told["link"] == f"http://testserver{guest(capture)}"
    assert told["qr"].startswith("<svg ")
    with tenancy.tenant(acme.pk):
        run = Run.objects.get()
        assert (run.maker, run.project, run.visibility) == (adam, "Summer party", Visibility.PRIVATE)
        assert [style["id"] for style in run.asked["styles"]] == [str(code) for code in party.styles[:2]]
        held = Hold.objects.filter(budget=party.budget_id)
        assert held.count() == Slot.objects.count() == 2
        counter = Counter.objects.get(subject="budget", subject_id=party.budget_id)
        assert counter.period == "ever"
        assert counter.held_micros == sum(held.values_list("micros", flat=True)) > 0
        assert counter.allowed_micros == 5_000_000
        of_org = Counter.objects.get(subject="organization", period="month", is_play=counter.is_play)
        assert of_org.held_micros == counter.held_micros


def test_a_capture_that_is_sent_twice_is_the_same_one(party: Event, acme: Organization) -> None:
    first, again = send(party).json(), send(party).json()
    assert first == again
    assert counts(acme) == (1, 1, 1, 1)


@pytest.mark.parametrize(
    ("changed", "code", "field"),
    [
        ({"photo": None}, "invalid", "photo"),
        ({"key": "x"}, "invalid", "key"),
        ({"guest": "../../x"}, "invalid", "guest"),
        ({"people": "0"}, "invalid", "people"),
        ({"people": "many"}, "invalid", "people"),
        ({"styles": []}, "invalid", "styles"),
        ({"styles": ["knitted"]}, "invalid", "styles"),
        ({"consent": ""}, "no_consent", "consent"),
        ({"consent": "en-2"}, "no_consent", "consent"),
        ({"consent": "fr-1"}, "no_consent", "consent"),
        ({"of_age": None}, "no_consent", "of_age"),
    ],
)
def test_what_is_missing_is_refused_by_its_field(
    changed: dict[str, Any], code: str, field: str, party: Event, acme: Organization
) -> None:
    answer = send(party, **changed)
    error = answer.json()["error"]
    assert (answer.status_code, error["code"], list(error["fields"])) == (422, code, [field])
    assert counts(acme) == (0, 0, 0, 0)


def test_a_form_without_script_gets_a_page(party: Event) -> None:
    headers = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
    done = Client().post(f"{kiosk(party)}captures", form(party), headers=headers)
    body = done.content.decode()
    assert (done.status_code, "<svg " in body, stored(party).short_code in body) == (201, True, True)
    refused = Client().post(f"{kiosk(party)}captures", form(party, "capture-2", of_age=None), headers=headers)
    assert (refused.status_code, "old enough" in refused.content.decode()) == (422, True)


def test_what_is_no_picture_is_refused_in_words(party: Event, acme: Organization) -> None:
    from django.core.files.uploadedfile import SimpleUploadedFile

    answer = send(party, photo=SimpleUploadedFile("me.jpg", b"<svg onload=alert(1)>", "image/jpeg"))
    assert (answer.status_code, list(answer.json()["error"]["fields"])) == (422, ["photo"])
    assert counts(acme) == (0, 0, 0, 0)


@pytest.mark.parametrize("end", ["ended", "over", "paused", "not_started"])
def test_an_event_that_is_not_open_takes_nothing(end: str, party: Event, acme: Organization) -> None:
    now = timezone.now()
    values: dict[str, Any] = {
        "ended": {"ended_at": now},
        "over": {"starts_at": now - timedelta(hours=2), "ends_at": now - timedelta(hours=1)},
        "paused": {"paused_at": now},
        "not_started": {"starts_at": now + timedelta(hours=1)},
    }[end]
    with tenancy.tenant(acme.pk):
        Event.objects.update(**values)
    answer = send(party)
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "ended" if end == "over" else end)
    assert counts(acme) == (0, 0, 0, 0)


def test_a_guest_has_a_number_of_captures(new_event: NewEvent, acme: Organization) -> None:
    event = new_event(captures_per_guest=2)
    for number in range(2):
        captured(event, f"capture-{number}", guest="the-same-guest")
    refused = send(event, "capture-3", guest="the-same-guest")
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "guest_limit")
    assert counts(acme)[0] == 2
    captured(event, "capture-4", guest="another-guest")


def test_a_budget_that_is_used_up_refuses_and_changes_nothing(new_event: NewEvent, acme: Organization) -> None:
    event = new_event(budget_micros=1)
    answer = send(event)
    assert (answer.status_code, answer.json()["error"]) == (
        409,
        {"code": "budget_used", "message": "All pictures of this event have been made.", "fields": {}},
    )
    assert counts(acme) == (0, 0, 0, 0)
    with tenancy.tenant(acme.pk):
        assert Counter.objects.filter(held_micros__gt=0).count() == 0


def test_the_organizations_limits_count_too(party: Event, acme: Organization, alice: User) -> None:
    from accounts.limits import rules
    from accounts.models import Quota, Subject
    from tests.conftest import must_be_member

    with tenancy.tenant(acme.pk):
        rules.change(
            org=acme,
            by=must_be_member(acme, alice),
            quota=Quota(org=acme, subject=Subject.ORGANIZATION),
            values={"images_day": 0},
        )
    answer = send(party)
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "limit")
    assert "Acme" not in json.dumps(answer.json())
    assert counts(acme) == (0, 0, 0, 0)


def test_a_kiosk_with_another_link_takes_nothing(party: Event, acme: Organization) -> None:
    for token in ("x", "db_x", kiosk(party).split("/")[2][:-1] + "0"):
        answer = Client().post(f"/b/{token}/captures", form(party))
        assert (answer.status_code, answer.json()["error"]["code"]) == (404, "closed")
    assert counts(acme) == (0, 0, 0, 0)
