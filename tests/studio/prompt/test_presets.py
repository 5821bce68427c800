"""Presets: settings under a name, one's own or everybody's."""

import pytest
from django.test import Client

from accounts.models import Organization, User
from saas.database import tenancy
from studio.models import Preset
from tests.conftest import SignIn
from tests.studio.prompt.test_draft import BAR

URL = "/o/acme/presets/"
PIECE = {"HX-Request": "true"}


def save(client: Client, name: str, **changes: str) -> int:
    return client.post(URL, {**BAR, "preset_name": name, **changes}, headers=PIECE).status_code


def presets_of(org: Organization) -> list[Preset]:
    with tenancy.tenant(org.pk):
        return list(Preset.objects.filter(org=org).order_by("pk"))


def test_settings_come_back_and_words_stay(acme: Organization, bob: User, sign_in: SignIn) -> None:
    client = sign_in(bob)
    assert save(client, "  Wide   proofs ", size="2048x1152", quality="low") == 200
    (preset,) = presets_of(acme)
    assert (preset.name, preset.is_shared, preset.maker_id) == ("Wide proofs", False, bob.pk)
    assert "prompt" not in preset.values
    client.post("/o/acme/draft/", {**BAR, "prompt": "My own words"})
    piece = client.get(f"/o/acme/?preset={preset.code}", headers=PIECE).content.decode()
    assert ">My own words</textarea>" in piece
    assert 'value="2048x1152" data-says="2048 × 1152" checked' in piece  # noqa: RUF001 as shown
    assert 'name="quality" value="low" data-says="Low" checked' in piece
    assert "data-stream" not in piece


def test_with_its_words_if_wanted(acme: Organization, bob: User, sign_in: SignIn) -> None:
    client = sign_in(bob)
    save(client, "Lamp", preset_prompt="on")
    (preset,) = presets_of(acme)
    client.post("/o/acme/draft/", {**BAR, "prompt": "Other words"})
    assert ">A lamp on a table</textarea>" in client.get(f"/o/acme/?preset={preset.code}").content.decode()


def test_ones_own_are_nobody_elses_and_shared_ones_are_everybodys(
    acme: Organization, rival: Organization, alice: User, bob: User, charlie: User, sign_in: SignIn
) -> None:
    save(sign_in(bob), "Mine")
    save(sign_in(bob), "Ours", preset_shared="on")
    page = sign_in(alice).get("/o/acme/").content.decode()
    assert "Ours" in page
    assert "<span>Mine</span>" not in page
    own, shared = presets_of(acme)
    assert sign_in(alice).get(f"/o/acme/?preset={own.code}").status_code == 404
    assert sign_in(alice).get(f"/o/acme/?preset={shared.code}").status_code == 200
    assert sign_in(charlie).get(f"/o/rival/?preset={shared.code}").status_code == 404


@pytest.mark.parametrize("name", ["", "   ", "x" * 61, "Taken", "a\x00b"])
def test_a_name_that_will_not_do_is_refused_beside_the_field(
    name: str, acme: Organization, bob: User, sign_in: SignIn
) -> None:
    client = sign_in(bob)
    save(client, "Taken")
    answer = client.post(URL, {**BAR, "preset_name": name}, headers=PIECE)
    assert answer.status_code == 422
    assert 'id="preset-fault"' in answer.content.decode()
    assert len(presets_of(acme)) == 1


def test_markup_in_a_name_is_text(acme: Organization, bob: User, sign_in: SignIn) -> None:
    client = sign_in(bob)
    save(client, "<img src=x onerror=alert(1)>")
    page = client.get("/o/acme/").content.decode()
    assert "&lt;img src=x onerror=alert(1)&gt;" in page
    assert "<img src=x" not in page


def test_its_maker_or_an_admin_removes_it(
    acme: Organization,
    rival: Organization,
    alice: User,
    bob: User,
    adam: User,
    vera: User,
    charlie: User,
    sign_in: SignIn,
) -> None:
    save(sign_in(alice), "Ours", preset_shared="on")
    (preset,) = presets_of(acme)
    url = f"{URL}{preset.code}/remove/"
    assert sign_in(bob).post(url).status_code == 403
    assert sign_in(vera).post(url).status_code == 403
    assert sign_in(charlie).post(url.replace("acme", "rival")).status_code == 404
    assert len(presets_of(acme)) == 1
    assert sign_in(adam).post(url, headers=PIECE).status_code == 200
    assert presets_of(acme) == []


def test_a_viewer_makes_none(acme: Organization, vera: User, sign_in: SignIn) -> None:
    assert save(sign_in(vera), "Mine") == 403
    assert presets_of(acme) == []


def test_without_script_it_leads_back_to_the_studio(acme: Organization, bob: User, sign_in: SignIn) -> None:
    answer = sign_in(bob).post(URL, {**BAR, "preset_name": "Plain"})
    assert (answer.status_code, answer["Location"]) == (302, "/o/acme/")
    assert [preset.name for preset in presets_of(acme)] == ["Plain"]
