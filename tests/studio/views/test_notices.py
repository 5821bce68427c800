"""What concerns every run for a while stands once above the prompt, with its end; a run that failed is one line."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import Circuit, Organization, Quota, User
from saas.database import tenancy
from studio.models import Charged, Run, Slot, State
from tests.conftest import SignIn
from tests.studio.prompt.test_draft import weigh
from tests.support.gallery_pictures import made

pytestmark = pytest.mark.django_db


def break_down(org: Organization, **changes: Any) -> None:
    now = timezone.now()
    with tenancy.tenant(org.pk):
        connection = org.connections.get(is_default=True)
    values = {"opened_at": now, "open_until": now + timedelta(minutes=5), "makers": [1, 2], "outages": 5, **changes}
    Circuit.objects.create(connection_id=connection.pk, **values)


def test_an_outage_stands_once_above_the_prompt_with_its_end(acme: Organization, bob: User, sign_in: SignIn) -> None:
    client = sign_in(bob)
    assert "bar-notice " not in client.get("/o/acme/").content.decode()
    break_down(acme)
    page = client.get("/o/acme/").content.decode()
    shown = page.partition("<template")[0]
    assert shown.count("Sandbox has an outage.") == 1
    assert "data-until=" in shown
    assert "Sandbox has an outage." in weigh(client)


def test_an_outage_that_concerns_another_person_only_is_not_shown(
    acme: Organization, bob: User, vera: User, sign_in: SignIn
) -> None:
    break_down(acme, makers=[vera.pk])
    assert "has an outage" not in sign_in(bob).get("/o/acme/").content.decode()


def test_a_limit_without_room_stands_once_above_the_prompt(acme: Organization, bob: User, sign_in: SignIn) -> None:
    with tenancy.tenant(acme.pk):
        Quota.objects.create(org=acme, subject="organization", money_month=10_000)
    client = sign_in(bob)
    page = client.get("/o/acme/").content.decode().partition("<template")[0]
    assert page.count("bar-notice-limit") == 1
    assert "Ask for more" in page
    cheap = weigh(client, n="1", quality="low", size="1024x640", partial_images="0")
    assert "bar-notice-limit" not in cheap


def test_a_limit_of_pictures_without_room_does_too(acme: Organization, bob: User, sign_in: SignIn) -> None:
    with tenancy.tenant(acme.pk):
        Quota.objects.create(org=acme, subject="organization", images_day=3)
    client = sign_in(bob)
    page = client.get("/o/acme/").content.decode().partition("<template")[0]
    assert page.count("bar-notice-limit") == 1
    assert "Acme&#x27;s day has 3 pictures left, and this needs 4." in page
    assert "bar-notice-limit" not in weigh(client, n="3")


def test_a_failed_picture_is_a_line_and_the_finished_one_keeps_its_room(
    acme: Organization, bob: User, sign_in: SignIn
) -> None:
    (picture, _) = made(acme, bob, "A lamp", count=2)
    with tenancy.tenant(acme.pk):
        run = Run.objects.get(pk=picture.run_id)
        ended = {"state": State.REFUSED, "charged": Charged.NO, "error_code": "moderation_blocked"}
        Slot.objects.filter(run=run, index=1).update(**ended, error_sentence="The safety system refused.")
    page = sign_in(bob).get(f"/o/acme/runs/{run.code}/card/").content.decode()
    assert page.count("tile-space") == 1
    assert page.count("tile-line") == 1
    assert page.count("It cost nothing.") == 1
    assert page.count("Try again") == 1
