"""Sheets through the REST API: made, quoted, started, and handed out as a result."""

import csv
import io
import json
import uuid
import zipfile
from decimal import Decimal
from typing import Any

import pytest

from accounts.models import Hold, Organization, Scope, Subject, User
from billing.models import Entry
from saas.database import tenancy
from studio.models import Run, Sheet, SheetRow, Ticket
from tests.studio.api.keys import Program, program
from tests.studio.engine.test_worker import up
from tests.studio.sheets.conftest import LAMPS, count_runs, drive_once, drive_sheets, make, rows_of, send, states
from tests.support import picture_bytes
from tests.support.fake_provider import Exchange, Upstream, completed, error, pictures, png
from tests.support.text_holds import allow

__all__ = ["up"]
pytestmark = pytest.mark.django_db


def result(api: Program, sheet: dict[str, Any]) -> list[dict[str, str]]:
    answer = api.get(f"sheets/{sheet['id']}/result.csv")
    assert answer.status_code == 200
    return list(csv.DictReader(io.StringIO(answer.content.decode(), newline="")))


def nothing_was_spent(org: Organization) -> bool:
    with tenancy.tenant(org.pk):
        return not (Run.objects.exists() or Ticket.objects.exists() or Hold.objects.exists())


def test_a_table_becomes_a_sheet_with_a_quote_and_nothing_is_spent(acme: Organization, bob: User) -> None:
    api = program(acme, bob)
    rows = [{"prompt": "A red lamp", "size": "1024x1024", "quality": "low", "sku": "L-1"}, {"prompt": "A blue lamp"}]
    sheet = make(api, rows, quality="medium")
    assert (sheet["state"], sheet["rows"], sheet["faults"]) == ("ready", 2, [])
    assert sheet["columns"] == ["prompt", "size", "quality", "sku"]
    quote = sheet["quote"]
    assert (quote["pictures"], quote["fits_budget"], quote["left"]) == (2, True, None)
    assert Decimal(0) < Decimal(quote["low"]) <= Decimal(quote["high"]) <= Decimal(quote["upper_bound"])
    assert nothing_was_spent(acme)
    one, two = (api.post("estimate", {"prompt": row["prompt"], **more}).json() for row, more in zip(
        rows, ({"size": "1024x1024", "quality": "low"}, {"quality": "medium"}), strict=True
    ))  # fmt: skip
    for name in ("low", "high", "upper_bound"):
        assert Decimal(quote[name]) == Decimal(one[name]) + Decimal(two[name])
    assert api.get(f"sheets/{sheet['id']}").json()["quote"] == quote


def test_faults_name_the_row_and_the_column(acme: Organization, bob: User) -> None:
    text = "prompt;Size;style\r\nA lamp;1024x1024;\r\n;1024x1024;\r\nA lamp;1920x1080;velvet\r\n"
    answer = send(program(acme, bob), text.encode("utf-8-sig"))
    assert answer.status_code == 201
    sheet = answer.json()
    assert [(one["row"], one["column"], one["code"]) for one in sheet["faults"]] == [
        (2, "prompt", "required"),
        (3, "Size", sheet["faults"][1]["code"]),
        (3, "style", "unknown_style"),
    ]
    assert (sheet["rows"], sheet["quote"]["pictures"]) == (3, 1)
    assert sheet["counts"]["faulty"] == 2


def test_a_template_names_columns_and_groups_are_variants(acme: Organization, bob: User) -> None:
    rows = [{"Product": "lamp", "surface": "{oak|marble}"}, {"Product": "mug {big}", "surface": "linen"}]
    sheet = make(program(acme, bob), rows, template="A {product} on {surface}, {morning|evening} \\{light\\}")
    assert (sheet["rows"], sheet["quote"]["pictures"]) == (2, 6)
    assert [(row.number, row.variant, row.asked["prompt"]) for row in rows_of(acme, sheet)] == [
        (1, 0, "A lamp on oak, morning {light}"),
        (1, 1, "A lamp on oak, evening {light}"),
        (1, 2, "A lamp on marble, morning {light}"),
        (1, 3, "A lamp on marble, evening {light}"),
        (2, 0, "A mug {big} on linen, morning {light}"),
        (2, 1, "A mug {big} on linen, evening {light}"),
    ]


