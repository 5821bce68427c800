"""The photobooth of a team: its page, the price of what is chosen, and sets of pictures made from one photo."""

import json
import re
from io import BytesIO
from typing import Any

import pytest
from django.test import Client

from accounts.models import Organization, User
from saas.database import tenancy
from saas.web.devices import CAMERA, NOTHING
from studio.models import Input, Run, Slot, Style, StyleVersion
from studio.styles import shelf
from tests.conftest import SignIn
from tests.support import picture_bytes

pytestmark = pytest.mark.django_db
BOOTH, SETS, PRICE = "/o/acme/booth/", "/o/acme/booth/sets/", "/o/acme/booth/price/"
NO_CODE = "00000000-0000-0000-0000-000000000000"


def styles(org: Organization, *slugs: str) -> list[str]:
    with tenancy.tenant(org.pk):
        shelf.stock(org)
        codes = dict(Style.objects.filter(org=org).values_list("slug", "code"))
    return [str(codes[slug]) for slug in slugs]


def photo(width: int = 40, height: int = 60) -> BytesIO:
    file = BytesIO(picture_bytes.plain(".png", width, height))
    file.name = "me.png"
    return file


def give(client: Client, width: int = 40, height: int = 60) -> str:
    answer = client.post("/o/acme/inputs/", {"file": photo(width, height)}, headers={"Accept": "application/json"})
    assert answer.status_code == 201
    return str(answer.json()["code"])


def runs(org: Organization) -> list[Run]:
    with tenancy.tenant(org.pk):
        return list(Run.objects.filter(org=org).order_by("pk"))


def stopped(client: Client, run: Run, *, but: int = -1) -> None:
    """End the run without pictures; the slot with the index `but` still develops."""
    assert client.post(f"/o/acme/runs/{run.code}/cancel/").status_code == 204
    with tenancy.tenant(run.org_id):
        Slot.objects.filter(run=run, index=but).update(state="running")
        assert Slot.objects.filter(run=run, state="cancelled").exists()


@pytest.fixture
def bobs(acme: Organization, bob: User, sign_in: SignIn) -> Client:
    return sign_in(bob)


def test_the_booth_alone_may_open_the_camera(acme: Organization, bobs: Client) -> None:
    assert bobs.get(BOOTH)["Permissions-Policy"] == CAMERA
    assert "camera=(self)" in CAMERA
    for other in ("/o/acme/", "/o/acme/styles/", PRICE, "/accounts/login/"):
        assert bobs.get(other)["Permissions-Policy"] == NOTHING
    assert "camera=()" in NOTHING


def test_the_page_offers_the_styles_and_chooses_the_first_two(acme: Organization, bobs: Client) -> None:
    page = bobs.get(BOOTH).content.decode()
    assert page.count('name="style"') == 12
    assert page.count('name="style" value="') == len(re.findall(r'name="style" value="[0-9a-f-]{36}"', page))
    assert len(re.findall(r'name="style" value="[^"]+" checked', page)) == 2
    neon = styles(acme, "neon")
    chosen = bobs.get(BOOTH, {"style": neon}).content.decode()
    assert re.findall(r'name="style" value="([^"]+)" checked', chosen) == neon


def test_a_viewer_reads_why_there_is_no_camera(acme: Organization, vera: User, sign_in: SignIn) -> None:
    page = sign_in(vera).get(BOOTH).content.decode()
    assert "Photos are taken by members" in page
    assert "data-finder" not in page
    assert sign_in(vera).post(SETS, {"file": photo(), "style": styles(acme, "neon")}).status_code == 403
    assert runs(acme) == []


