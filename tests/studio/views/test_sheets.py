"""The pages of sheets: a new one with its dry run, one that is being made, and what can be done with it."""

import re
from typing import Any

import pytest
from django.test import Client

from accounts.models import Hold, Organization, Subject, User
from saas.database import tenancy
from studio.models import Run, Sheet, SheetRow
from studio.sheets.board import PAGE_SIZE
from tests.conftest import SignIn
from tests.studio.api.keys import program
from tests.studio.engine.test_worker import up
from tests.studio.sheets.conftest import LAMPS, count_runs, drive_sheets, file_of, make, states
from tests.support.fake_provider import Exchange, Upstream, completed, error, pictures, png
from tests.support.text_holds import allow

__all__ = ["up"]
pytestmark = pytest.mark.django_db
PAGE = "/o/acme/sheets/"


@pytest.fixture
def his(bob: User, sign_in: SignIn, acme: Organization, up: Upstream) -> Client:
    up.script = pictures(completed(png()))
    return sign_in(bob)


def text_of(answer: Any) -> str:
    plain = re.sub(r"<[^>]+>", " ", answer.content.decode())
    return " ".join(plain.split())


def new(client: Client, **form: Any) -> str:
    answer = client.post(f"{PAGE}new/", form)
    assert answer.status_code == 302, text_of(answer)
    return str(answer["Location"])


def test_pasted_cells_become_a_sheet_with_its_dry_run(acme: Organization, his: Client) -> None:
    cells = "product\tsurface\tsize\nlamp\toak\t1024x1024\nmug\tlinen\t1920x1080\n"
    path = new(
        his, cells=cells, template="A {product} on {surface}", name="Shop", names="{product}.{ext}", quality="low"
    )
    page = text_of(his.get(path))
    for words in ("Shop", "0 of 2 made", "Row 2", "1920x1088", "lamp.png", "Make 1 row ·"):
        assert words in page
    with tenancy.tenant(acme.pk):
        assert not Run.objects.exists()
        assert not Hold.objects.exists()


def test_a_file_and_a_zip_are_taken(his: Client) -> None:
    file = file_of("prompt;picture\nAs oil;lamp.png\n".encode("utf-16"))
    page = text_of(his.get(new(his, file=file)))
    assert "was not sent" in page


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({}, "Send a table"),
        ({"cells": "product\nlamp\n"}, "No column is called “prompt”"),
        ({"cells": "product\nlamp\n", "template": "A {produkt}"}, "Did you mean {product}?"),
        ({"cells": "prompt\nlamp\n", "names": "{sku}"}, "There is no such column"),
    ],
)
def test_what_is_no_sheet_is_said_beside_its_field_and_what_was_typed_stays(
    acme: Organization, his: Client, form: dict[str, str], words: str
) -> None:
    answer = his.post(f"{PAGE}new/", form)
    assert answer.status_code == 422
    assert words in text_of(answer).replace("&#x27;", "'")
    for typed in form.values():
        assert typed.strip() in answer.content.decode().replace("\r\n", "\n")
    with tenancy.tenant(acme.pk):
        assert not Sheet.objects.exists()


def test_a_sheet_is_made_from_its_page(acme: Organization, bob: User, his: Client, up: Upstream) -> None:
    path = new(his, cells="prompt\nA red lamp\nA blue lamp\n")
    his.post(f"{path}start/", {"lane": "now", "concurrency": "", "sample": "3"})
    assert "Being made" in text_of(his.get(path))
    drive_sheets()
    page = his.get(path)
    assert "2 of 2 made" in text_of(page)
    assert page.content.decode().count('class="sheet-paper" href="/o/acme/gallery/') == 2
    assert "A blue lamp" in text_of(his.get(f"{path}?view=table"))
    result = his.get(f"{path}result.csv")
    assert result.content.startswith(b"\xef\xbb\xbfprompt,state,")
    assert his.get(f"{path}pictures.zip").status_code == 200
    listed = text_of(his.get(PAGE))
    assert "Finished" in listed
    assert "2 rows" in listed


def test_a_sample_is_begun_by_its_own_button(acme: Organization, his: Client) -> None:
    path = new(his, cells="prompt\n" + "".join(f"Lamp {number}\n" for number in range(6)))
    his.post(f"{path}start/", {"lane": "now", "sample": "2", "first": "1"})
    drive_sheets()
    page = text_of(his.get(path))
    assert "The sample is made" in page
    assert "2 of 6 made" in page
    assert "Go on with 4 rows" in page


def test_what_does_not_fit_the_budget_is_said(acme: Organization, alice: User, his: Client) -> None:
    allow(acme, alice, Subject.ORGANIZATION, money_day=10_000)
    path = new(
        his, cells="prompt\n" + "".join(f"Lamp {number}\n" for number in range(6)), quality="low", size="1024x1024"
    )
    assert "of 6 rows fit. The others wait for money." in text_of(his.get(path))


