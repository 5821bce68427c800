"""The pages of styles: see, make, change, copy, try, order, retire, export and import them."""

import json
from io import BytesIO
from typing import Any

import pytest
from django.test import Client

from accounts.models import Organization, User
from saas.database import tenancy
from studio.models import Input, Run, Style, StyleVersion
from studio.styles import built_in, shelf
from tests.conftest import SignIn, actions
from tests.support import picture_bytes

pytestmark = pytest.mark.django_db
LINOCUT = {
    "name": "Linocut",
    "description": "Two blocks",
    "prompt": "Cut it as a linocut in two inks.",
    "keeps": ["identity", "pose"],
    "frees": ["background"],
    "least_role": "member",
}


def named(org: Organization, slug: str) -> StyleVersion:
    with tenancy.tenant(org.pk):
        shelf.stock(org)
        return shelf.newest(Style.objects.filter(org=org, slug=slug))[0]


def slugs(org: Organization) -> list[str]:
    with tenancy.tenant(org.pk):
        return [version.style.slug for version in shelf.all_of(org)]


def photo(name: str = "portrait.png") -> BytesIO:
    file = BytesIO(picture_bytes.plain(".png", 40, 60))
    file.name = name
    return file


def sheet(*styles: dict[str, Any], **more: Any) -> BytesIO:
    file = BytesIO(json.dumps({"format": "darkroom-styles/1", "styles": styles, **more}).encode())
    file.name = "styles.json"
    return file


@pytest.fixture
def bobs(acme: Organization, bob: User, sign_in: SignIn) -> Client:
    return sign_in(bob)


def test_the_page_shows_twelve_styles_with_their_samples(acme: Organization, bobs: Client) -> None:
    page = bobs.get("/o/acme/styles/").content.decode()
    assert page.count('class="style-sample"') == 12
    assert page.count('name="up"') == 0  # only admins order them
    sample = bobs.get(f"/o/acme/styles/{named(acme, 'neon').style.code}/sample/")
    assert (sample.status_code, sample["Content-Type"]) == (200, "image/webp")


def test_a_style_is_made_and_its_change_is_a_version(acme: Organization, bobs: Client) -> None:
    answer = bobs.post("/o/acme/styles/new/", LINOCUT)
    made = named(acme, "linocut")
    assert answer["Location"] == f"/o/acme/styles/{made.style.code}/"
    assert (made.keeps, made.frees, made.number) == (["identity", "pose"], ["background"], 1)
    changed = {**LINOCUT, "prompt": "Cut it in three inks.", "size": "1024x1536"}
    assert bobs.post(answer["Location"], changed).status_code == 302
    newest = named(acme, "linocut")
    assert (newest.number, newest.prompt, newest.size) == (2, "Cut it in three inks.", "1024x1536")
    page = bobs.get(answer["Location"]).content.decode()
    assert "Version 1" in page
    assert "Cut it as a linocut in two inks." in page


def test_markup_in_words_is_shown_as_text(acme: Organization, bobs: Client) -> None:
    hostile = "<script>alert(1)</script>"
    answer = bobs.post("/o/acme/styles/new/", {**LINOCUT, "name": hostile, "prompt": hostile, "description": hostile})
    assert answer.status_code == 302
    for url in ("/o/acme/styles/", answer["Location"], "/o/acme/"):
        page = bobs.get(url).content.decode()
        assert hostile not in page
        assert "&lt;script&gt;" in page


def test_what_a_style_cannot_say_is_told_beside_the_field(acme: Organization, bobs: Client) -> None:
    answer = bobs.post("/o/acme/styles/new/", {**LINOCUT, "name": "", "prompt": "x" * 4_001})
    assert answer.status_code == 200
    assert set(answer.context["form"].errors) == {"name", "prompt"}
    assert slugs(acme) == [one.slug for one in built_in.STYLES]


def test_an_example_picture_is_kept_with_the_style(acme: Organization, bobs: Client) -> None:
    bobs.post("/o/acme/styles/new/", {**LINOCUT, "file": photo()})
    made = named(acme, "linocut")
    assert made.reference is not None
    assert made.reference.name == "portrait.png"
    bobs.post(f"/o/acme/styles/{made.style.code}/", {**LINOCUT, "no_reference": "on"})
    assert named(acme, "linocut").reference is None


def test_a_refused_form_keeps_no_picture(acme: Organization, bobs: Client) -> None:
    bobs.post("/o/acme/styles/new/", {**LINOCUT, "name": "", "file": photo()})
    with tenancy.tenant(acme.pk):
        assert not Input.objects.exists()


def test_a_member_cannot_change_what_others_made(acme: Organization, bobs: Client) -> None:
    code = named(acme, "oil").style.code
    assert bobs.post(f"/o/acme/styles/{code}/", LINOCUT).status_code == 403
    assert bobs.post(f"/o/acme/styles/{code}/retire/").status_code == 403
    assert (named(acme, "oil").number, named(acme, "oil").name) == (1, "Oil on canvas")
    assert bobs.post(f"/o/acme/styles/{code}/copy/").status_code == 302
    assert named(acme, "oil-on-canvas-copy").prompt == named(acme, "oil").prompt
    assert actions(acme) == ["style.made"]


def test_an_admin_retires_and_restores_a_style(acme: Organization, adam: User, sign_in: SignIn) -> None:
    admin, code = sign_in(adam), named(acme, "oil").style.code
    admin.post(f"/o/acme/styles/{code}/retire/")
    assert "oil" not in slugs(acme)
    assert admin.get(f"/o/acme/styles/{code}/").status_code == 404
    assert "Restore" in admin.get("/o/acme/styles/").content.decode()
    admin.post(f"/o/acme/styles/{code}/restore/")
    assert "oil" in slugs(acme)
    assert actions(acme) == ["style.retired", "style.restored"]


