"""The upload door: a picture comes in by its bytes, is kept as it came, and is shown to whom it may be."""

import json
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import pyvips
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client

from accounts.models import Organization, User
from saas.database import tenancy
from saas.fairness.memory import Room
from saas.web import uploads as bounds
from studio.imaging import decode_turns, inspection
from studio.inputs import uploads
from studio.models import Input, Run, RunInput
from tests.conftest import SignIn
from tests.studio.imaging.test_inspection import BOMBS
from tests.support import ended_runs, picture_bytes

DOOR = "/o/acme/inputs/"


@pytest.fixture(autouse=True)
def media(settings: Any, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


def give(client: Client, data: bytes, *, name: str = "cat.png", door: str = DOOR, **fields: str) -> Any:
    file = SimpleUploadedFile(name, data, "image/gif")  # what a browser claims is never believed
    return client.post(door, {"file": file, **fields}, headers={"Accept": "application/json"})


def inputs_of(org: Organization) -> list[Input]:
    with tenancy.tenant(org.pk):
        return list(Input.objects.filter(org=org).order_by("pk"))


def mask(width: int = 60, height: int = 40, level: int = 0) -> bytes:
    alpha = (pyvips.Image.black(width, height) + 255).draw_rect(level, 0, 0, 5, 5, fill=True).cast("uchar")
    return picture_bytes.saved(picture_bytes.painting(width, height).bandjoin(alpha), ".png")


@pytest.mark.parametrize("form", [".png", ".jpg", ".webp"])
def test_a_picture_is_kept_as_it_came_and_shown_small(
    form: str, acme: Organization, bob: User, sign_in: SignIn
) -> None:
    client, data = sign_in(bob), picture_bytes.talkative(form)
    answer = give(client, data, name=f"my cat{form}")
    assert answer.status_code == 201
    (given,) = inputs_of(acme)
    told = answer.json()
    assert (told["code"], told["name"], told["width"], told["height"]) == (str(given.code), f"my cat{form}", 60, 40)
    assert (given.giver_id, given.size_bytes, given.is_mask) == (bob.pk, len(data), False)
    original = client.get(told["original"])
    assert b"".join(original) == data
    sent = b"".join(client.get(told["sent"]))
    assert not any(word in sent for word in picture_bytes.CAMERA_WORDS)
    for shape in ("preview", "thumbnail"):
        assert b"".join(client.get(told[shape]))[8:12] == b"WEBP"


def test_its_files_are_served_like_every_picture(acme: Organization, bob: User, sign_in: SignIn) -> None:
    client = sign_in(bob)
    answer = client.get(give(client, picture_bytes.plain(".jpg")).json()["original"])
    assert answer["Content-Type"] == "image/jpeg"
    assert answer["Content-Security-Policy"].endswith("; sandbox")
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Cache-Control"].startswith("private")
    assert client.get(f"{DOOR}{inputs_of(acme)[0].code}/nothing/").status_code == 404


def test_a_photograph_held_sideways_is_told_upright(acme: Organization, bob: User, sign_in: SignIn) -> None:
    told = give(sign_in(bob), picture_bytes.turned(".jpg", 6)).json()
    assert (told["width"], told["height"]) == (40, 60)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("../../etc/passwd.png", "passwd.png"),
        ("C:\\pictures\\cat.png", "cat.png"),
        ("\u202egnp.exe", "gnp.exe"),
        ("x" * 300, "x" * 200),
        ("<img src=x onerror=alert(1)>.png", "<img src=x onerror=alert(1)>.png"),
    ],
)
def test_a_name_is_only_shown(name: str, shown: str, acme: Organization, bob: User) -> None:
    ready = uploads.store_picture(org=acme, name=name, data=picture_bytes.plain(".png"))
    with tenancy.tenant(acme.pk):
        given = uploads.keep(ready, by=bob)
    assert given.name == shown
    assert given.file.startswith(f"{acme.code}/inputs/{given.code}/original")


def test_markup_in_a_name_is_text_on_the_page(acme: Organization, bob: User, sign_in: SignIn) -> None:
    file = SimpleUploadedFile("<b onclick=alert(1)>.png", picture_bytes.plain(".png"))
    page = sign_in(bob).post(DOOR, {"file": file}).content.decode()
    assert "&lt;b onclick=alert(1)&gt;.png" in page
    assert "<b onclick" not in page


