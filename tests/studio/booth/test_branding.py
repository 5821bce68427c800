"""The overlay is drawn by us, over what the model made, and goes when the picture goes."""

from pathlib import Path

import pytest
import pyvips
from django.conf import LazySettings
from django.test import Client

from accounts.errors import Refused
from accounts.models import Organization, User
from saas.database import tenancy
from studio.booth import expire
from studio.imaging import decode_turns
from studio.inputs import uploads
from studio.models import BrandedPicture, Event, Input
from tests.studio.booth.conftest import NewEvent, captured, finish, guest, kiosk
from tests.support import picture_bytes

pytestmark = pytest.mark.django_db
RED = [255, 0, 0, 255]


@pytest.fixture(autouse=True)
def _own_media(settings: LazySettings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = str(tmp_path)


def frame(width: int = 60, height: int = 90) -> bytes:
    """The upper half red, the lower half clear."""
    clear = pyvips.Image.black(width, height, bands=4).copy(interpretation="srgb")
    return picture_bytes.saved(clear.draw_rect(RED, 0, 0, width, height // 2, fill=True), ".png")


def kept(org: Organization, by: User, data: bytes) -> Input:
    ready = uploads.store_picture(org=org, name="frame.png", data=data)
    with tenancy.tenant(org.pk):
        return uploads.keep(ready, by=by)


def test_guests_and_the_wall_get_the_overlay(
    new_event: NewEvent, acme: Organization, adam: User, settings: LazySettings
) -> None:
    event = new_event(moderation="off", overlay=kept(acme, adam, frame()))
    capture = captured(event)
    output = finish(capture)
    address = f"{guest(capture)}{output.code}/original/"
    plain = pyvips.Image.new_from_file(str(Path(settings.MEDIA_ROOT) / output.file))
    answers = [Client().get(address) for _ in range(2)]
    assert [answer["Content-Type"] for answer in answers] == ["image/jpeg"] * 2
    first, again = (b"".join(answer) for answer in answers)
    assert first == again
    with decode_turns.unshared():
        drawn = pyvips.Image.new_from_buffer(first, "")
    assert (drawn.width, drawn.height) == (plain.width, plain.height)
    red, green, blue = drawn(5, 2)[:3]
    assert (red > 240, green < 20, blue < 20) == (True, True, True)
    below = drawn(5, plain.height - 3)[:3]
    assert all(abs(one - other) < 30 for one, other in zip(below, plain(5, plain.height - 3)[:3], strict=True))
    assert Client().get(f"{kiosk(event)}wall/{output.code}/").status_code == 200
    assert Client().get(f"{kiosk(event)}pictures/overlay/")["Content-Type"] == "image/png"
    for name in ("logo", "pin"):
        assert Client().get(f"{kiosk(event)}pictures/{name}/").status_code == 404
    with tenancy.tenant(acme.pk):
        assert BrandedPicture.objects.count() == 1
    Client().post(f"{guest(capture)}delete/")
    expire.sweep()
    with tenancy.tenant(acme.pk):
        assert BrandedPicture.objects.count() == 0
    left = [path for path in Path(settings.MEDIA_ROOT).rglob("*") if path.is_file()]
    assert {path.parent.parent.name for path in left} == {"inputs"}  # the overlay itself stays


def test_an_overlay_of_another_shape_is_refused(new_event: NewEvent, acme: Organization, adam: User) -> None:
    with pytest.raises(Refused, match="must have the shape of the pictures"):
        new_event(overlay=kept(acme, adam, frame(90, 60)))
    with tenancy.tenant(acme.pk):
        assert Event.objects.count() == 0
