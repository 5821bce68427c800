"""Proofs first: cheap pictures of all rows, and prints of those that were starred."""

from typing import Any

import pytest

from accounts.models import Organization, User
from saas.database import tenancy
from studio.models import Run
from tests.conftest import SignIn
from tests.studio.api.keys import program
from tests.studio.engine.test_worker import up
from tests.studio.sheets.conftest import LAMPS, count_runs, drive_sheets, make, rows_of, states
from tests.support.fake_provider import Upstream, completed, pictures, png

__all__ = ["up"]
pytestmark = pytest.mark.django_db


def proofs(acme: Organization, bob: User, up: Upstream) -> tuple[Any, dict[str, Any]]:
    api = program(acme, bob)
    up.script = pictures(completed(png(256, 256)))
    sheet = make(api, LAMPS, quality="high", size="1024x1024", names="{row}.{ext}")
    dear = float(sheet["quote"]["high"])
    started = api.post(f"sheets/{sheet['id']}/start", {"lane": "proof"}).json()
    assert float(started["quote"]["high"]) < dear / 4
    drive_sheets()
    assert {asked.json["quality"] for asked in up.seen} == {"low"}
    up.seen.clear()
    return api, sheet


def test_only_starred_proofs_are_printed_with_their_proof_as_the_reference(
    acme: Organization, bob: User, up: Upstream
) -> None:
    api, sheet = proofs(acme, bob, up)
    refused = api.post(f"sheets/{sheet['id']}/print")
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "refused")
    second = api.get(f"sheets/{sheet['id']}/rows").json()["data"][1]
    assert api.patch(f"images/{second['pictures'][0]['id']}", {"stars": 1}).status_code == 200
    printing = api.post(f"sheets/{sheet['id']}/print").json()
    assert (printing["state"], printing["quote"]["rows"]) == ("running", 1)
    drive_sheets()
    (asked,) = up.seen
    assert asked.path == "/v1/images/edits"
    assert b'name="quality"\r\n\r\nhigh' in asked.body
    assert b"A blue lamp" in asked.body
    assert states(acme, sheet) == ["finished"] * 4
    row = rows_of(acme, sheet)[2]
    assert (row.number, row.variant, row.is_print) == (2, 1, True)
    with tenancy.tenant(acme.pk):
        made = Run.objects.get(sheet_rows=row)
        assert (made.relation, made.parent_id) == ("print", rows_of(acme, sheet)[1].run_id)
    assert api.post(f"sheets/{sheet['id']}/print").status_code == 409
    assert count_runs(acme) == 4


def test_a_star_is_set_on_the_contact_sheet(
    acme: Organization, bob: User, vera: User, sign_in: SignIn, up: Upstream
) -> None:
    _, sheet = proofs(acme, bob, up)
    his, page = sign_in(bob), f"/o/acme/sheets/{sheet['id']}/"
    first = rows_of(acme, sheet)[0]
    answer = his.post(f"{page}rows/{first.code}/star/", headers={"HX-Request": "true"})
    assert 'aria-pressed="true"' in answer.content.decode()
    assert "Print 1 starred proof" in " ".join(his.get(page).content.decode().split())
    assert sign_in(vera).post(f"{page}print/").status_code == 403
    assert his.post(f"{page}print/").status_code == 302
    drive_sheets()
    assert len(up.seen) == 1