def test_an_admin_orders_the_styles(acme: Organization, adam: User, sign_in: SignIn) -> None:
    admin = sign_in(adam)
    admin.post(f"/o/acme/styles/{named(acme, 'watercolor').style.code}/move/")
    assert slugs(acme)[:3] == ["watercolor", "knitted", "woodcut"]
    admin.post(f"/o/acme/styles/{named(acme, 'watercolor').style.code}/move/", {"down": "1"})
    assert slugs(acme)[:3] == ["knitted", "watercolor", "woodcut"]


def test_trying_a_style_makes_one_proof(acme: Organization, bobs: Client) -> None:
    code = named(acme, "clay").style.code
    answer = bobs.post(f"/o/acme/styles/{code}/try/", {"file": photo()})
    with tenancy.tenant(acme.pk):
        run = Run.objects.get()
    assert answer["Location"] == f"/o/acme/runs/{run.code}/"
    assert (run.kind, run.count, run.asked["quality"], run.prompt) == ("edit", 1, "low", "Clay")
    told = run.asked["styles"][0]["told"]
    page = bobs.get(answer["Location"]).content.decode()
    assert "What the model was told for Clay" in page
    assert told.splitlines()[0] in page


def test_a_style_is_not_tried_without_a_picture(acme: Organization, bobs: Client) -> None:
    code = named(acme, "clay").style.code
    assert bobs.post(f"/o/acme/styles/{code}/try/").status_code == 302
    assert bobs.post(f"/o/acme/styles/{code}/try/", {"file": BytesIO(b"no picture")}).status_code == 302
    with tenancy.tenant(acme.pk):
        assert not Run.objects.exists()


def test_what_is_exported_can_be_imported_elsewhere(
    acme: Organization, rival: Organization, bobs: Client, charlie: User, sign_in: SignIn
) -> None:
    bobs.post("/o/acme/styles/new/", LINOCUT)
    exported = bobs.get("/o/acme/styles/styles.json")
    assert exported["Content-Disposition"] == 'attachment; filename="styles-acme.json"'
    told = json.loads(exported.content)
    assert len(told["styles"]) == 13
    mine = next(one for one in told["styles"] if one["name"] == "Linocut")
    theirs = sign_in(charlie)
    assert theirs.post("/o/rival/styles/import/", {"file": sheet(mine)}).status_code == 302
    copied = named(rival, "linocut")
    assert (copied.prompt, copied.keeps) == (LINOCUT["prompt"], LINOCUT["keeps"])
    assert actions(rival) == ["style.imported"]


@pytest.mark.parametrize(
    "file",
    [
        BytesIO(b"{"),
        BytesIO(b"[" * 100_000),
        BytesIO(b"\xff\xfe"),
        BytesIO(b"[]"),
        sheet(),
        sheet({"name": "Fine", "prompt": "Fine."}, {"name": "", "prompt": "x"}),
        sheet({"name": "Fine", "prompt": "Fine."}, {"name": 1, "prompt": "x"}),
        sheet({"name": "Fine", "prompt": "Fine."}, {"name": "a\0b", "prompt": "x"}),
        sheet({"name": "Fine", "prompt": "Fine.", "keeps": "all"}),
        sheet({"name": "Fine", "prompt": "Fine.", "built_in": "oil"}),
        sheet(*({"name": f"Style {number}", "prompt": "x"} for number in range(101))),
        BytesIO(b" " * 1_000_001),
    ],
)
def test_a_file_that_is_no_good_makes_no_style(acme: Organization, bobs: Client, file: BytesIO) -> None:
    file.seek(0)
    file.name = "styles.json"
    answer = bobs.post("/o/acme/styles/import/", {"file": file})
    assert answer.status_code == 200
    assert answer.context["import_form"].errors["file"]
    assert slugs(acme) == [one.slug for one in built_in.STYLES]
    assert actions(acme) == []


def test_the_studios_bar_makes_a_run_in_styles(acme: Organization, bobs: Client) -> None:
    codes = [str(named(acme, slug).style.code) for slug in ("neon", "clay")]
    page = bobs.get(f"/o/acme/?style={codes[0]}").content.decode()
    assert 'aria-label="Styles: Neon"' in page
    asked = {"prompt": "A poster", "n": "1", "style": codes, "size": "1024x1024", "quality": "low"}
    assert bobs.post("/o/acme/runs/", asked).status_code == 302
    with tenancy.tenant(acme.pk):
        run = Run.objects.get()
    assert (run.count, [style["slug"] for style in run.asked["styles"]]) == (2, ["neon", "clay"])
    stream = bobs.get("/o/acme/").content.decode()
    assert [name in stream for name in ('dir="auto">Neon</span>', 'dir="auto">Clay</span>')] == [True, True]
    recalled = bobs.get(f"/o/acme/?recall={run.code}").content.decode()
    assert 'aria-label="Styles: Clay, Neon"' in recalled


def test_a_fifth_style_in_the_bar_is_refused(acme: Organization, bobs: Client) -> None:
    codes = [str(named(acme, one.slug).style.code) for one in built_in.STYLES[:5]]
    answer = bobs.post("/o/acme/runs/", {"prompt": "A poster", "n": "1", "style": codes})
    assert answer.status_code == 422
    assert "5 styles are too many: 4 at most." in answer.content.decode()
    with tenancy.tenant(acme.pk):
        assert not Run.objects.exists()
