"""Styles through the REST API, and runs that are made in them."""

import uuid
from io import BytesIO
from typing import Any

import pytest

from accounts.models import Hold, Organization, Scope, User
from saas.database import tenancy
from studio.engine import worker
from studio.gallery import clear_runs
from studio.models import Input, Run, Style, StyleVersion, Ticket
from tests.conftest import actions
from tests.studio.api.keys import Program, program
from tests.studio.engine.test_worker import up
from tests.support import picture_bytes
from tests.support.fake_provider import Upstream, completed, pictures, png

__all__ = ["up"]
pytestmark = pytest.mark.django_db
TWELVE = [
    "knitted", "watercolor", "woodcut", "stained-glass", "papercut", "clay", "halftone", "charcoal", "blueprint",
    "neon", "oil", "pixel-art",
]  # fmt: skip
LINOCUT = {
    "name": "Linocut",
    "description": "Two blocks, two inks",
    "prompt": "Cut it as a linocut in two inks.",
    "keeps": ["identity", "the logo on the mug"],
    "frees": ["background"],
}


def listed(api: Program) -> dict[str, dict[str, Any]]:
    return {one["slug"]: one for one in api.get("styles").json()["data"]}


def refusal(is_clay: bool) -> dict[str, Any]:
    said = "No clay." if is_clay else "No oil."
    return {
        "error": {"message": said, "type": "image_generation_user_error", "code": "moderation_blocked", "param": None}
    }


def made_nothing(org: Organization) -> bool:
    with tenancy.tenant(org.pk):
        return not (Run.objects.exists() or Ticket.objects.exists() or Hold.objects.exists())


def portrait(api: Program) -> str:
    photo = BytesIO(picture_bytes.plain(".png", 40, 60))
    photo.name = "portrait.png"
    return str(api.give("inputs", file=photo).json()["id"])


def test_twelve_styles_come_with_the_program(acme: Organization, rival: Organization, bob: User, charlie: User) -> None:
    ours, theirs = listed(program(acme, bob)), listed(program(rival, charlie))
    assert list(ours) == list(theirs) == TWELVE
    assert not {one["id"] for one in ours.values()} & {one["id"] for one in theirs.values()}
    knitted = ours["knitted"]
    assert (knitted["built_in"], knitted["version"], knitted["frees"]) == (True, 1, ["lighting", "realism"])
    assert "identity" in knitted["keeps"]
    assert listed(program(acme, bob)) == ours


def test_each_sample_is_another_small_picture(acme: Organization, bob: User) -> None:
    api = program(acme, bob)
    samples = [api.get(one["sample"].removeprefix("/api/v1/")) for one in listed(api).values()]
    assert {answer["Content-Type"] for answer in samples} == {"image/webp"}
    assert len({answer.content for answer in samples}) == 12
    assert max(len(answer.content) for answer in samples) < 60_000


def test_a_style_is_made_changed_and_retired(acme: Organization, bob: User) -> None:
    api = program(acme, bob)
    answer = api.post("styles", LINOCUT)
    assert answer.status_code == 201
    style = answer.json()
    assert {name: style[name] for name in LINOCUT} == LINOCUT
    assert (style["slug"], style["built_in"], style["version"]) == ("linocut", False, 1)
    changed = api.patch(f"styles/{style['id']}", {"prompt": "Cut it as a linocut in three inks."}).json()
    assert (changed["version"], changed["name"], changed["keeps"]) == (2, "Linocut", LINOCUT["keeps"])
    assert api.get(f"styles/{style['id']}").json() == changed
    assert list(listed(api)) == [*TWELVE, "linocut"]
    assert api.delete(f"styles/{style['id']}").status_code == 204
    assert list(listed(api)) == TWELVE
    assert api.get(f"styles/{style['id']}").status_code == 404
    assert actions(acme)[-3:] == ["style.made", "style.changed", "style.retired"]


