"""Exports of the ledger: every entry once, every digit, nothing that a spreadsheet would run, only for whom it is."""

import csv
import io
import json
import re
import zipfile
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID
from xml.etree import ElementTree as ET

import pytest
from django.core.files.storage import default_storage
from django.db import connection
from django.test import Client
from django.utils import timezone

from accounts.models import Delivery, Membership, Organization, Role, User
from accounts.people import members
from accounts.webhooks import endpoints
from billing import exports, tasks
from billing.models import Export, ExportState, Format
from saas.database import tenancy
from tests.conftest import SignIn, actions, must_be_member
from tests.support import focus_rules
from tests.support.ledger_entries import entry

pytestmark = pytest.mark.django_db

PERIOD = {"period": "own", "from": "2026-11-01", "to": "2026-11-30", "play": "0"}
EVIL = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "＝1"]  # noqa: RUF001 full-width on purpose


@pytest.fixture(autouse=True)
def _made_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """No worker runs beside these tests: what is asked for is made when a test says so."""
    monkeypatch.setattr(tasks.make_export, "send", lambda *_: None)


@pytest.fixture
def books(acme: Organization, rival: Organization, alice: User, bob: User, charlie: User) -> Organization:
    entry(acme, alice, date(2026, 11, 1), 210_700, text_in=12, image_out=7024)
    entry(acme, bob, date(2026, 11, 15), 1, key_code=UUID(int=7), key_label="Shop", project="Frühling, «neu»")
    entry(acme, bob, date(2026, 11, 30), -100_000, kind="correction", images=0, note="Given back")
    entry(acme, bob, date(2026, 11, 30), 0, kind="uncertain", images=0, open_micros=9)
    entry(acme, bob, date(2026, 12, 1), 777)
    entry(rival, charlie, date(2026, 11, 2), 50_000_000)
    for word in EVIL:
        entry(acme, alice, date(2026, 11, 3), 5, project=word)
    return acme


def ask(client: Client, form: str, **changes: str) -> None:
    asked = {**PERIOD, "what": "ledger", "format": form, **changes}
    assert client.post("/o/acme/usage/exports/make/", asked).status_code == 302


def made(org: Organization) -> Export:
    with tenancy.tenant(org.pk):
        newest = Export.objects.order_by("-pk")[0]
    tasks.make_export.fn(org.pk, str(newest.code))
    with tenancy.tenant(org.pk):
        newest.refresh_from_db()
    assert newest.state == ExportState.READY
    return newest


def content(client: Client, export: Export) -> bytes:
    answer = client.get(f"/o/acme/usage/exports/{export.code}/")
    assert answer.status_code == 200
    assert answer["Cache-Control"] == "private, no-store"
    return bytes(answer.getvalue())


def test_a_csv_has_every_entry_with_every_digit(books: Organization, adam: User, sign_in: SignIn) -> None:
    client = sign_in(adam)
    ask(client, "csv")
    export = made(books)
    text = content(client, export).decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert (export.rows, len(rows)) == (10, 10)
    amounts = [Decimal(row["amount_usd"]) for row in rows]
    assert amounts[:3] == [Decimal("0.210700"), Decimal("0.000001"), Decimal("-0.100000")]
    assert export.micros == int(sum(amounts) * 1_000_000) == 210_700 + 1 - 100_000 + 30
    assert rows[1]["project"] == "Frühling, «neu»"
    assert "ledger.exported" in actions(books)


def test_yes_and_no_are_words_in_a_csv_and_booleans_in_json(books: Organization, adam: User, sign_in: SignIn) -> None:
    entry(books, adam, date(2026, 11, 4), 5, is_estimated=True)
    client = sign_in(adam)
    ask(client, "csv")
    rows = list(csv.DictReader(io.StringIO(content(client, made(books)).decode("utf-8-sig"))))
    assert {(row["estimated"], row["sandbox"]) for row in rows[:-1]} == {("false", "false")}
    assert (rows[-1]["estimated"], rows[-1]["sandbox"]) == ("true", "false")
    ask(client, "jsonl")
    last = json.loads(content(client, made(books)).splitlines()[-1])
    assert (last["estimated"], last["sandbox"]) == (True, False)


