"""How long a picture takes is said from this organization's own last hundred, and nothing is said of too few."""

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.utils import timezone

from accounts.models import Organization, User
from saas.database import tenancy
from studio.models import Slot
from studio.prompt import durations
from tests.conftest import SignIn
from tests.studio.prompt.test_draft import weigh
from tests.support.gallery_pictures import made

pytestmark = pytest.mark.django_db


def took(org: Organization, user: User, *seconds: float) -> None:
    ended = timezone.now()
    for each in seconds:
        (picture,) = made(org, user)
        with tenancy.tenant(org.pk):
            began = ended - timedelta(seconds=each)
            Slot.objects.filter(output=picture).update(started_at=began, ended_at=ended)


def test_the_last_pictures_say_what_is_usual_and_what_nine_of_ten_took(
    acme: Organization, bob: User, rival: Organization, charlie: User, sign_in: SignIn
) -> None:
    took(acme, bob, 10, 10, 12, 14, 90)
    took(rival, charlie, 500)
    with tenancy.tenant(acme.pk):
        found = durations.of_last(acme)
    assert found is not None
    assert (found.count, found.usual) == (5, 12)
    assert str(found).startswith("The last 5 pictures here took 12 s each, nine of ten at most 2 min")
    assert str(found) in weigh(sign_in(bob))


def test_too_few_say_nothing(acme: Organization, bob: User, sign_in: SignIn) -> None:
    took(acme, bob, 10, 10, 10, 10)
    with tenancy.tenant(acme.pk):
        assert durations.of_last(acme) is None
    assert "pictures here took" not in weigh(sign_in(bob))


def test_only_the_last_hundred_count(acme: Organization, bob: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(durations, "LAST", 5)
    took(acme, bob, 900, 900, 7, 7, 7, 7, 7)
    cache.clear()
    with tenancy.tenant(acme.pk):
        found = durations.of_last(acme)
    assert found == durations.Durations(5, 7, 7)


def test_what_may_not_be_expected_is_said_where_it_matters(acme: Organization, bob: User, sign_in: SignIn) -> None:
    page = sign_in(bob).get("/o/acme/").content.decode()
    for words in ("faces and lettering may differ", "every pixel stays as it is", "the mask only guides the model"):
        assert words in page
