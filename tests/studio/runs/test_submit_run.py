"""The prompt bar: what a person asks becomes one run, or one page that says what is wrong."""

import re
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from accounts.models import Organization, User
from saas.database import tenancy
from studio.models import Run, RunEvent, Slot, Ticket
from studio.runs import cards
from studio.runs.plan import Pictures
from tests.conftest import SignIn
from tests.support import picture_bytes

ONCE = re.compile(r'value="\w{64}"|(?<=>)[^<]*(?=</time>)')  # a token of the form, and how long ago
ASKED = {"prompt": "A lamp on a table", "size": "1024x1536", "quality": "low", "n": "2"}


def runs_of(org: Organization) -> list[Run]:
    with tenancy.tenant(org.pk):
        return list(Run.objects.filter(org=org))


def submit(client: Client, slug: str = "acme", **changes: str) -> int:
    return client.post(f"/o/{slug}/runs/", {**ASKED, **changes}).status_code


def test_a_prompt_becomes_a_run_with_its_slots_in_the_line(acme: Organization, bob: User, sign_in: SignIn) -> None:
    assert submit(sign_in(bob)) == 302
    (run,) = runs_of(acme)
    assert (run.prompt, run.model, run.state, run.count, run.maker_id) == (
        "A lamp on a table",
        "gpt-image-2",
        "queued",
        2,
        bob.pk,
    )
    assert (run.asked["size"], run.asked["quality"], run.asked["partial_images"]) == ("1024x1536", "low", 2)
    with tenancy.tenant(acme.pk):
        assert list(Slot.objects.values_list("index", "state").order_by("index")) == [(0, "queued"), (1, "queued")]
        assert list(RunEvent.objects.values_list("seq", "type")) == [(1, "queued")]
    assert Ticket.objects.filter(org_id=acme.pk, maker_id=bob.pk).count() == 2


@pytest.mark.parametrize(
    "wrong",
    [{"prompt": ""}, {"prompt": "   "}, {"prompt": "x" * 32001}, {"size": "1x1"}, {"quality": "hd"}, {"n": "11"}],
)
def test_what_is_wrong_makes_no_run_and_keeps_what_was_typed(
    wrong: dict[str, str], acme: Organization, bob: User, sign_in: SignIn
) -> None:
    answer = sign_in(bob).post("/o/acme/runs/", {**ASKED, **wrong})
    assert answer.status_code == 422
    assert runs_of(acme) == []
    assert Ticket.objects.count() == 0
    if "prompt" not in wrong:
        assert "A lamp on a table" in answer.content.decode()


def test_a_viewer_and_a_stranger_make_nothing(
    acme: Organization, rival: Organization, vera: User, charlie: User, sign_in: SignIn
) -> None:
    assert submit(sign_in(vera)) == 403
    assert submit(sign_in(charlie)) == 404
    assert runs_of(acme) == runs_of(rival) == []
    assert Ticket.objects.count() == 0


def test_a_viewer_sees_the_stream_and_no_prompt_bar(acme: Organization, bob: User, vera: User, sign_in: SignIn) -> None:
    submit(sign_in(bob), prompt="<script>alert(1)</script>")
    page = sign_in(vera).get("/o/acme/").content.decode()
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "<script>alert" not in page
    assert 'name="prompt"' not in page


def test_a_card_and_its_events_are_the_teams_and_no_strangers(
    acme: Organization, rival: Organization, bob: User, vera: User, charlie: User, sign_in: SignIn
) -> None:
    submit(sign_in(bob))
    (run,) = runs_of(acme)
    for path in ("card/", "events/?after=0", "metadata.json"):
        assert sign_in(vera).get(f"/o/acme/runs/{run.code}/{path}").status_code == 200
        assert sign_in(charlie).get(f"/o/rival/runs/{run.code}/{path}").status_code == 404


