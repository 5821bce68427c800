"""A sheet that is made overnight: at half price, by one batch, whatever becomes of its lines."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.test import override_settings
from django.utils import timezone

from accounts.models import Hold, HoldState, Organization, ProviderKind, User
from billing.models import Entry
from saas.database import tenancy
from studio.models import ChunkTicket, Run, Sheet, SheetTicket, Ticket
from studio.sheets import drive
from tests.studio.api.keys import Program, program
from tests.studio.engine.test_overnight import chunk_of, connect, step, steps, up
from tests.studio.sheets.conftest import LAMPS, count_runs, drive_once, make, rows_of, states
from tests.support.fake_batches import Provider, answered, expired, refused
from tests.support.fake_provider import upstream

__all__ = ["up"]
pytestmark = pytest.mark.django_db


@pytest.fixture
def api(acme: Organization, bob: User, up: Provider) -> Program:
    return program(acme, bob)


@pytest.fixture
def by_day(acme: Organization, alice: User) -> Iterator[None]:
    """The default connection is one that offers no batches."""
    with upstream(lambda exchange: None) as found, override_settings(PROVIDER_ALLOWED_HOSTS=[found.host]):
        connect(acme, alice, found.url, kind=ProviderKind.COMPATIBLE)
        yield


def start(api: Program, sheet: dict[str, Any], **more: Any) -> Any:
    return api.post(f"sheets/{sheet['id']}/start", {"lane": "overnight", **more})


def told(api: Program, sheet: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = api.get(f"sheets/{sheet['id']}").json()
    return found


def hear() -> None:
    """Note the ends of runs, as the messages do."""
    SheetTicket.objects.update(due_at=timezone.now())
    while SheetTicket.objects.filter(due_at__lte=timezone.now()).exists() and drive.go_on():
        pass


def test_all_rows_are_one_batch_at_half_price(acme: Organization, api: Program, up: Provider) -> None:
    sheet = make(api, size="1024x1024", quality="low")
    dear = sheet["quote"]
    begun = start(api, sheet)
    assert begun.status_code == 200, begun.content
    quote = begun.json()["quote"]
    assert float(quote["upper_bound"]) == pytest.approx(float(dear["upper_bound"]) / 2, abs=0.0001)
    drive_once()
    assert states(acme, sheet) == ["running"] * 3
    assert Ticket.objects.count() == 0
    steps()
    lines = up.lines(up.only())
    assert [line["body"]["prompt"] for line in lines] == [row["prompt"] for row in LAMPS]
    up.end("completed", [answered(line) for line in lines])
    step()
    hear()
    assert states(acme, sheet) == ["finished"] * 3
    assert (told(api, sheet)["state"], told(api, sheet)["lane"]) == ("finished", "overnight")
    with tenancy.tenant(acme.pk):
        assert {run.lane for run in Run.objects.all()} == {"overnight"}
        assert Entry.objects.count() == 3
        assert {hold.state for hold in Hold.objects.all()} == {HoldState.SETTLED}
    assert not SheetTicket.objects.exists()


def test_a_line_that_fails_or_expires_fails_its_row_alone(acme: Organization, api: Program, up: Provider) -> None:
    sheet = make(api)
    start(api, sheet)
    drive_once()
    steps()
    first, second, third = up.lines(up.only())
    up.end("completed", [answered(first)], [refused(second, 400, "moderation_blocked"), expired(third)])
    step()
    hear()
    rows = rows_of(acme, sheet)
    assert [row.state for row in rows] == ["finished", "failed", "failed"]
    assert rows[1].error_code == "moderated"
    assert rows[2].cost_micros == 0
    with tenancy.tenant(acme.pk):
        assert {hold.state for hold in Hold.objects.exclude(state=HoldState.SETTLED)} == {HoldState.RELEASED}


def test_cancelled_its_batch_is_called_back(acme: Organization, api: Program, up: Provider) -> None:
    sheet = make(api)
    start(api, sheet)
    drive_once()
    steps()
    assert api.post(f"sheets/{sheet['id']}/cancel").json()["state"] == "cancelled"
    step()
    assert f"POST /batches/{up.only()}/cancel" in up.asked
    up.end("cancelled", [], [expired(line, "batch_cancelled") for line in up.lines(up.only())])
    ChunkTicket.objects.update(due_at=timezone.now())
    step()
    hear()
    assert states(acme, sheet) == ["cancelled"] * 3
    with tenancy.tenant(acme.pk):
        assert {hold.state for hold in Hold.objects.all()} == {HoldState.RELEASED}


@pytest.mark.usefixtures("by_day")
def test_a_connection_without_batches_is_refused_with_the_reason(acme: Organization, bob: User) -> None:
    api = program(acme, bob)
    sheet = make(api)
    answer = start(api, sheet)
    assert 400 <= answer.status_code < 500
    assert "offers no batches" in answer.json()["error"]["message"]
    assert told(api, sheet)["state"] == "ready"
    assert told(api, sheet)["lane"] == "now"
    assert (states(acme, sheet), count_runs(acme)) == (["ready"] * 3, 0)


def test_a_model_without_batches_is_refused_for_its_row_alone(acme: Organization, api: Program, up: Provider) -> None:
    sheet = make(api, [{"prompt": "A red lamp"}, {"prompt": "A blue lamp", "model": "gpt-image-2.6-flare"}])
    assert start(api, sheet).status_code == 200
    hear()
    rows = rows_of(acme, sheet)
    assert [(row.state, row.error_code) for row in rows] == [("running", ""), ("failed", "not_overnight")]
    assert count_runs(acme) == 1


@pytest.mark.parametrize("hours", [-1, 25])
def test_a_deadline_is_within_a_day(hours: int, acme: Organization, api: Program) -> None:
    sheet = make(api)
    answer = start(api, sheet, deadline=(timezone.now() + timedelta(hours=hours)).isoformat())
    assert 400 <= answer.status_code < 500
    assert "24 hours" in answer.json()["error"]["message"]
    assert told(api, sheet)["state"] == "ready"


def test_only_overnight_has_a_deadline(acme: Organization, api: Program) -> None:
    sheet = make(api)
    answer = api.post(f"sheets/{sheet['id']}/start", {"lane": "now", "goes_live": True})
    assert answer.status_code == 422
    assert told(api, sheet)["state"] == "ready"


def test_a_row_that_is_made_again_after_the_deadline_has_a_night_of_its_own(
    acme: Organization, api: Program, up: Provider
) -> None:
    sheet = make(api, LAMPS[:1])
    start(api, sheet, deadline=(timezone.now() + timedelta(hours=1)).isoformat())
    with tenancy.tenant(acme.pk):
        Sheet.objects.update(deadline_at=timezone.now() - timedelta(hours=1))
    drive_once()
    assert states(acme, sheet) == ["running"]
    assert chunk_of(acme).deadline_at > timezone.now() + timedelta(hours=23)


def test_what_may_go_live_is_held_in_full(acme: Organization, api: Program) -> None:
    sheet = make(api)
    dear = sheet["quote"]["upper_bound"]
    deadline = (timezone.now() + timedelta(hours=8)).isoformat()
    quote = start(api, sheet, deadline=deadline, goes_live=True).json()["quote"]
    assert quote["upper_bound"] == dear
    drive_once()
    with tenancy.tenant(acme.pk):
        held = sum(hold.micros for hold in Hold.objects.all())
    assert held == round(float(dear) * 1_000_000)