def test_a_sheet_is_made_row_by_row_and_its_result_says_so(acme: Organization, bob: User, up: Upstream) -> None:
    api = program(acme, bob)
    up.script = pictures(completed(png()))
    sheet = make(api, [*LAMPS, {"prompt": " "}], name="Lamps", names="lamp_{row:02}.{ext}")
    started = api.post(f"sheets/{sheet['id']}/start", {"lane": "now", "concurrency": 2})
    assert (started.status_code, started.json()["state"]) == (200, "running")
    drive_once()
    assert states(acme, sheet) == ["running", "running", "ready", "faulty"]
    assert Ticket.objects.count() == 2
    drive_sheets()
    told = api.get(f"sheets/{sheet['id']}").json()
    assert (told["state"], told["counts"]["finished"], told["counts"]["faulty"]) == ("finished", 3, 1)
    assert told["quote"]["pictures"] == 0
    assert [asked.json["prompt"] for asked in up.seen] == [row["prompt"] for row in LAMPS]
    with tenancy.tenant(acme.pk):
        spent = sum(Entry.objects.values_list("micros", flat=True))
    assert Decimal(told["cost"]) * 1_000_000 == spent > 0
    lines = result(api, sheet)
    assert [(line["prompt"], line["state"], line["file"]) for line in lines] == [
        ("A red lamp", "finished", "lamp_01.png"),
        ("A blue lamp", "finished", "lamp_02.png"),
        ("A green lamp", "finished", "lamp_03.png"),
        (" ", "faulty", ""),
    ]
    assert sum(Decimal(line["cost"] or 0) for line in lines) == Decimal(told["cost"])
    assert all(line["link"].startswith("http://testserver/o/acme/gallery/") for line in lines[:3])
    assert lines[3]["error"].startswith("prompt: ")
    rows = api.get(f"sheets/{sheet['id']}/rows?limit=3").json()
    assert [(row["row"], row["state"], row["pictures"][0]["file"]) for row in rows["data"]] == [
        (number, "finished", f"lamp_0{number}.png") for number in (1, 2, 3)
    ]
    last = api.get(f"sheets/{sheet['id']}/rows?limit=3&cursor={rows['next']}").json()
    assert ([row["row"] for row in last["data"]], last["next"]) == ([4], None)
    with zipfile.ZipFile(io.BytesIO(b"".join(_streamed(api.get(f"sheets/{sheet['id']}/archive.zip"))))) as packed:
        names = sorted(packed.namelist())
        assert names == ["Lamps/lamp_01.png", "Lamps/lamp_02.png", "Lamps/lamp_03.png", "Lamps/manifest.json"]
        assert packed.read("Lamps/lamp_01.png") == png()
        manifest = json.loads(packed.read("Lamps/manifest.json"))
    assert [one["prompt"] for one in manifest["pictures"]] == [row["prompt"] for row in LAMPS]


def _streamed(answer: Any) -> list[bytes]:
    from asgiref.sync import async_to_sync

    async def read() -> list[bytes]:
        return [chunk async for chunk in answer.streaming_content]

    return async_to_sync(read)()


def test_a_result_sheet_sent_in_again_makes_only_what_is_missing(acme: Organization, bob: User, up: Upstream) -> None:
    api = program(acme, bob)

    def blue_is_refused(exchange: Exchange) -> None:
        if "blue" in exchange.asked.json["prompt"]:
            exchange.whole(400, error("moderation_blocked"))
        else:
            pictures(completed(png()))(exchange)

    up.script = blue_is_refused
    rows = [
        {"colour": "red", "note": "=1+1"},
        {"colour": "blue", "note": "'plain"},
        {"colour": "{green|blue}", "note": ""},
    ]
    sheet = make(api, rows, template="A {colour} lamp")
    api.post(f"sheets/{sheet['id']}/start")
    drive_sheets()
    assert states(acme, sheet) == ["finished", "failed", "finished", "failed"]
    text = api.get(f"sheets/{sheet['id']}/result.csv").content.decode()
    assert "'=1+1" in text
    again = send(api, text).json()
    assert (again["rows"], again["columns"], again["quote"]["pictures"]) == (4, ["colour", "note"], 2)
    assert states(acme, again) == ["finished", "ready", "finished", "ready"]
    assert [row.cells for row in rows_of(acme, again)] == [
        ["red", "=1+1"], ["blue", "'plain"], ["{green|blue}", ""], ["{green|blue}", ""]
    ]  # fmt: skip
    up.script = pictures(completed(png()))
    up.seen.clear()
    api.post(f"sheets/{again['id']}/start")
    drive_sheets()
    assert [asked.json["prompt"] for asked in up.seen] == ["A blue lamp", "A blue lamp"]
    lines = result(api, again)
    assert [line["state"] for line in lines] == ["finished"] * 4
    assert all(line["link"] for line in lines)
    assert send(api, api.get(f"sheets/{again['id']}/result.csv").content).json()["quote"]["pictures"] == 0