def test_a_private_run_is_its_makers_alone(acme: Organization, alice: User, bob: User, sign_in: SignIn) -> None:
    submit(sign_in(bob))
    (run,) = runs_of(acme)
    with tenancy.tenant(acme.pk):
        Run.objects.filter(pk=run.pk).update(visibility="private")
    assert sign_in(bob).get(f"/o/acme/runs/{run.code}/card/").status_code == 200
    assert sign_in(alice).get(f"/o/acme/runs/{run.code}/card/").status_code == 404
    assert str(run.code) not in sign_in(alice).get("/o/acme/").content.decode()


def test_a_colleague_may_not_stop_it_and_an_admin_may(
    acme: Organization, adam: User, alice: User, bob: User, sign_in: SignIn
) -> None:
    submit(sign_in(alice))
    (run,) = runs_of(acme)
    assert sign_in(bob).post(f"/o/acme/runs/{run.code}/cancel/").status_code == 403
    assert runs_of(acme)[0].state == "queued"
    assert Ticket.objects.count() == 2
    assert sign_in(adam).post(f"/o/acme/runs/{run.code}/cancel/").status_code == 204
    assert runs_of(acme)[0].state == "cancelled"
    assert Ticket.objects.count() == 0
    assert sign_in(adam).post(f"/o/acme/runs/{run.code}/cancel/").status_code == 409


def test_the_page_asks_the_database_the_same_whatever_the_number_of_runs(
    acme: Organization, bob: User, sign_in: SignIn, django_assert_max_num_queries: pytest.FixtureRequest
) -> None:
    client = sign_in(bob)
    for _ in range(5):
        submit(client)
    client.get("/o/acme/")  # the first look copies the built-in styles
    with django_assert_max_num_queries(18):  # type: ignore[operator]  # a context manager of pytest-django
        assert client.get("/o/acme/").status_code == 200


def test_a_page_that_is_open_gets_the_card_and_a_fresh_key(acme: Organization, bob: User, sign_in: SignIn) -> None:
    answer = sign_in(bob).post("/o/acme/runs/", {**ASKED, "request_key": "k" * 32}, headers={"HX-Request": "true"})
    assert answer.status_code == 201
    assert f'data-run="{runs_of(acme)[0].code}"' in answer.content.decode()
    assert "<html" not in answer.content.decode()
    assert len(answer["X-Request-Key"]) == 32


