import re
from pathlib import Path

import allauth
import pytest
from django.template.loader import render_to_string
from django.test import Client
from pytest_django import Settings

from accounts.models import User
from saas.web.design import SampleForm

ROOT = Path(__file__).parents[3]
TEMPLATES = ROOT / "templates"
PAGES = sorted(TEMPLATES.rglob("*.html"))
ICONS = ROOT / "saas/static/darkroom/img/icons.svg"
PICTOGRAMS = re.compile("[\u2600-\u27bf\U0001f000-\U0001faff]")


def offenders(pattern: str) -> list[str]:
    return [str(path.relative_to(TEMPLATES)) for path in PAGES if re.search(pattern, path.read_text())]


@pytest.mark.django_db
def test_the_design_page_does_not_exist_for_strangers_and_members(client: Client, alice: User) -> None:
    assert client.get("/design/").status_code == 404
    client.force_login(alice)
    assert client.get("/design/").status_code == 404


@pytest.mark.django_db
def test_staff_see_the_design_page(client: Client, alice: User) -> None:
    User.objects.filter(pk=alice.pk).update(is_staff=True)
    client.force_login(alice)

    assert client.get("/design/").status_code == 200


@pytest.mark.django_db
@pytest.mark.parametrize("look", ["system", "gallery", "darkroom", "crayon"])
def test_whoever_opens_it_in_settings_sees_every_look(look: str, client: Client, settings: Settings) -> None:
    settings.DESIGN_PAGE = True

    page = client.get("/design/", {"look": look}).content.decode()

    assert f'<html lang="en" data-look="{look}">' in page


@pytest.mark.django_db
def test_a_look_that_does_not_exist_is_not_written_into_the_page(client: Client, settings: Settings) -> None:
    settings.DESIGN_PAGE = True

    page = client.get("/design/", {"look": '"><script>'}).content.decode()

    assert 'data-look="system"' in page
    assert '"><script>' not in page


@pytest.mark.parametrize("status", [400, 403, 404, 429, 500])
def test_an_error_page_stands_without_a_request(status: int) -> None:
    page = render_to_string(f"{status}.html")

    assert f"{status}</text>" in page
    assert 'href="/"' in page


def test_a_wrong_field_keeps_what_was_typed_and_says_what_is_wrong_beside_it() -> None:
    form = SampleForm({"address": "ada(at)example"})

    field = str(form["address"].as_field_group())

    assert 'value="ada(at)example"' in field
    assert 'aria-invalid="true"' in field
    assert 'aria-describedby="id_address_error"' in field
    assert 'id="id_address_error"' in field
    assert "Enter a valid email address." in field


def test_a_hint_describes_its_field() -> None:
    field = str(SampleForm()["name"].as_field_group())

    assert 'aria-describedby="id_name_helptext"' in field
    assert 'id="id_name_helptext"' in field


def test_no_page_brings_its_own_style_or_script() -> None:
    """The policy of the pages forbids both, so they would silently not work."""
    assert offenders(r"\sstyle\s*=") == []
    assert offenders(r"<style\b") == []
    assert offenders(r"\son[a-z]+\s*=\s*[\"']") == []
    assert offenders(r"<script(?![^>]*\bsrc=)(?![^>]*application/json)") == []


def test_no_page_uses_pictograms_for_icons() -> None:
    assert [str(path) for path in PAGES if PICTOGRAMS.search(path.read_text())] == []


def test_every_icon_that_a_page_asks_for_is_drawn() -> None:
    drawn = set(re.findall(r'<symbol id="([\w-]+)"', ICONS.read_text()))
    asked = set()
    for path in PAGES:
        asked |= set(re.findall(r'(?:\{% icon |\bicon=)"([\w-]+)"', path.read_text()))

    assert len(asked) > 20
    assert asked - drawn == set()


def test_every_page_of_allauth_that_we_draw_still_exists_there() -> None:
    """An upgrade that renames one would bring the foreign page back without a word."""
    theirs = Path(allauth.__file__).parent / "templates"
    ours = [path for area in ("account", "mfa", "socialaccount") for path in (TEMPLATES / area).rglob("*.*")]
    own_pieces = {
        "known_address.html",
        "leave_stage.html",
        "other_ways.html",
        "printed_mails.html",
        "remove_email.html",
    }

    missing = [str(path) for path in ours if not (theirs / path.relative_to(TEMPLATES)).exists()]

    assert [path for path in missing if Path(path).name not in own_pieces] == []


@pytest.mark.django_db
@pytest.mark.parametrize(
    "path",
    [
        "/accounts/login/",
        "/accounts/signup/",
        "/accounts/password/reset/",
        "/accounts/password/reset/done/",
        "/accounts/inactive/",
        "/accounts/confirm-email/",
        "/accounts/confirm-email/nonsense/",
    ],
)
def test_the_doors_are_drawn_by_us(path: str, client: Client) -> None:
    page = client.get(path).content.decode()

    assert 'class="sheet"' in page
    assert page.count("<h1>") == 1