def test_what_looks_like_a_formula_is_text(books: Organization, adam: User, sign_in: SignIn) -> None:
    client = sign_in(adam)
    ask(client, "csv")
    rows = list(csv.DictReader(io.StringIO(content(client, made(books)).decode("utf-8-sig"))))
    assert [row["project"] for row in rows[-6:]] == [f"'{word}" for word in EVIL]


def test_lines_of_json_say_it_as_it_is(books: Organization, adam: User, sign_in: SignIn) -> None:
    client = sign_in(adam)
    ask(client, "jsonl")
    lines = [json.loads(line) for line in content(client, made(books)).splitlines()]
    assert [line["project"] for line in lines[-6:]] == EVIL
    assert lines[0]["image_out"] == 7024


def test_a_workbook_holds_numbers_as_numbers_and_text_as_text(books: Organization, adam: User, sign_in: SignIn) -> None:
    client = sign_in(adam)
    ask(client, "xlsx")
    book = zipfile.ZipFile(io.BytesIO(content(client, made(books))))
    sheet = ET.fromstring(book.read("xl/worksheets/sheet1.xml"))  # noqa: S314 our own file
    space = {"x": "http://schemas.openxmlformats.org/spreadsheetml/2006/main"}
    assert sheet.findall(".//x:f", space) == []
    amount = sheet.find(".//x:c[@r='F2']", space)
    assert amount is not None
    assert (amount.get("t"), float(amount.findtext("x:v", "", space))) == (None, 0.2107)
    assert len(sheet.findall(".//x:row", space)) == 11


def test_the_focus_file_keeps_to_the_published_rules(books: Organization, adam: User, sign_in: SignIn) -> None:
    with tenancy.tenant(books.pk):
        Organization.objects.filter(pk=books.pk).update(time_zone="Europe/Berlin")
    client = sign_in(adam)
    ask(client, "focus")
    reader = csv.DictReader(io.StringIO(content(client, made(books)).decode()))
    rows = list(reader)
    assert focus_rules.faults(list(reader.fieldnames or []), rows) == []
    assert len(rows) == 9
    assert sum(Decimal(row["BilledCost"]) for row in rows) == Decimal("0.110731")
    assert (rows[0]["BillingPeriodStart"], rows[0]["BillingPeriodEnd"]) == (
        "2026-10-31T23:00:00Z",
        "2026-11-30T23:00:00Z",
    )


def test_the_rules_find_what_breaks_them(books: Organization, adam: User, sign_in: SignIn) -> None:
    client = sign_in(adam)
    ask(client, "focus")
    reader = csv.DictReader(io.StringIO(content(client, made(books)).decode()))
    rows = list(reader)
    for name, value in [("BilledCost", "1,5"), ("ChargeCategory", "Fun"), ("ServiceName", ""), ("ListUnitPrice", "9")]:
        assert focus_rules.faults(list(rows[0]), [{**rows[0], name: value}]) != []
    assert focus_rules.faults([name for name in rows[0] if name != "Tags"], []) == ["Tags is missing"]


def test_a_member_gets_their_own_entries_alone(books: Organization, bob: User, alice: User, sign_in: SignIn) -> None:
    client = sign_in(bob)
    ask(client, "csv", member=str(alice.pk))
    assert made(books).rows == 0
    ask(client, "csv")
    assert made(books).rows == 3


def test_nobody_else_gets_the_file(
    books: Organization, adam: User, alice: User, charlie: User, sign_in: SignIn
) -> None:
    ask(sign_in(adam), "csv")
    export = made(books)
    assert sign_in(alice).get(f"/o/acme/usage/exports/{export.code}/").status_code == 404
    assert sign_in(charlie).get(f"/o/acme/usage/exports/{export.code}/").status_code == 404
    assert sign_in(charlie).get(f"/o/rival/usage/exports/{export.code}/").status_code == 404


def test_who_lost_the_right_meanwhile_gets_nothing(
    books: Organization, alice: User, adam: User, sign_in: SignIn
) -> None:
    client = sign_in(adam)
    ask(client, "csv")
    export = made(books)
    with tenancy.tenant(books.pk):
        member = Membership.objects.get(user=adam)
        members.change_role(member=member, role=Role.MEMBER, by=must_be_member(books, alice))
    assert client.get(f"/o/acme/usage/exports/{export.code}/").status_code == 404
    assert str(export.code) not in client.get("/o/acme/usage/exports/").content.decode()