HOSTILE = {
    **{f"bomb: {name}": (data, None) for name, data in BOMBS.items()},
    "nothing": (b"", "empty"),
    "svg": (b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>', "unsupported_format"),
    "gif": (b"GIF89a" + bytes(20), "unsupported_format"),
    "web page": (b"<!doctype html><script>alert(1)</script>", "unsupported_format"),
    "cut off": (picture_bytes.talkative(".png")[:200], "truncated"),
    "torn": (picture_bytes.plain(".jpg")[:-40] + b"\xff\xd9", None),
    "moving": (picture_bytes.png(8, 8, picture_bytes.chunk(b"acTL", bytes([0, 0, 0, 2, 0, 0, 0, 0]))), "animated"),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_what_is_no_picture_is_refused_in_words_and_nothing_is_kept(
    case: str, acme: Organization, bob: User, sign_in: SignIn, media: Path
) -> None:
    data, code = HOSTILE[case]
    answer = give(sign_in(bob), data)
    assert answer.status_code == 422
    refusal = answer.json()["error"]
    assert code in (None, refusal["code"])
    assert refusal["message"].endswith(".")
    assert inputs_of(acme) == []
    assert [path for path in media.rglob("*") if path.is_file()] == []


def test_a_file_beyond_the_limit_is_refused_without_being_kept_whole(
    acme: Organization, bob: User, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bounds, "LIMIT_BYTES", 100_000)
    monkeypatch.setattr("studio.imaging.inspection.UPLOAD_LIMIT_BYTES", 100_000)
    seen: list[int] = []
    monkeypatch.setattr("studio.imaging.inspection.examine", _noting(inspection.examine, seen))
    answer = give(sign_in(bob), picture_bytes.plain(".png") + bytes(5_000_000))
    assert answer.json()["error"]["code"] == "too_big"
    assert seen[0] < 300_000
    assert inputs_of(acme) == []


def _noting(examine: Any, seen: list[int]) -> Any:
    def noted(data: bytes) -> Any:
        seen.append(len(data))
        return examine(data)

    return noted


def test_without_a_file_it_says_so(acme: Organization, bob: User, sign_in: SignIn) -> None:
    answer = sign_in(bob).post(DOOR, {}, headers={"Accept": "application/json"})
    assert (answer.status_code, answer.json()["error"]["message"]) == (422, "Choose a picture.")


def test_a_viewer_and_a_stranger_give_nothing(
    acme: Organization, rival: Organization, vera: User, charlie: User, sign_in: SignIn
) -> None:
    assert give(sign_in(vera), picture_bytes.plain(".png")).status_code == 403
    assert give(sign_in(charlie), picture_bytes.plain(".png")).status_code == 404
    assert inputs_of(acme) == inputs_of(rival) == []


def test_it_is_its_givers_until_a_run_shows_it(
    acme: Organization, rival: Organization, alice: User, bob: User, vera: User, charlie: User, sign_in: SignIn
) -> None:
    url = give(sign_in(bob), picture_bytes.plain(".png")).json()["preview"]
    assert sign_in(bob).get(url).status_code == 200
    assert {sign_in(person).get(url).status_code for person in (alice, vera, charlie)} == {404}
    assert sign_in(charlie).get(url.replace("acme", "rival")).status_code == 404
    with tenancy.tenant(acme.pk):
        (given,) = Input.objects.all()
        run = Run.objects.create(org=acme, maker=bob, kind="edit", model="m", prompt="p", asked={}, count=1)
        RunInput.objects.create(org=acme, run=run, input=given, number=1)
    assert sign_in(vera).get(url).status_code == 200
    with tenancy.tenant(acme.pk):
        Run.objects.update(visibility="private")
    assert sign_in(vera).get(url).status_code == 404
    assert sign_in(charlie).get(url.replace("acme", "rival")).status_code == 404


# -- Pictures made here ---------------------------------------------------------------------------


def test_a_picture_made_here_is_given_again_once(acme: Organization, alice: User, bob: User, sign_in: SignIn) -> None:
    output = ended_runs.output(ended_runs.run(acme, alice))
    first, second = (
        sign_in(bob).post(DOOR, {"output": str(output.code)}, headers={"Accept": "application/json"}) for _ in range(2)
    )
    assert (first.status_code, second.status_code) == (201, 201)
    (given,) = inputs_of(acme)
    assert first.json()["code"] == second.json()["code"] == str(given.code)
    assert (given.source_id, given.giver_id, given.name) == (output.pk, bob.pk, "A lamp.png")
    assert given.file != output.file
    assert b"".join(sign_in(bob).get(first.json()["original"])) == picture_bytes.plain(".png")


def test_the_name_of_what_was_private_says_nothing_of_it(acme: Organization, bob: User, sign_in: SignIn) -> None:
    """It stands wherever the picture is used, also in a run of the team's."""
    output = ended_runs.output(ended_runs.run(acme, bob, prompt="A secret brief", visibility="private"))
    told = sign_in(bob).post(DOOR, {"output": str(output.code)}, headers={"Accept": "application/json"}).json()
    (given,) = inputs_of(acme)
    assert (told["name"], given.name, given.source_id) == ("picture.png", "picture.png", output.pk)


def test_a_picture_of_a_private_run_or_of_another_organization_cannot_be_given(
    acme: Organization, rival: Organization, alice: User, bob: User, charlie: User, sign_in: SignIn
) -> None:
    private = ended_runs.output(ended_runs.run(acme, alice, visibility="private"))
    foreign = ended_runs.output(ended_runs.run(rival, charlie))
    for code in (private.code, foreign.code, "nonsense"):
        assert sign_in(bob).post(DOOR, {"output": str(code)}).status_code == 404
    assert inputs_of(acme) == inputs_of(rival) == []


# -- Masks ----------------------------------------------------------------------------------------


def test_a_mask_lies_on_its_reference_and_only_its_transparency_is_sent(
    acme: Organization, bob: User, sign_in: SignIn
) -> None:
    client = sign_in(bob)
    first = give(client, picture_bytes.plain(".jpg")).json()
    told = give(client, mask(), name="mask.png", first=first["code"]).json()
    assert told["is_mask"] is True
    sent = picture_bytes.opened(b"".join(client.get(told["sent"])))
    assert (sent.width, sent.height, sent.bands) == (60, 40, 4)
    assert sent.extract_band(0, n=3).max() == 0
    assert (sent.getpoint(1, 1)[3], sent.getpoint(30, 30)[3]) == (0, 255)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (picture_bytes.plain(".jpg"), "mask_not_png"),
        (picture_bytes.plain(".png"), "mask_without_alpha"),
        (mask(61), "mask_size"),
        (mask(level=255), "mask_empty"),
    ],
)
def test_a_mask_that_cannot_be_one_is_refused(
    data: bytes, code: str, acme: Organization, bob: User, sign_in: SignIn
) -> None:
    client = sign_in(bob)
    first = give(client, picture_bytes.plain(".jpg")).json()["code"]
    answer = give(client, data, first=first)
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, code)
    assert len(inputs_of(acme)) == 1


