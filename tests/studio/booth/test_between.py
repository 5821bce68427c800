"""What changes between a kiosk's countdown and the moment at which its capture is kept."""

from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings
from django.utils import timezone

from accounts.limits import budgets
from accounts.models import Counter, Hold, Organization
from saas.database import tenancy
from studio.inputs import uploads
from studio.models import Capture, CaptureTicket, Event, Input, Run
from tests.studio.booth.conftest import send

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("what", "code"), [("ends", "ended"), ("is paused", "paused"), ("has no money left", "budget_used")]
)
def test_an_event_that_changes_while_the_photo_is_read_takes_nothing(
    what: str,
    code: str,
    party: Event,
    acme: Organization,
    settings: LazySettings,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    settings.MEDIA_ROOT = str(tmp_path)
    read = uploads.store_picture

    def read_meanwhile(**asked: Any) -> uploads.Ready:
        ready = read(**asked)
        with tenancy.tenant(acme.pk):
            if what == "has no money left":
                budgets.change(party.budget, micros=0)
            else:
                column = "ended_at" if what == "ends" else "paused_at"
                Event.objects.update(**{column: timezone.now()})
        assert any(tmp_path.rglob("*.jpg"))
        return ready

    monkeypatch.setattr(uploads, "store_picture", read_meanwhile)
    answer = send(party)
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, code)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
    with tenancy.tenant(acme.pk):
        for model in (Capture, CaptureTicket, Run, Input, Hold):
            assert model._default_manager.count() == 0
        assert not Counter.objects.filter(held_micros__gt=0).exists()
