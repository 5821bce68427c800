"""The wall shows what is released, and a guest what the moderation lets through."""

import pytest
from django.test import Client

from accounts.models import Organization, User
from tests.conftest import SignIn, actions
from tests.studio.booth.conftest import NewEvent, captured, finish, guest, kiosk

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("moderation", "guest_before", "wall_before"), [("off", True, True), ("wall", True, False), ("all", False, False)]
)
def test_what_is_seen_before_and_after_the_release(
    moderation: str,
    guest_before: bool,
    wall_before: bool,
    new_event: NewEvent,
    acme: Organization,
    bob: User,
    sign_in: SignIn,
) -> None:
    event = new_event(moderation=moderation)
    capture = captured(event)
    output = finish(capture)
    wall, own = f"{kiosk(event)}wall/", f"{guest(capture)}{output.code}/preview/"

    def seen() -> tuple[bool, bool, bool]:
        return (
            Client().get(own).status_code == 200,
            str(output.code) in Client().get(wall).content.decode(),
            Client().get(f"{wall}{output.code}/").status_code == 200,
        )

    assert seen() == (guest_before, wall_before, wall_before)
    staff = sign_in(bob)
    assert staff.post(f"/o/acme/booth/captures/{capture.code}/release/").status_code == 302
    assert seen() == (True, True, True)
    assert staff.post(f"/o/acme/booth/captures/{capture.code}/hide/").status_code == 302
    assert seen() == (moderation != "all", False, False)
    assert actions(acme)[-2:] == ["capture.released", "capture.hidden"]


def test_the_wall_of_one_event_shows_no_other(new_event: NewEvent) -> None:
    one, other = new_event(moderation="off"), new_event(moderation="off", name="Winter party")
    output = finish(captured(one))
    assert str(output.code) not in Client().get(f"{kiosk(other)}wall/").content.decode()
    assert Client().get(f"{kiosk(other)}wall/{output.code}/").status_code == 404


def test_what_a_guest_deleted_is_on_no_wall(new_event: NewEvent) -> None:
    event = new_event(moderation="off")
    capture = captured(event)
    output = finish(capture)
    Client().post(f"{guest(capture)}delete/")
    assert str(output.code) not in Client().get(f"{kiosk(event)}wall/").content.decode()
    assert Client().get(f"{kiosk(event)}wall/{output.code}/").status_code == 404


def test_the_page_asks_for_a_piece(new_event: NewEvent) -> None:
    event = new_event()
    piece = Client().get(f"{kiosk(event)}wall/", headers={"HX-Request": "true"}).content.decode()
    assert piece.startswith('<div class="show-strip" data-show-strip>')
