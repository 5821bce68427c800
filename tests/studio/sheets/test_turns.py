"""Checking a table costs seconds of a processor, so organizations take turns."""

import pytest

from accounts.models import Organization, User
from saas.database import tenancy
from studio.models import Sheet
from studio.sheets import make_sheet
from tests.studio.api.keys import program
from tests.studio.sheets.conftest import LAMPS

pytestmark = pytest.mark.django_db


def test_one_organizations_tables_leave_a_place_for_others(
    acme: Organization, rival: Organization, bob: User, charlie: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(make_sheet, "PATIENCE_SECONDS", 0.05)
    with make_sheet.ROOM.held(1, by=acme.pk, seconds=1):
        refused = program(acme, bob).post("sheets", {"rows": LAMPS})
        assert (refused.status_code, refused.json()["error"]["code"]) == (409, "busy")
        assert "Nothing was made" in refused.json()["error"]["message"]
        with tenancy.tenant(acme.pk):
            assert not Sheet.objects.exists()
        assert program(rival, charlie).post("sheets", {"rows": LAMPS}).status_code == 201
    assert program(acme, bob).post("sheets", {"rows": LAMPS}).status_code == 201
    assert make_sheet.ROOM.held_bytes == 0