def test_a_row_whose_cells_were_changed_is_made_again(acme: Organization, bob: User, up: Upstream) -> None:
    api = program(acme, bob)
    up.script = pictures(completed(png()))
    sheet = make(api)
    api.post(f"sheets/{sheet['id']}/start")
    drive_sheets()
    text = api.get(f"sheets/{sheet['id']}/result.csv").content.decode().replace("A blue lamp", "A violet lamp")
    again = send(api, text).json()
    assert (again["quote"]["pictures"], states(acme, again)) == (1, ["finished", "ready", "finished"])


def test_a_sample_is_made_first_and_counts(acme: Organization, bob: User, up: Upstream) -> None:
    api = program(acme, bob)
    up.script = pictures(completed(png()))
    sheet = make(api)
    api.post(f"sheets/{sheet['id']}/start", {"sample": 2})
    drive_sheets()
    told = api.get(f"sheets/{sheet['id']}").json()
    assert (told["state"], states(acme, sheet)) == ("paused", ["finished", "finished", "ready"])
    assert len(up.seen) == 2
    assert api.post(f"sheets/{sheet['id']}/start").json()["state"] == "running"
    drive_sheets()
    assert api.get(f"sheets/{sheet['id']}").json()["state"] == "finished"
    assert len(up.seen) == 3


def test_rows_begin_in_their_order_while_the_hold_fits(
    acme: Organization, alice: User, bob: User, up: Upstream
) -> None:
    api = program(acme, bob)
    up.script = lambda exchange: exchange.whole(400, error("moderation_blocked"))
    sheet = make(api, [{"prompt": f"Lamp {number}"} for number in range(5)], size="1024x1024", quality="low")
    each = Decimal(sheet["quote"]["upper_bound"]) / 5
    allow(acme, alice, Subject.ORGANIZATION, money_day=int(each * 1_000_000 * 2))
    told = api.get(f"sheets/{sheet['id']}").json()["quote"]
    assert (told["fits_budget"], told["rows_that_fit"]) == (False, 2)
    assert Decimal(told["left"]) == each * 2
    api.post(f"sheets/{sheet['id']}/start")
    drive_once()
    assert states(acme, sheet) == ["running", "running", "ready", "ready", "ready"]
    assert "left" in api.get(f"sheets/{sheet['id']}").json()["reason"]
    up.script = pictures(completed(png()))
    drive_sheets()
    told = api.get(f"sheets/{sheet['id']}").json()
    assert told["state"] == "waiting"
    finished = told["counts"]["finished"]
    assert 2 <= finished < 5
    assert states(acme, sheet) == ["finished"] * finished + ["ready"] * (5 - finished)
    allow(acme, alice, Subject.ORGANIZATION, money_day=100_000_000)
    drive_sheets()
    assert api.get(f"sheets/{sheet['id']}").json()["state"] == "finished"
    assert len(up.seen) == 5


def test_pause_resume_and_cancel(acme: Organization, bob: User, up: Upstream) -> None:
    api = program(acme, bob)
    up.script = pictures(completed(png()))
    sheet = make(api)
    path = f"sheets/{sheet['id']}"
    api.post(f"{path}/start", {"concurrency": 1})
    drive_once()
    assert api.post(f"{path}/pause").json()["state"] == "paused"
    drive_sheets()
    assert states(acme, sheet) == ["finished", "ready", "ready"]
    assert api.post(f"{path}/pause").status_code == 200
    assert api.post(f"{path}/resume").json()["state"] == "running"
    drive_once()
    assert states(acme, sheet) == ["finished", "running", "ready"]
    assert api.post(f"{path}/cancel").json()["state"] == "cancelled"
    drive_sheets()
    assert states(acme, sheet) == ["finished", "cancelled", "cancelled"]
    assert len(up.seen) == 1
    for act in ("start", "pause", "resume"):
        answer = api.post(f"{path}/{act}")
        assert (answer.status_code, answer.json()["error"]["code"]) == (409, "wrong_state")
    with tenancy.tenant(acme.pk):
        assert not Hold.objects.filter(state="open").exists()