@pytest.mark.django_db(transaction=True)
def test_a_worker_hears_of_it_before_its_card_is_drawn(
    acme: Organization, bob: User, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    monkeypatch.setattr("studio.tasks.develop.send", lambda: told.append("worker"))
    fill = cards.fill_new

    def of(run: Run, pictures: Pictures) -> Run:
        told.append("card")
        return fill(run, pictures)

    monkeypatch.setattr(cards, "fill_new", of)
    answer = sign_in(bob).post("/o/acme/runs/", ASKED, headers={"HX-Request": "true"})
    assert f'data-run="{runs_of(acme)[0].code}"' in answer.content.decode()
    assert told == ["worker", "worker", "card"]


@pytest.mark.parametrize("changes", [{}, {"quality": "high", "visibility": "private", "project": "Shop", "n": "1"}])
def test_its_card_is_the_one_that_is_drawn_from_its_rows(
    acme: Organization, bob: User, sign_in: SignIn, changes: dict[str, str]
) -> None:
    client = sign_in(bob)
    answer = client.post("/o/acme/runs/", {**ASKED, **changes}, headers={"HX-Request": "true"})
    read = client.get(f"/o/acme/runs/{runs_of(acme)[0].code}/card/", headers={"HX-Request": "true"})
    assert (answer.status_code, read.status_code) == (201, 200)
    assert ONCE.sub("", answer.content.decode()) == ONCE.sub("", read.content.decode())


def test_a_page_that_is_open_gets_every_reason(acme: Organization, bob: User, sign_in: SignIn) -> None:
    answer = sign_in(bob).post("/o/acme/runs/", {**ASKED, "prompt": "", "size": "1x1"}, headers={"HX-Request": "true"})
    assert answer.status_code == 422
    text = answer.content.decode()
    assert 'data-field="prompt"' in text
    assert 'data-field="size"' in text
    assert runs_of(acme) == []


def test_a_double_click_is_one_run_and_another_wish_is_another(acme: Organization, bob: User, sign_in: SignIn) -> None:
    client, key = sign_in(bob), {"request_key": "a" * 32}
    assert [submit(client, **key) for _ in range(3)] == [302, 302, 302]
    assert len(runs_of(acme)) == 1
    assert Ticket.objects.count() == 2
    submit(client, **key, prompt="Another lamp")
    submit(client, request_key="b" * 32)
    assert len(runs_of(acme)) == 3


def test_everything_that_was_chosen_is_asked(acme: Organization, bob: User, sign_in: SignIn) -> None:
    chosen = {
        "format": "webp",
        "compression": "60",
        "background": "opaque",
        "moderation": "low",
        "partial_images": "3",
        "api": "responses",
        "visibility": "private",
        "project": " Spring ",
    }
    assert submit(sign_in(bob), **chosen) == 302
    (run,) = runs_of(acme)
    assert (run.kind, run.visibility, run.project) == ("respond", "private", "Spring")
    asked = {name: run.asked[name] for name in ("format", "compression", "background", "moderation", "partial_images")}
    assert asked == {
        "format": "webp",
        "compression": 60,
        "background": "opaque",
        "moderation": "low",
        "partial_images": 3,
    }


def test_without_script_the_pictures_come_with_the_form(
    acme: Organization, bob: User, sign_in: SignIn, settings: Any, tmp_path: Path
) -> None:
    settings.MEDIA_ROOT = tmp_path
    pictures = [SimpleUploadedFile(f"{name}.png", picture_bytes.plain(".png")) for name in ("one", "two")]
    assert sign_in(bob).post("/o/acme/runs/", {**ASKED, "file": pictures}).status_code == 302
    (run,) = runs_of(acme)
    with tenancy.tenant(acme.pk):
        given = list(run.inputs.order_by("number").values_list("number", "input__name"))
    assert (run.kind, given) == ("edit", [(1, "one.png"), (2, "two.png")])


def test_without_script_a_file_that_is_no_picture_is_refused_and_nothing_is_lost(
    acme: Organization, bob: User, sign_in: SignIn
) -> None:
    answer = sign_in(bob).post(
        "/o/acme/runs/", {**ASKED, "file": SimpleUploadedFile("x.png", b"<svg onload=alert(1)>")}
    )
    assert answer.status_code == 422
    assert "SVG" in answer.content.decode()
    assert ">A lamp on a table</textarea>" in answer.content.decode()
    assert runs_of(acme) == []


def test_a_viewer_sees_how_much_is_under_way_of_what_they_may_see(
    acme: Organization, alice: User, bob: User, vera: User, sign_in: SignIn
) -> None:
    submit(sign_in(bob))
    submit(sign_in(alice))
    submit(sign_in(alice), visibility="private")
    texts = {user: sign_in(user).get("/o/acme/queue/").content.decode() for user in (alice, bob, vera)}
    assert 'mine </span><b>2</b> / <span class="queue-word">all </span><b>3</b>' in texts[alice]
    assert 'mine </span><b>1</b> / <span class="queue-word">all </span><b>2</b>' in texts[bob]
    assert 'mine </span><b>0</b> / <span class="queue-word">all </span><b>2</b>' in texts[vera]


def test_a_page_without_a_socket_asks_for_what_is_newer(
    acme: Organization, rival: Organization, alice: User, bob: User, charlie: User, sign_in: SignIn
) -> None:
    submit(sign_in(bob), prompt="Older")
    (older,) = runs_of(acme)
    submit(sign_in(alice), prompt="Newer")
    submit(sign_in(alice), prompt="Private", visibility="private")
    piece = sign_in(bob).get(f"/o/acme/runs/newer/?after={older.code}").content.decode()
    assert ("Newer" in piece, "Older" in piece, "Private" in piece) == (True, False, False)
    assert "Newer" not in sign_in(charlie).get(f"/o/rival/runs/newer/?after={older.code}").content.decode()
