"""A guest's page: the own capture and nothing else."""

import pytest
from django.test import Client

from accounts.models import Organization
from studio.models import Event
from tests.studio.booth.conftest import captured, guest, kiosk

pytestmark = pytest.mark.django_db


def test_a_guest_sees_the_number_in_the_queue(party: Event, acme: Organization) -> None:
    captured(party, "capture-1")
    second = captured(party, "capture-2")
    page = Client().get(guest(second))
    assert page.status_code == 200
    assert "You are number 2." in page.content.decode()
    assert page["X-Robots-Tag"] == "noindex, nofollow, noarchive"
    assert page["Referrer-Policy"] == "same-origin"
    assert page["Cache-Control"] == "private, no-store"
    state = Client().get(f"{guest(second)}state").json()
    assert (state["state"], state["number"], state["code"]) == ("waiting", 2, second.short_code)


@pytest.mark.parametrize("path", ["/g/x/", "/g/x/state", "/g/dg_x/"])
def test_a_link_that_is_guessed_opens_nothing(path: str, party: Event) -> None:
    answer = Client().get(path)
    assert answer.status_code == 404
    assert "Summer party" not in answer.content.decode()


def test_a_kiosks_token_opens_no_guests_page(party: Event) -> None:
    capture = captured(party)
    for address in (kiosk(party).replace("/b/", "/g/"), guest(capture).replace("/g/", "/b/")):
        assert Client().get(address).status_code == 404
