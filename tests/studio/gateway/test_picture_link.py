"""The signed link to a picture: whoever has it has the picture, for an hour and while there is one."""

from datetime import timedelta
from typing import Any

import pytest
from django.conf import LazySettings
from django.core import signing
from django.test import Client
from django.utils import timezone

from accounts.models import Organization, User
from saas.database import tenancy
from studio.files import signed_links
from studio.models import Output
from tests.support import picture_bytes
from tests.support.gallery_pictures import made

pytestmark = pytest.mark.django_db


def follow(output: Output, settings: LazySettings) -> Any:
    return Client().get(signed_links.link_to(output).removeprefix(settings.PUBLIC_URL))


def test_it_leads_to_the_original_without_signing_in(acme: Organization, bob: User, settings: LazySettings) -> None:
    (output,) = made(acme, bob)
    answer = follow(output, settings)
    assert (answer.status_code, answer["Content-Type"]) == (200, "image/png")
    assert b"".join(answer) == picture_bytes.plain(".png", 60, 40)


def test_a_picture_in_the_bin_is_not_there_until_it_is_put_back(
    acme: Organization, bob: User, settings: LazySettings
) -> None:
    binned, kept = made(acme, bob, count=2)
    with tenancy.tenant(acme.pk):
        Output.objects.filter(pk=binned.pk).update(binned_at=timezone.now())
    assert follow(binned, settings).status_code == 404
    assert follow(kept, settings).status_code == 200
    with tenancy.tenant(acme.pk):
        Output.objects.filter(pk=binned.pk).update(binned_at=None)
    assert follow(binned, settings).status_code == 200


@pytest.mark.parametrize("end", ["suspended_at", "deleted_at"])
def test_nothing_of_an_organization_that_has_ended_is_there(
    end: str, acme: Organization, bob: User, rival: Organization, charlie: User, settings: LazySettings
) -> None:
    (ours,), (theirs,) = made(acme, bob), made(rival, charlie)
    with tenancy.tenant(acme.pk):
        Organization.objects.filter(pk=acme.pk).update(**{end: timezone.now()})
    assert (follow(ours, settings).status_code, follow(theirs, settings).status_code) == (404, 200)


def test_a_picture_of_another_organization_is_not_behind_it(acme: Organization, bob: User, rival: Organization) -> None:
    (output,) = made(acme, bob)
    token = signing.dumps([rival.pk, str(output.code)], salt=signed_links.SALT)
    assert Client().get(f"/v1/pictures/{token}").status_code == 404


def test_a_link_that_is_old_or_forged_leads_nowhere(
    acme: Organization, bob: User, settings: LazySettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    (output,) = made(acme, bob)
    forged = signing.dumps([acme.pk, str(output.code)], salt="another")
    assert Client().get(f"/v1/pictures/{forged}").status_code == 404
    address = signed_links.link_to(output)
    later = timezone.now().timestamp() + timedelta(seconds=signed_links.LIVE_SECONDS + 1).total_seconds()
    monkeypatch.setattr("django.core.signing.time.time", lambda: later)
    assert Client().get(address.removeprefix(settings.PUBLIC_URL)).status_code == 404