def test_failures_stand_together_and_are_fixed_in_place(acme: Organization, his: Client, up: Upstream) -> None:
    def fails(exchange: Exchange) -> None:
        if "evil" in exchange.asked.json["prompt"]:
            exchange.whole(400, error("moderation_blocked"))
        elif "poor" in exchange.asked.json["prompt"]:
            exchange.whole(401, error("invalid_api_key"))
        else:
            pictures(completed(png()))(exchange)

    up.script = fails
    path = new(his, cells="prompt\nAn evil lamp\nAn evil mug\nA poor cup\nA lamp\n")
    his.post(f"{path}start/", {"lane": "now"})
    drive_sheets()
    page = text_of(his.get(path))
    assert "2 rows The provider" in page
    assert "Prompt of row 1" in page
    with tenancy.tenant(acme.pk):
        first = SheetRow.objects.get(number=1)
    his.post(f"{path}rows/{first.code}/fix/", {"prompt": "A kind lamp"})
    up.script = pictures(completed(png()))
    his.post(f"{path}rerun/", {"reason": "invalid_key"})
    drive_sheets()
    with tenancy.tenant(acme.pk):
        assert list(SheetRow.objects.order_by("number").values_list("state", flat=True)) == [
            "finished", "failed", "finished", "finished"
        ]  # fmt: skip
    assert "A kind lamp" in [asked.json["prompt"] for asked in up.seen]


def test_a_fault_is_fixed_before_the_sheet_begins(acme: Organization, his: Client, up: Upstream) -> None:
    path = new(his, cells="prompt\tsku\n\tA-1\nA lamp\tA-2\n")
    with tenancy.tenant(acme.pk):
        faulty = SheetRow.objects.get(number=1)
    his.post(f"{path}rows/{faulty.code}/fix/", {"prompt": ""})
    assert states(acme, {"id": path.split("/")[-2]}) == ["faulty", "ready"]
    his.post(f"{path}rows/{faulty.code}/fix/", {"prompt": "A mug"})
    assert states(acme, {"id": path.split("/")[-2]}) == ["ready", "ready"]
    assert up.seen == []


def test_pause_cancel_and_delete_from_the_page(acme: Organization, his: Client) -> None:
    path = new(his, cells="prompt\nA lamp\nA mug\n")
    his.post(f"{path}start/", {"lane": "now"})
    his.post(f"{path}pause/")
    assert "Paused" in text_of(his.get(path))
    his.post(f"{path}resume/")
    his.post(f"{path}cancel/")
    assert "Cancelled" in text_of(his.get(path))
    assert his.post(f"{path}delete/")["Location"] == PAGE
    assert his.get(path).status_code == 404
    assert count_runs(acme) == 0


def test_ten_thousand_rows_come_in_pages(acme: Organization, bob: User, his: Client) -> None:
    sheet = make(program(acme, bob), [{"prompt": f"Lamp {number}"} for number in range(PAGE_SIZE * 2 + 3)])
    path = f"{PAGE}{sheet['id']}/"
    seen, after = [], ""
    for _ in range(3):
        page = his.get(f"{path}?part=rows&after={after}", headers={"HX-Request": "true"}).content.decode()
        seen.append(page.count('class="sheet-tile '))
        rest = page.partition("sheet-next")[2]
        after = rest.partition("after=")[2][:36]
    assert (seen, after) == ([PAGE_SIZE, PAGE_SIZE, 3], "")


def test_a_page_costs_the_same_questions_however_long_the_sheet_is(
    acme: Organization, bob: User, his: Client, django_assert_max_num_queries: Any
) -> None:
    api = program(acme, bob)
    short, long = make(api), make(api, [{"prompt": f"Lamp {number}"} for number in range(300)])
    for sheet in (short, long):
        with django_assert_max_num_queries(40):
            assert his.get(f"{PAGE}{sheet['id']}/").status_code == 200


def test_markup_in_cells_and_names_stays_text(acme: Organization, bob: User, his: Client) -> None:
    hostile = "<img src=x onerror=alert(1)>"
    sheet = make(program(acme, bob), [{"prompt": hostile, hostile: hostile}], name=hostile)
    for part in ("", "?view=table"):
        page = his.get(f"{PAGE}{sheet['id']}/{part}").content.decode()
        assert hostile not in page
        assert "&lt;img src=x" in page
    assert hostile not in his.get(PAGE).content.decode()


def test_a_colleague_looks_on_and_a_private_sheet_is_not_there(
    acme: Organization, alice: User, bob: User, vera: User, sign_in: SignIn, his: Client
) -> None:
    api = program(acme, bob)
    shared, private = make(api), make(api, visibility="private")
    hers = sign_in(vera)
    page = hers.get(f"{PAGE}{shared['id']}/")
    assert page.status_code == 200
    assert "start/" not in page.content.decode()
    for act in ("start", "pause", "cancel", "delete", "rerun"):
        assert hers.post(f"{PAGE}{shared['id']}/{act}/").status_code == 403
    for person in (vera, alice):
        assert sign_in(person).get(f"{PAGE}{private['id']}/").status_code == 404
    assert states(acme, shared) == ["ready"] * len(LAMPS)
