"""The kiosk's link: it opens its event, and nothing else whatever it is tried on."""

import uuid

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from accounts.models import Organization, User
from saas.database import tenancy
from saas.web.devices import CAMERA, NOTHING
from studio.booth import run_event
from studio.models import Capture, Consent, Event
from tests.conftest import actions, must_be_member
from tests.studio.booth.conftest import PIN, NewEvent, captured, event_of, guest, kiosk, send
from tests.test_access import OF_AN_ORGANIZATION, REST, SAMPLES

pytestmark = pytest.mark.django_db
MARKUP = '"><img src=x onerror=alert(1)>'


def token_of(event: Event) -> str:
    return kiosk(event).split("/")[2]


def test_a_kiosk_shows_its_event_without_a_sign_in(party: Event) -> None:
    page = Client().get(kiosk(party))
    body = page.content.decode()
    assert (page.status_code, "We take a photo of you." in body, "Summer party" in body) == (200, True, True)
    assert page["X-Robots-Tag"] == "noindex, nofollow, noarchive"
    assert page["Cache-Control"] == "private, no-store"
    assert "http://" not in body.replace("http://www.w3.org", "")  # no way out
    assert "/o/acme" not in body


def test_only_the_kiosks_page_may_open_the_camera(party: Event) -> None:
    capture = captured(party)
    assert Client().get(kiosk(party))["Permissions-Policy"] == CAMERA
    for other in (f"{kiosk(party)}wall/", f"{kiosk(party)}state", guest(capture)):
        assert Client().get(other)["Permissions-Policy"] == NOTHING


def test_a_link_that_opens_nothing_leads_nowhere() -> None:
    page = Client().get("/b/db_x/")
    assert page.status_code == 404
    assert "<a " not in page.content.decode()
    assert "Ask the staff." in page.content.decode()


def test_what_people_wrote_is_text(new_event: NewEvent, acme: Organization, alice: User) -> None:
    event = new_event(name=MARKUP, attract=MARKUP, consent=MARKUP)
    capture = captured(event)
    for address in (kiosk(event), f"{kiosk(event)}wall/"):
        assert "<img src=x" not in Client().get(address).content.decode()
    client = Client()
    client.force_login(alice)
    for address in ("", f"{event.code}/", f"{event.code}/change/", f"{event.code}/facts/"):
        page = client.get(f"/o/acme/booth/events/{address}")
        assert (page.status_code, "<img src=x" in page.content.decode()) == (200, False)
    assert capture.run is not None
    assert capture.run.project == MARKUP


def test_the_token_opens_nothing_of_the_organization(party: Event, acme: Organization) -> None:
    token, client = token_of(party), Client()
    client.get(kiosk(party))
    headers = {"Authorization": f"Bearer {token}"}
    for name, row in OF_AN_ORGANIZATION.items():
        url = reverse(name, kwargs={"slug": "acme", **{key: SAMPLES[key] for key in row.kwargs}})
        answer = getattr(client, row.method)(url, headers=headers)
        assert (answer.status_code, answer["Location"][:16]) == (302, "/accounts/login/"), name
    for name, path in REST.items():
        answer = client.get(f"/api/v1/{path.format(code=uuid.uuid4())}", headers=headers)
        assert answer.status_code in {401, 405}, name
    for path in ("/v1/models", "/v1/files/file-1"):
        assert client.get(path, headers=headers).status_code == 401
    for path in (f"/s/{token}/", f"/g/{token}/", f"/invitations/{token}/"):
        assert client.get(path).status_code in {404, 410}, path
    with tenancy.tenant(acme.pk):
        assert Capture.objects.count() == 0


def test_a_kiosk_has_few_doors() -> None:
    found = {pattern.name for pattern in _below(get_resolver().url_patterns) if str(pattern.pattern).startswith("b/<")}
    assert found == {
        "kiosk",
        "take_capture",
        "kiosk_state",
        "leave_kiosk",
        "wall",
        "wall_file",
        "event_picture",
        "kiosk_style_sample",
    }


def _below(patterns: list[URLPattern | URLResolver]) -> list[URLPattern]:
    found = []
    for one in patterns:
        found += _below(one.url_patterns) if isinstance(one, URLResolver) else [one]
    return found


def test_another_link_closes_the_one_before(party: Event, acme: Organization, adam: User) -> None:
    before = kiosk(party)
    with tenancy.tenant(acme.pk):
        run_event.replace_link(by=must_be_member(acme, adam), event=party)
        now = Event.objects.get()
    assert actions(acme)[-1] == "event.link_replaced"
    assert Client().get(before).status_code == 404
    assert Client().get(kiosk(now)).status_code == 200


@pytest.mark.parametrize("column", ["suspended_at", "deleted_at"])
def test_the_kiosk_of_a_closed_organization_is_closed(column: str, party: Event, acme: Organization) -> None:
    from django.utils import timezone

    with tenancy.tenant(acme.pk):
        Organization.objects.filter(pk=acme.pk).update(**{column: timezone.now()})
    assert Client().get(kiosk(party)).status_code == 404
    assert send(party).status_code == 404


def test_a_pin_is_tried_a_few_times(party: Event) -> None:
    client, address = Client(), f"{kiosk(party)}leave"
    assert client.post(address, {"pin": PIN}).status_code == 204
    for _ in range(10):
        assert client.post(address, {"pin": "0000"}).status_code == 422
    assert client.post(address, {"pin": PIN}).status_code == 429


def test_the_kiosk_is_told_how_the_line_is(party: Event) -> None:
    before = Client().get(f"{kiosk(party)}state").json()
    assert before == {"is_open": True, "consent": "en-1", "pictures_left": None, "waiting": 0}
    captured(party)
    now = Client().get(f"{kiosk(party)}state").json()
    assert (now["waiting"], now["pictures_left"] > 0) == (1, True)


def test_organizations_cannot_see_each_others_events(
    party: Event, acme: Organization, rival: Organization, charlie: User
) -> None:
    captured(party)
    theirs = event_of(rival, charlie)
    assert Event.objects.count() == 0  # no wall is open
    with tenancy.tenant(rival.pk):
        assert list(Event.objects.all()) == [theirs]
        assert Capture.objects.count() == 0
        assert set(Consent.objects.values_list("org", flat=True)) == {rival.pk}
    with tenancy.presented(party.token_hash):
        assert [event.pk for event in Event.objects.all()] == [party.pk]
        assert Capture.objects.count() == 0
    styles = [str(theirs.styles[0])]
    refused = send(party, "capture-2", styles=styles)
    assert (refused.status_code, list(refused.json()["error"]["fields"])) == (422, ["styles"])