def test_after_a_week_it_is_gone_with_its_file(books: Organization, adam: User, sign_in: SignIn) -> None:
    client = sign_in(adam)
    ask(client, "csv")
    export = made(books)
    with tenancy.tenant(books.pk):
        Export.objects.update(created_at=timezone.now() - timedelta(days=7))
    assert client.get(f"/o/acme/usage/exports/{export.code}/").status_code == 404
    with tenancy.tenant(books.pk):
        assert exports.tidy(books) == 1
    assert not default_storage.exists(export.file)


def test_a_webhook_is_told_that_it_is_ready(
    books: Organization, rival: Organization, adam: User, charlie: User, sign_in: SignIn
) -> None:
    for org, user in ((books, adam), (rival, charlie)):
        with tenancy.tenant(org.pk):
            endpoints.add(by=must_be_member(org, user), url="https://example.com/", events=["export.ready"])
    ask(sign_in(adam), "csv")
    export = made(books)
    tasks.make_export.fn(books.pk, str(export.code))
    with tenancy.tenant(books.pk):
        told = Delivery.objects.get().payload
    assert told["type"] == "export.ready"
    assert told["data"] == {
        "export": str(export.code),
        "what": "ledger",
        "format": "csv",
        "from": "2026-11-01",
        "to": "2026-11-30",
        "is_play": False,
        "rows": 10,
        "cost": "0.110731",
        "made_for": str(adam.code),
        "url": f"/api/v1/exports/{export.code}",
    }
    with tenancy.tenant(rival.pk):
        assert not Delivery.objects.exists()