def test_a_change_that_changes_nothing_is_no_version(acme: Organization, bob: User) -> None:
    api = program(acme, bob)
    style = api.post("styles", LINOCUT).json()
    assert api.patch(f"styles/{style['id']}", {"name": "Linocut"}).json()["version"] == 1


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": " "}, "name"),
        ({"name": "x" * 61}, "name"),
        ({"name": "a\0b"}, "name"),
        ({"prompt": ""}, "prompt"),
        ({"prompt": "x" * 4_001}, "prompt"),
        ({"parameters": {"size": "2:3"}}, "size"),
        ({"keeps": ["x" * 81]}, "keeps"),
        ({"frees": [str(number) for number in range(21)]}, "frees"),
    ],
)
def test_what_a_style_cannot_say_is_refused(acme: Organization, bob: User, change: dict[str, Any], field: str) -> None:
    answer = program(acme, bob).post("styles", {**LINOCUT, **change})
    assert answer.status_code == 422
    assert [one["field"] for one in answer.json()["error"]["fields"]] == [field]
    with tenancy.tenant(acme.pk):
        assert not Style.objects.filter(built_in="").exists()


def test_markup_in_a_name_stays_text(acme: Organization, bob: User) -> None:
    hostile = "<img src=x onerror=alert(1)>"
    style = program(acme, bob).post("styles", {**LINOCUT, "name": hostile}).json()
    assert (style["name"], style["slug"]) == (hostile, "img-srcx-onerroralert1")


def test_a_member_changes_only_their_own_styles(acme: Organization, alice: User, bob: User) -> None:
    owner, member = program(acme, alice), program(acme, bob)
    theirs = owner.post("styles", LINOCUT).json()
    for style in (theirs, listed(member)["oil"]):
        assert member.patch(f"styles/{style['id']}", {"name": "Mine"}).status_code == 403
        assert member.delete(f"styles/{style['id']}").status_code == 403
        assert member.get(f"styles/{style['id']}").json() == style
    assert owner.patch(f"styles/{listed(owner)['oil']['id']}", {"name": "Oils"}).json()["name"] == "Oils"


def test_a_key_that_only_reads_makes_no_style(acme: Organization, alice: User) -> None:
    answer = program(acme, alice, Scope.READ).post("styles", LINOCUT)
    assert answer.status_code == 403
    with tenancy.tenant(acme.pk):
        assert not Style.objects.filter(built_in="").exists()


def test_anothers_style_is_not_found(acme: Organization, rival: Organization, bob: User, charlie: User) -> None:
    foreign, api = listed(program(rival, charlie))["oil"]["id"], program(acme, bob)
    assert api.get(f"styles/{foreign}").status_code == 404
    assert api.get(f"styles/{foreign}/sample").status_code == 404
    assert api.patch(f"styles/{foreign}", {"name": "Ours"}).status_code == 404
    assert api.delete(f"styles/{foreign}").status_code == 404
    with tenancy.tenant(rival.pk):
        assert StyleVersion.objects.get(style__code=foreign).name == "Oil on canvas"


def test_four_styles_are_four_slots_of_one_run(acme: Organization, bob: User) -> None:
    api = program(acme, bob)
    styles = listed(api)
    chosen = ["neon", "knitted", "oil", "clay"]
    answer = api.post("runs", {"styles": [styles[slug]["id"] for slug in chosen], "references": [portrait(api)]})
    assert answer.status_code == 201
    run = answer.json()
    assert (run["kind"], run["prompt"]) == ("edit", "Neon, Knitted, Oil on canvas, Clay")
    assert [slot["style"] for slot in run["slots"]] == [styles[slug]["id"] for slug in chosen]
    assert [slot["style_name"] for slot in run["slots"]] == ["Neon", "Knitted", "Oil on canvas", "Clay"]
    assert [style["version"] for style in run["parameters"]["styles"]] == [1, 1, 1, 1]
    with tenancy.tenant(acme.pk):
        assert Ticket.objects.count() == 4
        holds = list(Hold.objects.all())
    assert len(holds) == 4
    assert min(hold.micros for hold in holds) > 0