def test_a_photo_becomes_one_run_with_a_picture_in_each_style(acme: Organization, bobs: Client) -> None:
    code, chosen = give(bobs), styles(acme, "neon", "clay", "woodcut")
    asked = {"reference": code, "style": chosen, "quality": "low", "prompt": "With paper crowns"}
    answer = bobs.post(SETS, asked, headers={"HX-Request": "true"})
    assert answer.status_code == 201
    assert re.fullmatch("[0-9a-f]{32}", answer["X-Request-Key"])
    (run,) = runs(acme)
    assert (run.kind, run.count, run.project, run.visibility) == ("edit", 3, "Photobooth", "team")
    assert [style["slug"] for style in run.asked["styles"]] == ["neon", "clay", "woodcut"]
    assert (run.asked["size"], run.asked["quality"], run.asked["n"]) == ("1024x1536", "low", 1)
    assert run.asked["styles"][0]["told"].startswith("With paper crowns\n")
    card = answer.content.decode()
    assert card.count("data-slot=") == 3
    assert f'data-address="/o/acme/booth/sets/{run.code}/"' in card
    assert f"/o/acme/inputs/{code}/sent/" in card


@pytest.mark.parametrize(
    ("sides", "size"),
    [((40, 60), "1024x1536"), ((64, 48), "1536x1024"), ((50, 50), "1024x1024"), ((80, 45), "2048x1152")],
)
def test_pictures_have_the_shape_of_the_photo(
    sides: tuple[int, int], size: str, acme: Organization, bobs: Client
) -> None:
    bobs.post(SETS, {"reference": give(bobs, *sides), "style": styles(acme, "neon")})
    assert [run.asked["size"] for run in runs(acme)] == [size]


def test_without_script_the_form_brings_the_photo_itself(acme: Organization, bobs: Client) -> None:
    answer = bobs.post(SETS, {"file": photo(), "style": styles(acme, "neon"), "visibility": "private"})
    (run,) = runs(acme)
    assert answer["Location"] == f"/o/acme/booth/sets/{run.code}/"
    assert run.visibility == "private"
    page = bobs.get(answer["Location"]).content.decode()
    assert "Make another set" in page
    assert "The photo" in page


def test_a_second_press_makes_no_second_set(acme: Organization, bobs: Client) -> None:
    asked: dict[str, Any] = {"reference": give(bobs), "style": styles(acme, "neon"), "request_key": "a" * 32}
    first, second = (bobs.post(SETS, asked)["Location"] for _ in range(2))
    assert first == second
    assert len(runs(acme)) == 1
    bobs.post(SETS, {**asked, "style": styles(acme, "clay")})  # a changed form is another request
    assert len(runs(acme)) == 2


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ({"style": ["neon"]}, "Take a photo first, or choose one."),
        ({"style": ["neon"], "reference": NO_CODE}, "Take a photo first, or choose one."),
        ({"reference": "mine"}, "Choose one to four styles."),
        ({"reference": "mine", "style": ["neon", "clay", "oil", "woodcut", "knitted"]}, "5 styles are too many"),
        ({"reference": "mine", "style": ["neon", NO_CODE]}, "There is no style"),
    ],
)
def test_what_is_missing_is_said_and_nothing_is_made(
    asked: dict[str, Any], sentence: str, acme: Organization, bobs: Client
) -> None:
    if asked.get("reference") == "mine":
        asked = {**asked, "reference": give(bobs)}
    asked["style"] = [one if one == NO_CODE else styles(acme, one)[0] for one in asked.get("style", [])]
    answer = bobs.post(SETS, asked, headers={"HX-Request": "true"})
    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert "data-shown" in answer.content.decode()
    assert bobs.post(SETS, asked).status_code == 422
    assert runs(acme) == []


def test_a_file_that_is_no_picture_is_refused_with_words(acme: Organization, bobs: Client) -> None:
    heic = BytesIO(b"\0\0\0\x18ftypheic" + bytes(400))
    heic.name = "IMG_0001.HEIC"
    answer = bobs.post(SETS, {"file": heic, "style": styles(acme, "neon")})
    assert answer.status_code == 422
    assert "HEIC" in answer.content.decode()
    with tenancy.tenant(acme.pk):
        assert not Input.objects.exists()
    assert runs(acme) == []