def test_a_broken_export_says_so(
    books: Organization, adam: User, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = sign_in(adam)
    ask(client, "csv")
    monkeypatch.setattr(exports, "write", lambda *_, **__: 1 / 0)
    with tenancy.tenant(books.pk):
        newest = Export.objects.get()
    tasks.make_export.fn(books.pk, str(newest.code))
    assert "Failed" in client.get("/o/acme/usage/exports/").content.decode()


def exports_of(org: Organization) -> int:
    with tenancy.tenant(org.pk):
        return Export.objects.count()


def test_a_fourth_at_once_is_refused_with_a_sentence(
    books: Organization, alice: User, adam: User, rival: Organization, charlie: User, sign_in: SignIn
) -> None:
    client, asked = sign_in(adam), {**PERIOD, "format": "csv"}
    for _ in range(tasks.MOST_AT_ONCE):
        ask(client, "csv")
    before = actions(books)
    answer = client.post("/o/acme/usage/exports/make/", asked, follow=True)
    assert "Three exports are already being made. Wait until one of them is ready." in answer.content.decode()
    assert (exports_of(books), actions(books)) == (3, before)
    ask(sign_in(alice), "csv")  # a colleague's are counted apart
    assert sign_in(charlie).post("/o/rival/usage/exports/make/", asked).status_code == 302
    assert (exports_of(books), exports_of(rival)) == (4, 1)


@pytest.mark.parametrize("end", ["made", "lost an hour ago"])
def test_when_one_of_them_has_ended_another_may_be_asked_for(
    end: str, books: Organization, adam: User, sign_in: SignIn
) -> None:
    client = sign_in(adam)
    for _ in range(tasks.MOST_AT_ONCE):
        ask(client, "csv")
    if end == "made":
        made(books)
    else:
        with tenancy.tenant(books.pk):
            Export.objects.filter(pk=Export.objects.latest("pk").pk).update(created_at=timezone.now() - exports.LONGEST)
    ask(client, "csv")
    ask(client, "csv")
    assert exports_of(books) == 4


@pytest.mark.parametrize("form", ["", "exe", "csv\0"])
def test_another_format_makes_nothing(form: str, books: Organization, adam: User, sign_in: SignIn) -> None:
    assert sign_in(adam).post("/o/acme/usage/exports/make/", {**PERIOD, "format": form}).status_code == 404
    with tenancy.tenant(books.pk):
        assert not Export.objects.exists()


def test_who_lost_the_right_before_it_is_made_has_no_file_made(
    books: Organization, alice: User, adam: User, sign_in: SignIn
) -> None:
    ask(sign_in(adam), "csv")
    with tenancy.tenant(books.pk):
        member = Membership.objects.get(user=adam)
        members.change_role(member=member, role=Role.MEMBER, by=must_be_member(books, alice))
        code = str(Export.objects.get().code)
    tasks.make_export.fn(books.pk, code)
    with tenancy.tenant(books.pk):
        export = Export.objects.get()
    assert (export.state, export.file, export.rows) == (ExportState.FAILED, "", None)


def test_who_is_no_member_any_more_has_no_file_made(
    books: Organization, alice: User, bob: User, sign_in: SignIn
) -> None:
    ask(sign_in(bob), "csv")
    with tenancy.tenant(books.pk):
        code = str(Export.objects.get().code)
        members.remove(member=Membership.objects.get(user=bob), by=must_be_member(books, alice))
    tasks.make_export.fn(books.pk, code)
    with tenancy.tenant(books.pk):
        assert Export.objects.get().state == ExportState.FAILED


def test_a_message_that_comes_twice_leaves_one_file(
    books: Organization, adam: User, sign_in: SignIn, django_capture_on_commit_callbacks: Any
) -> None:
    ask(sign_in(adam), "csv")
    export = made(books)
    with django_capture_on_commit_callbacks(execute=True), tenancy.tenant(books.pk):
        assert exports.note(export, exports.write(export, upto=exports.newest_entry(books))) is False
    folder, files = default_storage.listdir(f"{books.code}/exports")
    assert (folder, files) == ([], [f"{export.code}.csv"])


def test_a_workbook_is_one_that_excel_opens_without_a_word(books: Organization, adam: User, sign_in: SignIn) -> None:
    """Its parts are XML, each is named in the list of contents, days are days, and codes that look like numbers are
    marked as meant."""
    client = sign_in(adam)
    entry(books, adam, date(2026, 11, 9), 3, project="2027")
    ask(client, "xlsx")
    book = zipfile.ZipFile(io.BytesIO(content(client, made(books))))
    assert book.testzip() is None
    listed = ET.fromstring(book.read("[Content_Types].xml"))  # noqa: S314 our own file
    named = {part.get("PartName", "").lstrip("/") for part in listed} - {""}
    assert named <= set(book.namelist())
    for name in book.namelist():
        ET.fromstring(book.read(name))  # noqa: S314 our own file
    text = book.read("xl/worksheets/sheet1.xml").decode()
    assert '<autoFilter ref="A1:AH12"/>' in text
    assert 'numberStoredAsText="1"' in text
    assert 'sqref="A1:AH12"' in text
    formats = book.read("xl/styles.xml").decode()
    assert "yyyy-mm-dd" in formats
    day = re.search(r'<c r="C2" s="(\d+)"><v>(\d+)</v>', text)
    assert day is not None
    assert date(1899, 12, 30) + timedelta(days=int(day[2])) == date(2026, 11, 1)


def test_a_csv_begins_so_that_a_spreadsheet_knows_its_letters(books: Organization, adam: User, sign_in: SignIn) -> None:
    client = sign_in(adam)
    ask(client, "csv")
    assert content(client, made(books)).startswith(b"\xef\xbb\xbfentry,written_at,day,")


def test_what_is_narrowed_stays_narrowed_in_the_form(
    books: Organization, adam: User, bob: User, sign_in: SignIn
) -> None:
    client = sign_in(adam)
    seen = client.get(f"/o/acme/usage/exports/?{'&'.join(f'{k}={v}' for k, v in PERIOD.items())}&member={bob.pk}")
    assert f'<input type="hidden" name="member" value="{bob.pk}">' in seen.content.decode()
    ask(client, "csv", member=str(bob.pk))
    assert made(books).rows == 3


@pytest.mark.django_db(transaction=True)
def test_a_file_goes_to_storage_without_a_connection_in_hand(
    books: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    held, save = list[object](), default_storage.save

    def watched(name: str, content: Any) -> str:
        held.append(connection.connection)
        return save(name, content)

    with tenancy.tenant(books.pk):
        maker = books.memberships.select_related("user").order_by("pk")[0].user
        export = Export.objects.create(
            org=books,
            maker=maker,
            what="ledger",
            format=Format.CSV,
            is_play=False,
            first=date(2026, 1, 1),
            last=date(2026, 12, 31),
        )
    connection.close()
    monkeypatch.setattr(default_storage, "save", watched)
    tasks.make_export.fn(books.pk, str(export.code))
    with tenancy.tenant(books.pk):
        export.refresh_from_db()
    assert (held, export.state) == ([None], ExportState.READY)
