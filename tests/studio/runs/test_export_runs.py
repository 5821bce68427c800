"""Runs as a file: each with what became of it and what it cost, for those who may see it."""

import csv
import io
import json
import zipfile
from datetime import UTC, date, datetime, timedelta
from xml.etree import ElementTree as ET

import pytest
from django.test import Client

from accounts.models import Organization, User
from billing import tasks
from billing.models import Export, ExportState
from saas.database import tenancy
from studio.models import Slot, State
from studio.models.runs import Charged
from tests.conftest import SignIn, actions
from tests.support import ended_runs
from tests.support.ledger_entries import entry

pytestmark = pytest.mark.django_db
PERIOD = {"period": "own", "from": "2026-11-01", "to": "2026-11-30", "play": "0", "what": "runs"}


@pytest.fixture(autouse=True)
def _made_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks.make_export, "send", lambda *_: None)


@pytest.fixture
def runs(acme: Organization, rival: Organization, adam: User, bob: User, charlie: User) -> Organization:
    began = datetime(2026, 11, 3, 9, tzinfo=UTC)
    november = {"created_at": began, "ended_at": began + timedelta(seconds=42)}
    asked = {"quality": "low", "size": "1024x1024"}
    lamp = ended_runs.run(acme, bob, prompt="=A lamp", project="Spring", count=2, asked=asked, **november)
    for index, (state, sentence) in enumerate([(State.SUCCEEDED, ""), (State.UNKNOWN, "The line broke.")]):
        with tenancy.tenant(acme.pk):
            Slot.objects.create(
                org=acme,
                run=lamp,
                index=index,
                state=state,
                error_sentence=sentence,
                charged=Charged.PERHAPS if sentence else Charged.YES,
            )
    entry(acme, bob, date(2026, 11, 3), 5_901, run_code=lamp.code)
    entry(acme, bob, date(2026, 11, 4), -1, kind="correction", images=0, run_code=lamp.code)
    ended_runs.run(acme, bob, prompt="A secret", visibility="private", **november)
    ended_runs.run(acme, adam, prompt="Another", model="gpt-image-2.5-flare", **november)
    ended_runs.run(acme, bob, prompt="Too early", created_at=datetime(2026, 10, 31, 23, tzinfo=UTC))
    ended_runs.run(rival, charlie, prompt="A rival's", **november)
    return acme


def exported(org: Organization, client: Client, form: str, **changes: str) -> bytes:
    asked = {**PERIOD, "format": form, **changes}
    assert client.post("/o/acme/usage/exports/make/", asked).status_code == 302
    with tenancy.tenant(org.pk):
        export = Export.objects.order_by("-pk")[0]
    tasks.make_export.fn(org.pk, str(export.code))
    with tenancy.tenant(org.pk):
        export.refresh_from_db()
    assert export.state == ExportState.READY
    answer = client.get(f"/o/acme/usage/exports/{export.code}/")
    assert answer["Content-Disposition"] == f'attachment; filename="darkroom-runs-20261101-20261130.{form}"'
    return bytes(answer.getvalue())


def rows(data: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"))))


def test_each_run_says_what_became_of_it_and_what_it_cost(runs: Organization, adam: User, sign_in: SignIn) -> None:
    lamp, secret, other = rows(exported(runs, sign_in(adam), "csv"))
    assert lamp["prompt"] == "'=A lamp"
    assert (lamp["amount_usd"], lamp["pictures_asked"], lamp["pictures_made"]) == ("0.005900", "2", "1")
    assert (lamp["may_have_been_charged"], lamp["trouble"]) == ("1", "The line broke.")
    assert (lamp["quality"], lamp["project"], lamp["seconds"], lamp["person"]) == ("low", "Spring", "42", "Bob")
    assert (secret["visibility"], secret["prompt"]) == ("private", "")
    assert other["model"] == "gpt-image-2.5-flare"
    with tenancy.tenant(runs.pk):
        export = Export.objects.get()
    assert (export.rows, export.micros) == (3, 5_900)
    assert actions(runs) == ["runs.exported"]


def test_a_member_gets_their_own_also_their_private_ones(runs: Organization, bob: User, sign_in: SignIn) -> None:
    found = rows(exported(runs, sign_in(bob), "csv"))
    assert [row["prompt"] for row in found] == ["'=A lamp", "A secret"]


@pytest.mark.parametrize(
    ("name", "value", "count"),
    [
        ("model", "gpt-image-2.5-flare", 1),
        ("project", "Spring", 1),
        ("project", "", 2),
        ("quality", "low", 1),
        ("kind", "edit", 0),
        ("key", "", 3),
        ("connection", "", 3),
    ],
)
def test_it_is_narrowed_as_usage_is(
    name: str, value: str, count: int, runs: Organization, adam: User, sign_in: SignIn
) -> None:
    assert len(rows(exported(runs, sign_in(adam), "csv", **{name: value}))) == count


def test_of_a_person_alone(runs: Organization, adam: User, bob: User, sign_in: SignIn) -> None:
    assert len(rows(exported(runs, sign_in(adam), "csv", member=str(bob.pk)))) == 2


def test_days_are_those_of_the_organization(runs: Organization, adam: User, sign_in: SignIn) -> None:
    with tenancy.tenant(runs.pk):
        Organization.objects.filter(pk=runs.pk).update(time_zone="Europe/Berlin")
    assert len(rows(exported(runs, sign_in(adam), "csv"))) == 4


def test_lines_of_json_and_workbooks_say_the_same(runs: Organization, adam: User, sign_in: SignIn) -> None:
    client = sign_in(adam)
    lines = [json.loads(line) for line in exported(runs, client, "jsonl").splitlines()]
    assert (lines[0]["prompt"], lines[0]["amount_usd"], lines[1]["prompt"]) == ("=A lamp", 0.0059, None)
    book = zipfile.ZipFile(io.BytesIO(exported(runs, client, "xlsx")))
    sheet = ET.fromstring(book.read("xl/worksheets/sheet1.xml"))  # noqa: S314 our own file
    space = {"x": "http://schemas.openxmlformats.org/spreadsheetml/2006/main"}
    assert len(sheet.findall(".//x:row", space)) == 4
    assert sheet.findall(".//x:f", space) == []


def test_the_sandboxs_runs_are_apart(runs: Organization, adam: User, sign_in: SignIn) -> None:
    assert rows(exported(runs, sign_in(adam), "csv", play="1")) == []


def test_runs_have_no_focus_file(runs: Organization, adam: User, sign_in: SignIn) -> None:
    client = sign_in(adam)
    client.post("/o/acme/usage/exports/make/", {**PERIOD, "format": "focus"})
    assert "FOCUS is a format of the ledger" in client.get("/o/acme/usage/exports/").content.decode()
    assert client.post("/o/acme/usage/exports/make/", {**PERIOD, "what": "secrets", "format": "csv"}).status_code == 404
    with tenancy.tenant(runs.pk):
        assert not Export.objects.exists()