def test_pictures_come_by_zip_and_by_id(acme: Organization, bob: User, up: Upstream) -> None:
    api = program(acme, bob)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as file:
        file.writestr("photos/Lamp.png", picture_bytes.plain(".png", 40, 60))
        file.writestr("../../evil.png", picture_bytes.plain(".png", 40, 60))
        file.writestr("broken.png", b"no picture")
    packed.seek(0)
    packed.name = "pictures.zip"
    photo = io.BytesIO(picture_bytes.plain(".png", 64, 64))
    photo.name = "library.png"
    library = api.give("inputs", file=photo).json()["id"]
    text = (
        "prompt,picture\nAs a drawing,lamp.png\nAs oil,"
        f"{library}\nAs neon,missing.png\nAs clay,broken.png\nAs ink,evil.png|Lamp.png\n"
    )
    answer = send(api, text, pictures=packed)
    assert answer.status_code == 201, answer.content
    sheet = answer.json()
    assert [(one["row"], one["column"], one["code"]) for one in sheet["faults"]] == [
        (3, "picture", "no_picture"), (4, "picture", "no_picture")
    ]  # fmt: skip
    assert "missing.png" in sheet["faults"][0]["message"]
    up.script = pictures(completed(png()))
    api.post(f"sheets/{sheet['id']}/start")
    drive_sheets()
    assert [asked.path for asked in up.seen] == ["/v1/images/edits"] * 3
    assert b"image-2.png" in up.seen[2].body
    assert [row.run.kind for row in rows_of(acme, sheet) if row.run] == ["edit"] * 3


def test_rows_that_asked_for_the_same_can_be_reused(acme: Organization, bob: User, up: Upstream) -> None:
    api = program(acme, bob)
    up.script = pictures(completed(png()))
    first = make(api)
    api.post(f"sheets/{first['id']}/start")
    drive_sheets()
    second = make(api, [*LAMPS[:2], {"prompt": "A violet lamp"}])
    assert (second["alike"], second["quote"]["pictures"]) == (2, 3)
    third = make(api, [*LAMPS[:2], {"prompt": "A violet lamp"}], reuse=True)
    assert (third["alike"], third["quote"]["pictures"]) == (0, 1)
    api.post(f"sheets/{third['id']}/start")
    drive_sheets()
    assert len(up.seen) == 4
    assert all(line["link"] for line in result(api, third))
    assert Decimal(api.get(f"sheets/{third['id']}").json()["cost"]) < Decimal(
        api.get(f"sheets/{first['id']}").json()["cost"]
    )


@pytest.mark.parametrize(
    ("sent", "field", "code"),
    [
        ({"rows": []}, "rows", "required"),
        ({}, "file", "required"),
        ({"rows": [{"product": "lamp"}]}, "template", "no_prompt"),
        ({"rows": [{"product": "lamp"}], "template": "A {produkt}"}, "template", "unknown_column"),
        ({"rows": [{"prompt": {"a": 1}}]}, "rows", "invalid_type"),
        ({"rows": ["lamp"]}, "rows", "invalid_type"),
        ({"rows": [{"prompt": "lamp", "Prompt ": "lamp"}]}, "rows", "duplicate_column"),
        ({"rows": [{"prompt": "lamp", "style": "neon", "styles": "oil"}]}, "mapping", "duplicate_column"),
        ({"rows": [{"prompt": "lamp"}], "colour": "red"}, "colour", "unknown_parameter"),
        ({"rows": [{"prompt": "lamp"}], "names": "{sku}.{ext}"}, "names", "unknown_column"),
        ({"rows": [{"prompt": "lamp"}], "mapping": {"sku": "n"}}, "mapping", "unknown_column"),
    ],
)
def test_what_is_no_sheet_is_refused(
    acme: Organization, bob: User, sent: dict[str, Any], field: str, code: str
) -> None:
    answer = program(acme, bob).post("sheets", sent)
    assert answer.status_code == 422
    assert [(one["field"], one["code"]) for one in answer.json()["error"]["fields"]] == [(field, code)]
    with tenancy.tenant(acme.pk):
        assert not Sheet.objects.exists()