def test_several_pictures_of_each_style_stand_together(acme: Organization, bob: User) -> None:
    run = program(acme, bob).post("runs", {"prompt": "A poster", "styles": ["neon", "oil"], "n": 2}).json()
    assert [slot["style_name"] for slot in run["slots"]] == ["Neon", "Neon", "Oil on canvas", "Oil on canvas"]
    assert (run["kind"], run["prompt"], run["parameters"]["n"]) == ("generate", "A poster", 2)


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"styles": ["neon", "oil", "clay", "knitted", "woodcut"]}, "too_many"),
        ({"styles": ["neon", "velvet"]}, "unknown_style"),
        ({"styles": [str(uuid.uuid4())]}, "unknown_style"),
        ({"styles": ["neon", "neon"]}, "twice"),
        ({"styles": ["neon", "oil", "clay"], "n": 4}, "out_of_range"),
        ({"styles": ["neon"], "prompt": "x" * 31_900}, "too_long"),
        ({"styles": []}, "required"),
    ],
)
def test_styles_that_cannot_be_are_refused_and_nothing_is_made(
    acme: Organization, bob: User, asked: dict[str, Any], code: str
) -> None:
    answer = program(acme, bob).post("runs", asked)
    assert answer.status_code == 422
    assert [one["code"] for one in answer.json()["error"]["fields"]] == [code]
    assert made_nothing(acme)


def test_a_style_of_another_organization_is_unknown(
    acme: Organization, rival: Organization, bob: User, charlie: User
) -> None:
    foreign = program(rival, charlie).post("styles", LINOCUT).json()
    for name in (foreign["id"], foreign["slug"]):
        answer = program(acme, bob).post("runs", {"styles": [name], "prompt": "A poster"})
        assert (answer.status_code, answer.json()["error"]["fields"][0]["code"]) == (422, "unknown_style")
    assert made_nothing(acme)


def test_a_retired_style_and_one_for_admins_are_unknown_to_a_member(acme: Organization, alice: User, bob: User) -> None:
    owner, member = program(acme, alice), program(acme, bob)
    style = owner.post("styles", {**LINOCUT, "least_role": "admin"}).json()
    owner.delete(f"styles/{listed(owner)['oil']['id']}")
    for name in (style["id"], "oil"):
        assert member.post("runs", {"styles": [name], "prompt": "A poster"}).status_code == 422
    assert made_nothing(acme)
    assert owner.post("runs", {"styles": [style["id"]], "prompt": "A poster"}).status_code == 201


def test_a_style_sets_what_the_request_leaves_out(acme: Organization, bob: User) -> None:
    api = program(acme, bob)
    api.post("styles", {**LINOCUT, "parameters": {"size": "1024x1536", "quality": "high"}})
    parameters = api.post("runs", {"styles": ["linocut"], "prompt": "A poster"}).json()["parameters"]
    assert (parameters["size"], parameters["quality"]) == ("1024x1536", "high")
    asked = {"styles": ["linocut"], "prompt": "A poster", "size": "1024x1024", "quality": "low"}
    parameters = api.post("runs", asked).json()["parameters"]
    assert (parameters["size"], parameters["quality"]) == ("1024x1024", "low")


def test_partials_and_outputs_carry_their_style(acme: Organization, bob: User, up: Upstream) -> None:
    api = program(acme, bob)
    styles = listed(api)
    run = api.post("runs", {"styles": ["clay", "oil"], "prompt": "A poster", "partial_images": 1}).json()
    while worker.develop_next():
        pass
    events = api.get(f"runs/{run['id']}/events").json()["events"]
    told = [
        (event["type"], event["style"], event["style_name"])
        for event in events
        if event["type"] in {"partial", "output"}
    ]
    clay, oil = (styles["clay"]["id"], "Clay"), (styles["oil"]["id"], "Oil on canvas")
    assert told == [("partial", *clay), ("output", *clay), ("partial", *oil), ("output", *oil)]
    assert [event["seq"] for event in events] == list(range(1, len(events) + 1))
    assert "style" not in events[0]
    prompts = [asked.json["prompt"] for asked in up.seen]
    assert prompts[0].startswith("A poster\n\nModel it in clay")
    assert prompts[1].startswith("A poster\n\nPaint it in oil")


