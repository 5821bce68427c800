"""What staff and admins do with an event."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.limits import budgets
from accounts.models import Counter, Hold, HoldState, Organization, User
from saas.database import tenancy
from studio.models import Consent, Event, Run, State
from tests.conftest import SignIn, actions
from tests.studio.booth.conftest import PIN, NewEvent, captured, finish, send, stored

pytestmark = pytest.mark.django_db


def posted(event: Event, **changed: Any) -> dict[str, Any]:
    return {
        "name": "Winter party",
        "starts_at": "2026-12-01T09:00",
        "ends_at": "2026-12-31T23:00",
        "styles": [str(event.styles[0])],
        "size": "1024x1536",
        "quality": "low",
        "budget": "20",
        "captures_per_guest": "3",
        "photo_days": "0",
        "result_days": "30",
        "moderation": "wall",
        "language": "en",
        "consent": "We take a photo.",
        "asks_age": "on",
        "pin": PIN,
        **changed,
    }


def test_an_admin_makes_an_event(party: Event, acme: Organization, alice: User, sign_in: SignIn) -> None:
    client = sign_in(alice)
    assert client.get("/o/acme/booth/events/new/").status_code == 200
    answer = client.post("/o/acme/booth/events/new/", posted(party))
    with tenancy.tenant(acme.pk):
        made = Event.objects.select_related("budget", "maker").get(name="Winter party")
        assert answer["Location"] == f"/o/acme/booth/events/{made.code}/"
        assert (made.budget.micros, made.maker, str(made.consents.get())) == (20_000_000, alice, "en-1")
        assert PIN not in made.pin
    assert "/b/db_" in client.get(answer["Location"]).content.decode()
    assert actions(acme)[-1] == "event.made"


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"ends_at": "2026-11-01T09:00"}, "The event must end after it starts."),
        ({"pin": "12"}, "Enter a valid value."),
        ({"consent": " "}, "This field is required."),
        ({"colour": "red;"}, "Enter a valid value."),
        ({"budget": "much"}, "Enter an amount in dollars"),
    ],
)
def test_an_event_that_is_wrong_is_not_made(
    changed: dict[str, Any], sentence: str, party: Event, acme: Organization, alice: User, sign_in: SignIn
) -> None:
    answer = sign_in(alice).post("/o/acme/booth/events/new/", posted(party, **changed))
    assert (answer.status_code, sentence in answer.content.decode()) == (422, True)
    with tenancy.tenant(acme.pk):
        assert Event.objects.count() == 1


def test_a_changed_consent_is_another_version(party: Event, acme: Organization, alice: User, sign_in: SignIn) -> None:
    before = captured(party)
    client, address = sign_in(alice), f"/o/acme/booth/events/{party.code}/change/"
    assert client.get(address).status_code == 200
    assert client.post(address, posted(party, consent="Another text.")).status_code == 302
    with tenancy.tenant(acme.pk):
        assert [str(one) for one in Consent.objects.order_by("version")] == ["en-1", "en-2"]
        assert Event.objects.get().name == "Winter party"
    assert actions(acme)[-1] == "event.changed"
    after = captured(party, "capture-2", consent="en-2")
    assert (str(stored(party, before.key).consent), str(after.consent)) == ("en-1", "en-2")


def test_a_member_sees_the_captures_and_not_the_kiosks_link(
    party: Event, acme: Organization, bob: User, sign_in: SignIn
) -> None:
    capture = captured(party)
    finish(capture)
    body = sign_in(bob).get(f"/o/acme/booth/events/{party.code}/").content.decode()
    assert (capture.short_code in body, "/b/db_" in body) == (True, False)
    assert sign_in(bob).get(f"/o/acme/booth/captures/{capture.code}/0/").status_code == 200


def test_strangers_reach_no_capture(party: Event, rival: Organization, charlie: User, sign_in: SignIn) -> None:
    capture = captured(party)
    finish(capture)
    client = sign_in(charlie)
    for path in (f"captures/{capture.code}/0/", f"events/{party.code}/", f"events/{party.code}/facts.csv"):
        assert client.get(f"/o/rival/booth/{path}").status_code == 404
        assert client.get(f"/o/acme/booth/{path}").status_code == 404
    assert client.post(f"/o/rival/booth/captures/{capture.code}/delete/").status_code == 404
    assert stored(party).deleted_at is None


def test_staff_delete_a_capture(party: Event, acme: Organization, bob: User, sign_in: SignIn) -> None:
    capture = captured(party)
    assert sign_in(bob).post(f"/o/acme/booth/captures/{capture.code}/delete/").status_code == 302
    assert stored(party).deleted_at is not None
    assert actions(acme)[-1] == "capture.deleted"


def test_a_pause_holds_the_line(party: Event, acme: Organization, bob: User, sign_in: SignIn) -> None:
    client, address = sign_in(bob), f"/o/acme/booth/events/{party.code}"
    client.post(f"{address}/pause/")
    assert send(party).json()["error"]["code"] == "paused"
    client.post(f"{address}/resume/")
    assert send(party).status_code == 201
    assert actions(acme)[-2:] == ["event.paused", "event.resumed"]


def test_the_queue_is_cleared_with_the_pin(party: Event, acme: Organization, bob: User, sign_in: SignIn) -> None:
    for number in range(3):
        captured(party, f"capture-{number}")
    with tenancy.tenant(acme.pk):
        sent = Run.objects.order_by("pk").first()
        assert sent is not None
        Run.objects.filter(pk=sent.pk).update(state=State.RUNNING)
    client, address = sign_in(bob), f"/o/acme/booth/events/{party.code}/clear/"
    client.post(address, {"pin": "0000"})
    with tenancy.tenant(acme.pk):
        assert Hold.objects.filter(state=HoldState.OPEN).count() == 3
    client.post(address, {"pin": PIN})
    with tenancy.tenant(acme.pk):
        assert Hold.objects.filter(state=HoldState.OPEN).count() == 1
        states = Run.objects.order_by("pk").values_list("state", flat=True)
        assert list(states) == [State.RUNNING, State.CANCELLED, State.CANCELLED]
    assert actions(acme)[-1] == "event.cleared"


def test_a_raised_budget_lets_the_next_guest_in(party: Event, acme: Organization, alice: User, sign_in: SignIn) -> None:
    captured(party)
    client, address = sign_in(alice), f"/o/acme/booth/events/{party.code}/budget/"
    client.post(address, {"budget": "0"})
    assert send(party, "capture-2").json()["error"]["code"] == "budget_used"
    client.post(address, {"budget": "x"})
    client.post(address, {"budget": "9"})
    captured(party, "capture-2")
    with tenancy.tenant(acme.pk):
        counter = Counter.objects.get(subject="budget")
        assert (counter.allowed_micros, counter.spent_micros) == (9_000_000, 0)
    assert actions(acme)[-2:] == ["event.budget_set", "event.budget_set"]


def test_an_event_saves_from_80_percent_on(new_event: NewEvent, acme: Organization) -> None:
    event = new_event(quality="medium", saving_quality="low")
    captured(event, "capture-0")
    with tenancy.tenant(acme.pk):
        each = Hold.objects.get().micros
        budgets.change(event.budget, micros=each * 5)
    runs = [captured(event, f"capture-{number}").run for number in range(1, 5)]
    qualities = [run.asked["quality"] for run in runs if run is not None]
    assert qualities == ["medium", "medium", "medium", "low"]


def test_an_event_ends_for_good_and_guests_keep_their_pages(
    party: Event, acme: Organization, alice: User, sign_in: SignIn
) -> None:
    from django.test import Client

    from tests.studio.booth.conftest import guest

    capture = captured(party)
    sign_in(alice).post(f"/o/acme/booth/events/{party.code}/end/")
    assert send(party, "capture-2").json()["error"]["code"] == "ended"
    assert send(party).status_code == 201  # it was taken before, and is sent again
    assert Client().get(guest(capture)).status_code == 200
    assert actions(acme)[-1] == "event.ended"


def test_the_facts_are_counted_and_written(party: Event, acme: Organization, alice: User, sign_in: SignIn) -> None:
    for number, seconds in enumerate((10, 30)):
        capture = captured(party, f"capture-{number}")
        finish(capture)
        with tenancy.tenant(acme.pk):
            Run.objects.filter(capture=capture).update(ended_at=capture.created_at + timedelta(seconds=seconds))
    client, address = sign_in(alice), f"/o/acme/booth/events/{party.code}/facts"
    body = client.get(f"{address}/").content.decode()
    for said in ("<dt>Captures</dt><dd>2</dd>", "<dt>Pictures</dt><dd>2</dd>", "<dd>20 s</dd>", "<dd>29 s</dd>"):
        assert said in body
    lines = client.get(f"{address}.csv").content.decode().splitlines()
    assert len(lines) == 3
    assert lines[0].startswith("code,captured_at,people,consent,")
    assert ",en-1," in lines[1]
    assert timezone.now().strftime("%Y-%m-%d") in lines[1]