def test_the_price_is_that_of_what_is_chosen(acme: Organization, bobs: Client) -> None:
    code = give(bobs)
    two, four = (
        bobs.get(PRICE, {"reference": code, "style": styles(acme, *slugs)}).content.decode()
        for slugs in (("neon", "clay"), ("neon", "clay", "oil", "woodcut"))
    )
    assert "Develop 2 pictures" in two
    assert "Develop 4 pictures" in four
    prices = [float(re.findall(r"develop-price\">[^$]*\$([0-9.]+)", page)[0]) for page in (two, four)]
    assert prices[1] == pytest.approx(2 * prices[0], abs=0.02)
    assert "develop-price" not in bobs.get(PRICE, {"style": styles(acme, "neon")}).content.decode()


def test_another_organizations_photo_cannot_be_used(
    acme: Organization, rival: Organization, charlie: User, bobs: Client, sign_in: SignIn
) -> None:
    theirs = sign_in(charlie).post("/o/rival/inputs/", {"file": photo()}, headers={"Accept": "application/json"})
    answer = bobs.post(SETS, {"reference": theirs.json()["code"], "style": styles(acme, "neon")})
    assert answer.status_code == 422
    assert runs(acme) == []


def test_a_private_set_is_its_makers(acme: Organization, bobs: Client, alice: User, sign_in: SignIn) -> None:
    bobs.post(SETS, {"file": photo(), "style": styles(acme, "neon"), "visibility": "private"})
    (run,) = runs(acme)
    assert bobs.get(f"{SETS}{run.code}/").status_code == 200
    assert sign_in(alice).get(f"{SETS}{run.code}/").status_code == 404
    assert sign_in(alice).post(f"{SETS}{run.code}/retry/").status_code == 404


def test_only_the_failed_ones_are_tried_again(acme: Organization, bobs: Client) -> None:
    bobs.post(SETS, {"file": photo(), "style": styles(acme, "neon", "clay", "oil")})
    (run,) = runs(acme)
    stopped(bobs, run, but=1)
    page = bobs.get(f"{SETS}{run.code}/").content.decode()
    assert "Try the failed ones again" in page
    assert bobs.post(f"{SETS}{run.code}/retry/", headers={"HX-Request": "true"}).status_code == 204
    with tenancy.tenant(acme.pk):
        states = list(Slot.objects.filter(run=run).order_by("index").values_list("state", flat=True))
    assert states == ["queued", "running", "queued"]


def test_a_colleague_does_not_try_my_set_again(
    acme: Organization, bobs: Client, vera: User, dora: User, sign_in: SignIn
) -> None:
    bobs.post(SETS, {"file": photo(), "style": styles(acme, "neon")})
    (run,) = runs(acme)
    stopped(bobs, run)
    assert "Try the failed ones again" not in sign_in(vera).get(f"{SETS}{run.code}/").content.decode()
    assert sign_in(vera).post(f"{SETS}{run.code}/retry/").status_code == 403
    with tenancy.tenant(acme.pk):
        assert Slot.objects.get(run=run).state == "cancelled"


def test_markup_in_a_styles_name_is_shown_as_text(acme: Organization, bobs: Client) -> None:
    hostile = "<script>alert(1)</script>"
    (code,) = styles(acme, "neon")
    with tenancy.tenant(acme.pk):
        StyleVersion.objects.filter(style__code=code).update(name=hostile)
    bobs.post(SETS, {"file": photo(), "style": [code], "prompt": hostile})
    (run,) = runs(acme)
    for url in (BOOTH, f"{SETS}{run.code}/"):
        page = bobs.get(url).content.decode()
        assert hostile not in page
        assert "&lt;script&gt;" in page


def test_a_run_without_styles_is_no_set(acme: Organization, bobs: Client) -> None:
    assert bobs.post("/o/acme/runs/", {"prompt": "A lamp", "n": "1"}).status_code == 302
    (run,) = runs(acme)
    assert "styles" not in json.dumps(run.asked)
    assert bobs.get(f"{SETS}{run.code}/").status_code == 404