def test_a_mask_needs_a_reference_that_one_may_see(acme: Organization, alice: User, bob: User, sign_in: SignIn) -> None:
    others = give(sign_in(alice), picture_bytes.plain(".jpg")).json()["code"]
    for first in (others, str(uuid4()), "nonsense"):
        assert give(sign_in(bob), mask(), first=first).status_code == 404
    assert len(inputs_of(acme)) == 1


# -- Many at once ---------------------------------------------------------------------------------


@pytest.fixture
def small_room(monkeypatch: pytest.MonkeyPatch) -> Room:
    room = Room(limit_bytes=1000, places=1, waiting_each=1)
    monkeypatch.setattr(decode_turns, "room", lambda: room)
    return room


def test_only_a_few_are_read_at_once_and_who_cannot_wait_is_told(
    acme: Organization, bob: User, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch, small_room: Room, media: Path
) -> None:
    monkeypatch.setattr(decode_turns, "UPLOAD_SECONDS", 0.05)
    client = sign_in(bob)
    with small_room.held(1, by="another", seconds=0):
        answer = give(client, picture_bytes.plain(".png"))
    assert (answer.status_code, answer.json()["error"]["code"], answer["Retry-After"]) == (503, "busy", "3")
    assert inputs_of(acme) == []
    assert [path for path in media.rglob("*") if path.is_file()] == []
    assert give(client, picture_bytes.plain(".png")).status_code == 201


def test_a_turn_ends_whatever_happens(acme: Organization, bob: User, sign_in: SignIn, small_room: Room) -> None:
    client = sign_in(bob)
    for _ in range(3):
        assert give(client, picture_bytes.plain(".jpg")[:-40] + b"\xff\xd9").status_code == 422
    assert give(client, picture_bytes.plain(".png")).status_code == 201
    assert (small_room.held_bytes, small_room.waiting) == (0, 0)


def test_pictures_are_read_without_a_transaction(
    acme: Organization, bob: User, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither those that come nor those that were made here."""
    depths: list[int] = []
    turn = decode_turns.turn

    def noting(*args: Any, **kwargs: Any) -> Any:
        depths.append(len(connection.atomic_blocks))
        return turn(*args, **kwargs)

    monkeypatch.setattr(decode_turns, "turn", noting)
    outside = len(connection.atomic_blocks)
    client, output = sign_in(bob), ended_runs.output(ended_runs.run(acme, bob))
    first = give(client, picture_bytes.plain(".png")).json()["code"]
    assert give(client, mask(), first=first).status_code == 201
    assert client.post(DOOR, {"output": str(output.code)}, headers={"Accept": "application/json"}).status_code == 201
    assert depths == [outside] * 3


def test_what_is_stored_is_named_by_us(acme: Organization, bob: User, sign_in: SignIn, media: Path) -> None:
    give(sign_in(bob), picture_bytes.plain(".png"), name="../x/<b>.png")
    (given,) = inputs_of(acme)
    names = [given.file, given.sent_file, given.preview, given.thumbnail]
    assert all(name.startswith(f"{acme.code}/inputs/{given.code}/") for name in names)
    assert all(default_storage.exists(name) for name in names)
    assert json.dumps(names).isascii()
