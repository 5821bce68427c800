"""An earlier run taken into the prompt bar: all of it, or its words, settings or pictures alone."""

import pytest

from accounts.models import Organization, User
from saas.database import tenancy
from studio.inputs import uploads
from studio.models import Run, RunInput
from tests.conftest import SignIn
from tests.studio.prompt.test_draft import BAR
from tests.support import ended_runs, picture_bytes

PIECE = {"HX-Request": "true"}
ASKED = {"model": "gpt-image-2", "size": "1536x1024", "quality": "high", "n": 2, "format": "webp", "compression": 70}


def earlier(org: Organization, maker: User, **fields: object) -> Run:
    run = ended_runs.run(org, maker, prompt="A harbour in winter", kind="edit", asked=ASKED, **fields)
    ready = uploads.store_picture(org=org, name="boat.png", data=picture_bytes.plain(".png"))
    with tenancy.tenant(org.pk):
        given = uploads.keep(ready, by=maker)
        RunInput.objects.create(org=org, run=run, input=given, number=1)
    return run


@pytest.mark.parametrize(
    ("take", "words", "settings", "pictures"),
    [
        ("", True, True, True),
        ("&take=prompt", True, False, False),
        ("&take=settings", False, True, False),
        ("&take=pictures", False, False, True),
        ("&take=prompt&take=pictures", True, False, True),
    ],
)
def test_what_is_wanted_is_taken_and_the_rest_stays(
    take: str, words: bool, settings: bool, pictures: bool, acme: Organization, alice: User, bob: User, sign_in: SignIn
) -> None:
    run = earlier(acme, alice)
    client = sign_in(bob)
    client.post("/o/acme/draft/", {**BAR, "prompt": "My own words"})
    piece = client.get(f"/o/acme/?recall={run.code}{take}", headers=PIECE).content.decode()
    assert (">A harbour in winter</textarea>" in piece, ">My own words</textarea>" in piece) == (words, not words)
    assert (
        'value="1536x1024" data-says' in piece and 'name="quality" value="high" data-says="High" checked' in piece
    ) == settings
    assert ("boat.png" in piece) == pictures
    assert f'name="parent" value="{run.code}"' in piece


def test_it_becomes_a_remix_of_that_run(acme: Organization, alice: User, bob: User, sign_in: SignIn) -> None:
    run = earlier(acme, alice)
    sign_in(bob).post("/o/acme/runs/", {**BAR, "parent": str(run.code)})
    with tenancy.tenant(acme.pk):
        mine = Run.objects.get(maker=bob)
        assert (mine.parent_id, mine.relation) == (run.pk, "remix")


def test_an_edit_comes_from_the_run_that_made_its_picture(
    acme: Organization, alice: User, bob: User, sign_in: SignIn
) -> None:
    run = ended_runs.run(acme, alice)
    output = ended_runs.output(run)
    client = sign_in(bob)
    code = client.post("/o/acme/inputs/", {"output": str(output.code)}, headers={"Accept": "application/json"}).json()[
        "code"
    ]
    client.post("/o/acme/runs/", {**BAR, "reference": code})
    with tenancy.tenant(acme.pk):
        mine = Run.objects.get(maker=bob)
        assert (mine.kind, mine.parent_id, mine.relation) == ("edit", run.pk, "edit")


def test_what_may_not_be_seen_cannot_be_recalled(
    acme: Organization, rival: Organization, alice: User, bob: User, charlie: User, sign_in: SignIn
) -> None:
    private = earlier(acme, alice, visibility="private")
    foreign = earlier(rival, charlie)
    for code in (private.code, foreign.code, "nonsense"):
        assert sign_in(bob).get(f"/o/acme/?recall={code}").status_code == 404
    for parent in (private.code, foreign.code, "nonsense"):
        sign_in(bob).post("/o/acme/runs/", {**BAR, "parent": str(parent), "prompt": f"After {parent}"})
    with tenancy.tenant(acme.pk):
        assert set(Run.objects.filter(maker=bob).values_list("parent", "relation")) == {(None, "")}


def test_what_was_written_before_is_remembered_for_its_writer(
    acme: Organization, alice: User, bob: User, vera: User, sign_in: SignIn
) -> None:
    for words in ("first", "second", "first"):
        ended_runs.run(acme, bob, prompt=words, project="Spring")
    ended_runs.run(acme, alice, prompt="Alice's", project="Autumn")
    told = sign_in(bob).get("/o/acme/memory/").json()
    assert told == {"prompts": ["first", "second"], "projects": ["Autumn", "Spring"]}
    assert sign_in(vera).get("/o/acme/memory/").status_code == 403