def test_a_run_remembers_the_version_that_it_used(acme: Organization, bob: User, up: Upstream) -> None:
    api = program(acme, bob)
    style = api.post("styles", LINOCUT).json()
    run = api.post("runs", {"styles": [style["id"]], "prompt": "A poster"}).json()
    api.patch(f"styles/{style['id']}", {"name": "Lino", "prompt": "Something else."})
    worker.develop_next()
    assert "linocut in two inks" in up.seen[0].json["prompt"]
    slot = api.get(f"runs/{run['id']}").json()["slots"][0]
    assert (slot["style"], slot["style_name"]) == (style["id"], "Linocut")
    again = api.post("runs", {"styles": [style["id"]], "prompt": "A poster"}).json()
    assert [one["version"] for one in again["parameters"]["styles"]] == [2]


def test_trying_one_style_again_keeps_it(acme: Organization, bob: User, up: Upstream) -> None:
    api = program(acme, bob)
    up.script = lambda exchange: exchange.whole(400, refusal("clay" in exchange.asked.json["prompt"]))
    run = api.post("runs", {"styles": ["oil", "clay"], "prompt": "A poster"}).json()
    while worker.develop_next():
        pass
    up.script = pictures(completed(png()))
    assert api.post(f"runs/{run['id']}/slots/1/retry").status_code == 200
    with tenancy.tenant(acme.pk):
        first, *_, again = Hold.objects.order_by("pk")
    assert again.micros == first.micros
    assert worker.develop_next()
    assert up.seen[-1].json["prompt"] == up.seen[1].json["prompt"]
    slots = api.get(f"runs/{run['id']}").json()["slots"]
    assert [(slot["style_name"], slot["state"]) for slot in slots] == [
        ("Oil on canvas", "refused"),
        ("Clay", "succeeded"),
    ]


def test_the_styles_own_picture_is_sent_last(acme: Organization, bob: User, up: Upstream) -> None:
    api = program(acme, bob)
    mine, its = portrait(api), portrait(api)
    style = api.post("styles", {**LINOCUT, "reference": its}).json()
    assert style["reference"] == its
    api.post("runs", {"styles": [style["id"], "oil"], "references": [mine]})
    while worker.develop_next():
        pass
    sent = [[name for name in (b"image-1.png", b"image-2.png") if name in asked.body] for asked in up.seen]
    assert sent == [[b"image-1.png", b"image-2.png"], [b"image-1.png"]]
    assert b"The last picture is an example of the style." in up.seen[0].body
    api.post("runs", {"styles": [style["id"]], "prompt": "A poster"})
    worker.develop_next()
    assert up.seen[2].path == "/v1/images/edits"


def test_a_picture_that_a_style_shows_is_not_thrown_away(acme: Organization, bob: User) -> None:
    api = program(acme, bob)
    its, unused = portrait(api), portrait(api)
    api.post("styles", {**LINOCUT, "reference": its})
    with tenancy.tenant(acme.pk):
        clear_runs.drop_inputs(acme, Input.objects.filter(org=acme))
        assert [str(code) for code in Input.objects.values_list("code", flat=True)] == [its]
    assert its != unused


def test_what_a_run_was_told_is_forgotten_with_its_words(acme: Organization, bob: User) -> None:
    program(acme, bob).post("runs", {"styles": ["oil"], "prompt": "A secret poster"})
    with tenancy.tenant(acme.pk):
        run = Run.objects.get()
        assert "A secret poster" in run.asked["styles"][0]["told"]
        clear_runs.clear(acme, [run], forgets_words=True)
        run.refresh_from_db()
    assert "secret" not in str(run.asked)
    assert run.asked["styles"][0]["name"] == "Oil on canvas"
