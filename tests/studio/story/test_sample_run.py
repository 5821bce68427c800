"""The sample that a newcomer replays: clearly a sample, small, and nobody's data."""

from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders

from accounts.models import Organization, User
from saas.database import tenancy
from studio.models import Run
from studio.story import sample
from tests.conftest import SignIn

LIMIT_BYTES = 150_000


@pytest.mark.django_db
def test_a_newcomer_replays_a_sample_without_any_run(acme: Organization, vera: User, sign_in: SignIn) -> None:
    answer = sign_in(vera).get("/o/acme/sample/")
    shown = answer.content.decode()
    assert answer.status_code == 200
    assert "Sample</span>" in shown
    assert shown.count("data-frame") == 8
    assert "/runs/" not in shown
    with tenancy.tenant(acme.pk):
        assert not Run.objects.exists()


def test_its_frames_are_there_and_small() -> None:
    told = sample.story("acme")
    addresses = {frame.preview.removeprefix(settings.STATIC_URL) for slot in told.slots for frame in slot.frames}
    files = [finders.find(address) for address in addresses]
    assert len(files) == 8
    assert None not in files
    assert sum(Path(str(file)).stat().st_size for file in files) < LIMIT_BYTES


def test_its_frames_come_one_after_the_other_and_end_with_the_final() -> None:
    for slot in sample.story("acme").slots:
        times = [frame.at_ms for frame in slot.frames]
        assert times == sorted(times)
        assert [frame.is_final for frame in slot.frames] == [False, False, False, True]
        assert slot.length_ms == times[-1]
