"""An event of acme, made by Adam, on the sandbox's play money."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import Organization, User
from saas.database import tenancy
from saas.text import money
from studio.booth import doors, run_event
from studio.booth.run_event import Settings
from studio.catalogue import image_models
from studio.models import Capture, Event, Output, Run, State
from studio.styles import shelf
from tests.conftest import must_be_member
from tests.support import picture_bytes
from tests.support.gallery_pictures import developed

NewEvent = Callable[..., Event]
PIN = "2468"
HELLO = "We take a photo of you."


@pytest.fixture(autouse=True)
def _fresh_catalogue() -> None:
    image_models.forget()


@pytest.fixture
def new_event(acme: Organization, adam: User) -> NewEvent:
    def make(**changed: Any) -> Event:
        return event_of(acme, adam, **changed)

    return make


@pytest.fixture
def party(new_event: NewEvent) -> Event:
    return new_event()


def event_of(org: Organization, by: User, **changed: Any) -> Event:
    now = timezone.now()
    said: dict[str, Any] = {
        "name": "Summer party",
        "starts_at": now - timedelta(hours=1),
        "ends_at": now + timedelta(hours=5),
        "size": "1024x1536",
        "quality": "low",
    }
    more: dict[str, Any] = {"budget_micros": money.parse("5"), "consent": HELLO, "pin": PIN}
    for name, value in changed.items():
        (more if name in {"budget_micros", "consent", "pin", "logo", "overlay"} else said)[name] = value
    with tenancy.tenant(org.pk):
        styles = [version.style.code for version in shelf.all_of(org)][:4]
        return run_event.make(by=must_be_member(org, by), settings=Settings(**said), styles=styles, **more)


def kiosk(event: Event) -> str:
    return doors.kiosk_link(event).removeprefix("http://testserver")


def photo() -> Any:
    from django.core.files.uploadedfile import SimpleUploadedFile

    return SimpleUploadedFile("me.jpg", picture_bytes.plain(".jpg", 90, 120), "image/jpeg")


def form(event: Event, key: str = "capture-1", **changed: Any) -> dict[str, Any]:
    """What a kiosk sends; None leaves a field out."""
    said = {
        "photo": photo(),
        "key": key,
        "guest": f"guest-of-{key}",
        "styles": [str(event.styles[0])],
        "people": "1",
        "consent": "en-1",
        "of_age": "1",
        **changed,
    }
    return {name: value for name, value in said.items() if value is not None}


def send(event: Event, key: str = "capture-1", **changed: Any) -> Any:
    return Client().post(f"{kiosk(event)}captures", form(event, key, **changed))


def captured(event: Event, key: str = "capture-1", **changed: Any) -> Capture:
    answer = send(event, key, **changed)
    assert answer.status_code == 201, answer.content
    return stored(event, key)


def stored(event: Event, key: str = "capture-1") -> Capture:
    with tenancy.tenant(event.org_id):
        return Capture.objects.select_related("org", "event", "run", "input", "consent").get(event=event, key=key)


def guest(capture: Capture) -> str:
    return doors.guest_link(capture).removeprefix("http://testserver")


def finish(capture: Capture) -> Output:
    """Let the capture's picture come, as a worker does."""
    assert capture.run is not None
    output = developed(capture.org, capture.run)
    with tenancy.tenant(capture.org_id):
        Run.objects.filter(pk=capture.run.pk).update(state=State.SUCCEEDED, ended_at=timezone.now())
    return output