@pytest.mark.parametrize(
    ("said", "field"), [({"lane": "tomorrow"}, "lane"), ({"concurrency": 0}, "concurrency"), ({"sample": 6}, "sample")]
)
def test_a_start_that_cannot_be_changes_nothing(
    acme: Organization, bob: User, said: dict[str, Any], field: str
) -> None:
    api = program(acme, bob)
    sheet = make(api)
    answer = api.post(f"sheets/{sheet['id']}/start", said)
    assert answer.status_code == 422
    assert field in answer.json()["error"]["fields"][0]["field"]
    assert api.get(f"sheets/{sheet['id']}").json()["state"] == "ready"
    assert nothing_was_spent(acme)


def test_others_neither_see_nor_steer_a_sheet(
    acme: Organization, rival: Organization, alice: User, bob: User, charlie: User
) -> None:
    his = program(acme, bob)
    sheet, private = make(his), make(his, visibility="private")
    theirs, hers = program(rival, charlie), program(acme, alice)
    reads = ("", "/rows", "/result.csv", "/archive.zip")
    for one, api in ((sheet, theirs), (private, theirs), (private, hers)):
        for part in reads:
            assert api.get(f"sheets/{one['id']}{part}").status_code == 404
        for act in ("start", "pause", "resume", "cancel", "rerun"):
            assert api.post(f"sheets/{one['id']}/{act}").status_code == 404
        assert api.delete(f"sheets/{one['id']}").status_code == 404
    assert [one["id"] for one in hers.get("sheets").json()["data"]] == [sheet["id"]]
    reader = program(acme, bob, Scope.READ)
    assert reader.post("sheets", {"rows": LAMPS}).status_code == 403
    assert reader.post(f"sheets/{sheet['id']}/start").status_code == 403
    assert api.get(f"sheets/{uuid.uuid4()}").status_code == 404
    assert count_runs(acme) == 0
    assert his.get(f"sheets/{sheet['id']}").json()["state"] == "ready"


def test_a_colleague_who_is_no_admin_may_not_start_a_sheet(acme: Organization, alice: User, bob: User) -> None:
    hers, his = program(acme, alice), program(acme, bob)
    sheet = make(hers)
    assert his.post(f"sheets/{sheet['id']}/start").status_code == 403
    assert his.delete(f"sheets/{sheet['id']}").status_code == 403
    assert his.get(f"sheets/{sheet['id']}").json()["state"] == "ready"


def test_a_deleted_sheet_stops_what_it_makes(acme: Organization, bob: User, up: Upstream) -> None:
    api = program(acme, bob)
    sheet = make(api)
    api.post(f"sheets/{sheet['id']}/start", {"concurrency": 1})
    drive_once()
    assert api.delete(f"sheets/{sheet['id']}").status_code == 204
    assert api.get(f"sheets/{sheet['id']}").status_code == 404
    drive_sheets()
    assert up.seen == []
    with tenancy.tenant(acme.pk):
        assert not SheetRow.objects.exists()
        assert [run.state for run in Run.objects.all()] == ["cancelled"]
        assert not Hold.objects.filter(state="open").exists()


def test_failed_rows_are_made_again_where_that_can_help(acme: Organization, bob: User, up: Upstream) -> None:
    api = program(acme, bob)

    def fails(exchange: Exchange) -> None:
        if "red" in exchange.asked.json["prompt"]:
            exchange.whole(400, error("moderation_blocked"))
        elif "blue" in exchange.asked.json["prompt"]:
            exchange.whole(401, error("invalid_api_key"))
        else:
            pictures(completed(png()))(exchange)

    up.script = fails
    sheet = make(api)
    api.post(f"sheets/{sheet['id']}/start")
    drive_sheets()
    assert states(acme, sheet) == ["failed", "failed", "finished"]
    assert [row.error_code for row in rows_of(acme, sheet)] == ["moderated", "invalid_key", ""]
    up.script = pictures(completed(png()))
    assert api.post(f"sheets/{sheet['id']}/rerun").json()["counts"]["ready"] == 1
    drive_sheets()
    assert states(acme, sheet) == ["failed", "finished", "finished"]
    assert api.get(f"sheets/{sheet['id']}").json()["state"] == "finished"
