"""How a sheet goes on: in order, no more at once than may be, no row twice and none lost, whatever goes wrong."""

import io
import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from accounts import api_keys
from accounts.connections import registry
from accounts.connections.registry import Terms
from accounts.models import ApiKey, Organization, Subject, User
from accounts.people import members
from saas.database import tenancy
from studio import tasks
from studio.models import Input, Run, Sheet, SheetRow, SheetTicket, Slot, Ticket
from studio.money import offers
from studio.runs import retry_slot, submit_run
from studio.sheets import begin_row, drive
from tests.conftest import must_be_member
from tests.studio.api.keys import Program, program
from tests.studio.engine.test_worker import up, work
from tests.studio.sheets.conftest import LAMPS, count_runs, drive_once, drive_sheets, make, rows_of, states
from tests.support import picture_bytes
from tests.support.fake_provider import Upstream, completed, error, pictures, png
from tests.support.text_holds import allow

__all__ = ["up"]
pytestmark = pytest.mark.django_db


@pytest.fixture
def api(acme: Organization, bob: User, up: Upstream) -> Program:
    up.script = pictures(completed(png()))
    return program(acme, bob)


def told(api: Program, sheet: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = api.get(f"sheets/{sheet['id']}").json()
    return found


def test_a_worker_that_dies_before_its_commit_has_begun_nothing(
    acme: Organization, api: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    sheet = make(api)
    api.post(f"sheets/{sheet['id']}/start")

    really_submit = submit_run.submit

    class Killed(BaseException):
        pass

    def submitted_and_killed(**asked: Any) -> Run:
        really_submit(**asked)
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(submit_run, "submit", submitted_and_killed)
        with pytest.raises(Killed):
            drive_once()
    assert states(acme, sheet) == ["ready"] * 3
    assert count_runs(acme) == 0
    assert Ticket.objects.count() == 0
    drive_sheets()
    assert states(acme, sheet) == ["finished"] * 3
    assert count_runs(acme) == 3


def test_the_end_of_a_run_lets_the_next_row_begin(acme: Organization, api: Program) -> None:
    sheet = make(api)
    api.post(f"sheets/{sheet['id']}/start", {"concurrency": 1})
    drive_once()
    assert not drive.go_on()  # its ticket is not due
    assert work() == 1
    (first, *_) = rows_of(acme, sheet)
    assert first.run is not None
    drive.run_ended(acme.pk, first.run.code)
    assert states(acme, sheet) == ["finished", "running", "ready"]


@pytest.mark.django_db(transaction=True)
def test_an_end_is_a_message_that_names_the_run(
    acme: Organization, api: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[tuple[Any, ...]] = []
    monkeypatch.setattr(tasks.end_sheet_row, "send", lambda *arguments: sent.append(arguments))
    sheet = make(api, LAMPS[:1])
    api.post("runs", {"prompt": "A run of no sheet"})
    api.post(f"sheets/{sheet['id']}/start")
    drive_once()
    assert work() == 2
    (row,) = rows_of(acme, sheet)
    assert row.run is not None
    assert sent == [(acme.pk, str(row.run.code))]
    tasks.end_sheet_row.fn(*sent[0])
    assert states(acme, sheet) == ["finished"]
    assert told(api, sheet)["state"] == "finished"


def test_a_lost_message_costs_seconds_and_no_row(acme: Organization, api: Program) -> None:
    sheet = make(api)
    api.post(f"sheets/{sheet['id']}/start", {"concurrency": 1})
    drive_once()
    work()
    ticket = SheetTicket.objects.get()
    assert ticket.due_at <= timezone.now() + timedelta(seconds=drive.LOOK_SECONDS)
    drive_once()  # the ticket has come due by itself
    assert states(acme, sheet) == ["finished", "running", "ready"]


@pytest.mark.django_db(transaction=True)
def test_two_drivers_at_once_begin_no_row_twice(acme: Organization, api: Program) -> None:
    sheet = make(api, [{"prompt": f"Lamp {number}"} for number in range(12)])
    api.post(f"sheets/{sheet['id']}/start", {"concurrency": 5})
    claim = SheetTicket.objects.get()
    failed: list[BaseException] = []

    def drive_it() -> None:
        try:
            step = drive.Step.BEGAN
            while step == drive.Step.BEGAN:
                step = drive._step(claim)
        except BaseException as error:
            failed.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=drive_it) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert failed == []
    assert states(acme, sheet) == ["running"] * 5 + ["ready"] * 7
    assert count_runs(acme) == 5
    with tenancy.tenant(acme.pk):
        assert SheetRow.objects.exclude(run=None).values("run").distinct().count() == 5


def test_a_sheet_of_a_member_who_left_is_cancelled(acme: Organization, alice: User, bob: User, api: Program) -> None:
    sheet = make(api)
    api.post(f"sheets/{sheet['id']}/start", {"concurrency": 1})
    drive_once()
    with tenancy.tenant(acme.pk):
        members.remove(by=must_be_member(acme, alice), member=must_be_member(acme, bob))
    drive_sheets()
    hers = program(acme, alice)
    assert (told(hers, sheet)["state"], told(hers, sheet)["reason"]) == ("cancelled", drive.GONE)
    assert states(acme, sheet)[1:] == ["cancelled", "cancelled"]
    assert count_runs(acme) == 1


def test_a_sheet_without_a_connection_pauses_and_goes_on(
    acme: Organization, alice: User, api: Program, up: Upstream
) -> None:
    sheet = make(api)
    api.post(f"sheets/{sheet['id']}/start", {"concurrency": 1})
    drive_once()
    work()
    with tenancy.tenant(acme.pk):
        acme.connections.update(is_default=False)
        offers.read(acme)
    drive_sheets()
    assert (told(api, sheet)["state"], states(acme, sheet)) == ("paused", ["finished", "ready", "ready"])
    assert "no connection" in told(api, sheet)["reason"]
    with tenancy.tenant(acme.pk):
        again = registry.add(
            org=acme, by=must_be_member(acme, alice), name="Again", kind="compatible", base_url=up.url, key="sk-test"
        )
        registry.make_default(connection=again, by=must_be_member(acme, alice))
    api.post(f"sheets/{sheet['id']}/resume")
    drive_sheets()
    assert states(acme, sheet) == ["finished"] * 3


def test_a_sheet_whose_own_connection_is_removed_pauses(
    acme: Organization, alice: User, api: Program, up: Upstream
) -> None:
    with tenancy.tenant(acme.pk):
        owner = must_be_member(acme, alice)
        terms = Terms(is_offered=True)
        named = registry.add(
            org=acme, by=owner, name="Other", kind="compatible", base_url=up.url, key="sk", terms=terms
        )
    sheet = make(api, connection=str(named.code))
    with tenancy.tenant(acme.pk):
        registry.remove(connection=named, by=owner)
    api.post(f"sheets/{sheet['id']}/start")
    drive_sheets()
    assert (told(api, sheet)["state"], states(acme, sheet)) == ("paused", ["ready"] * 3)
    assert up.seen == []


def test_a_sheet_of_a_revoked_key_pauses(acme: Organization, alice: User, api: Program) -> None:
    sheet = make(api)
    api.post(f"sheets/{sheet['id']}/start")
    with tenancy.tenant(acme.pk):
        api_keys.revoke(key=ApiKey.objects.get(), by=must_be_member(acme, alice))
    drive_sheets()
    assert told(program(acme, alice), sheet)["state"] == "paused"
    assert states(acme, sheet) == ["ready"] * 3
    assert count_runs(acme) == 0


def test_a_limit_that_is_lowered_counts_for_the_next_row(acme: Organization, alice: User, api: Program) -> None:
    rows = [
        {"prompt": "A lamp", "quality": "low"},
        {"prompt": "A mug", "quality": "high"},
        {"prompt": "A cup", "quality": "low"},
    ]
    sheet = make(api, rows)
    api.post(f"sheets/{sheet['id']}/start", {"concurrency": 1})
    drive_once()
    allow(acme, alice, Subject.ORGANIZATION, highest_quality="low")
    drive_sheets()
    assert states(acme, sheet) == ["finished", "failed", "finished"]
    assert rows_of(acme, sheet)[1].error_code == "organization_quality"
    assert told(api, sheet)["state"] == "finished"


def test_fewer_at_once_count_from_the_next_row_on(acme: Organization, api: Program) -> None:
    sheet = make(api, [{"prompt": f"Lamp {number}"} for number in range(6)])
    api.post(f"sheets/{sheet['id']}/start")
    with tenancy.tenant(acme.pk):
        Organization.objects.filter(pk=acme.pk).update(calls_at_once=2)
    drive_once()
    assert states(acme, sheet) == ["running"] * 2 + ["ready"] * 4


def test_a_limit_on_runs_a_minute_is_waited_for(acme: Organization, alice: User, api: Program) -> None:
    allow(acme, alice, Subject.ORGANIZATION, runs_per_minute=2)
    sheet = make(api)
    api.post(f"sheets/{sheet['id']}/start")
    drive_sheets()
    found = told(api, sheet)
    assert (found["state"], states(acme, sheet)) == ("running", ["finished", "finished", "ready"])
    assert "a minute" in found["reason"]


def test_a_sheet_begins_by_itself(acme: Organization, api: Program) -> None:
    sheet = make(api)
    later = timezone.now() + timedelta(hours=1)
    assert api.post(f"sheets/{sheet['id']}/start", {"at": later.isoformat()}).json()["state"] == "ready"
    assert not drive.go_on()
    with tenancy.tenant(acme.pk):
        Sheet.objects.update(starts_at=timezone.now())
    drive_sheets()
    assert told(api, sheet)["state"] == "finished"


def test_a_suspended_organization_makes_nothing(acme: Organization, api: Program) -> None:
    sheet = make(api)
    api.post(f"sheets/{sheet['id']}/start")
    with tenancy.tenant(acme.pk):
        Organization.objects.filter(pk=acme.pk).update(suspended_at=timezone.now())
    drive_once()
    assert states(acme, sheet) == ["ready"] * 3
    assert SheetTicket.objects.get().due_at > timezone.now()


def test_a_row_of_which_a_picture_is_gone_fails_alone(acme: Organization, api: Program) -> None:
    photo = io.BytesIO(picture_bytes.plain(".png", 64, 64))
    photo.name = "photo.png"
    code = api.give("inputs", file=photo).json()["id"]
    sheet = make(api, [{"prompt": "As oil", "picture": code}, {"prompt": "A lamp", "picture": ""}])
    with tenancy.tenant(acme.pk):
        Input.objects.filter(code=code).delete()
    api.post(f"sheets/{sheet['id']}/start")
    drive_sheets()
    assert states(acme, sheet) == ["failed", "finished"]
    assert rows_of(acme, sheet)[0].error_sentence == begin_row.PICTURE_GONE


def test_a_run_that_a_person_tries_again_corrects_its_row(
    acme: Organization, bob: User, api: Program, up: Upstream
) -> None:
    up.script = lambda exchange: exchange.whole(401, error("invalid_api_key"))
    sheet = make(api, LAMPS[:1])
    api.post(f"sheets/{sheet['id']}/start")
    drive_sheets()
    (row,) = rows_of(acme, sheet)
    assert (row.state, row.cost_micros) == ("failed", 0)
    assert row.run is not None
    up.script = pictures(completed(png()))
    with tenancy.tenant(acme.pk):
        slot = Slot.objects.select_related("run__connection", "run__org").get(run=row.run)
        retry_slot.retry(slot=slot, by=must_be_member(acme, bob))
    work()
    drive.run_ended(acme.pk, row.run.code)
    (row,) = rows_of(acme, sheet)
    assert (row.state, row.error_code) == ("finished", "")
    assert row.cost_micros > 0


def test_pictures_are_tagged_and_collected(acme: Organization, api: Program) -> None:
    sheet = make(
        api,
        [{"prompt": "A lamp", "tags": "hero, new", "collection": "Shop"}, {"prompt": "A mug", "collection": "shop"}],
    )
    api.post(f"sheets/{sheet['id']}/start")
    drive_sheets()
    collections = api.get("collections").json()["data"]
    assert [(one["name"], one["images"]) for one in collections] == [("Shop", 2)]
    assert {one["name"] for one in api.get("tags").json()["data"]} == {"hero", "new"}


def test_another_organizations_ticket_opens_nothing_of_ours(
    acme: Organization, rival: Organization, api: Program
) -> None:
    sheet = make(api)
    api.post(f"sheets/{sheet['id']}/start")
    SheetTicket.objects.update(org_id=rival.pk)
    drive_once()
    assert states(acme, sheet) == ["ready"] * 3
