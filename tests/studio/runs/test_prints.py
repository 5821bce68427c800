"""Proof → print: keepers are marked, and rendered again larger with the proof as the reference."""

from pathlib import Path
from typing import Any

import pytest

from accounts.errors import NotAllowed, Refused
from accounts.models import Organization, User
from saas.database import tenancy
from studio.models import Input, Output, Run, RunInput, Ticket
from studio.runs import prints, submit_run
from tests.conftest import SignIn, must_be_member
from tests.support import ended_runs, picture_bytes
from tests.support.catalogue_rows import row, shipped

ASKED = {"enlarge": "2", "quality": "high", "prompt": "Render Image 1 again, larger"}


@pytest.fixture(autouse=True)
def media(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path


def proofs(org: Organization, maker: User, count: int = 2, **fields: Any) -> tuple[Run, list[Output]]:
    run = ended_runs.run(org, maker, prompt="A fox", asked={"quality": "low"}, count=count, **fields)
    data = picture_bytes.plain(".png", 1024, 1024)
    outputs = [ended_runs.output(run, index=index, data=data) for index in range(count)]
    with tenancy.tenant(org.pk):
        Output.objects.filter(run=run).update(width=1024, height=1024)
    return run, outputs


def keep(org: Organization, *outputs: Output) -> None:
    with tenancy.tenant(org.pk):
        Output.objects.filter(pk__in=[one.pk for one in outputs]).update(is_keeper=True)


def prints_of(run: Run) -> list[Run]:
    with tenancy.tenant(run.org_id):
        return list(Run.objects.filter(parent=run).order_by("pk"))


@pytest.mark.django_db
def test_a_keeper_is_marked_and_let_go_again(acme: Organization, alice: User, bob: User, sign_in: SignIn) -> None:
    run, (first, _) = proofs(acme, alice)
    client = sign_in(bob)
    for value, expected in (("on", True), ("on", True), ("off", False)):
        answer = client.post(f"/o/acme/outputs/{first.code}/keeper/", {"keep": value}, headers={"HX-Request": "true"})
        assert answer.status_code == 200
        pressed = "true" if expected else "false"
        assert f'aria-pressed="{pressed}" aria-label="Keep picture 1"' in answer.content.decode()
        with tenancy.tenant(acme.pk):
            assert Output.objects.get(pk=first.pk).is_keeper is expected
            assert Output.objects.filter(run=run, is_keeper=True).count() == int(expected)


@pytest.mark.django_db
def test_each_keeper_becomes_a_larger_run_with_its_proof_as_image_1(
    acme: Organization, alice: User, bob: User, sign_in: SignIn
) -> None:
    run, outputs = proofs(acme, alice, count=3, project="Spring")
    keep(acme, outputs[0], outputs[2])
    answer = sign_in(bob).post(f"/o/acme/runs/{run.code}/print/", ASKED, headers={"HX-Request": "true"})
    assert answer.status_code == 204
    found = prints_of(run)
    assert len(found) == 2
    for printed, proof in zip(found, (outputs[0], outputs[2]), strict=True):
        assert (printed.relation, printed.maker, printed.project) == ("print", bob, "Spring")
        assert (printed.asked["size"], printed.asked["quality"], printed.count) == ("2048x2048", "high", 1)
        assert (printed.kind, printed.prompt) == ("edit", "Render Image 1 again, larger")
        with tenancy.tenant(acme.pk):
            (given,) = RunInput.objects.filter(run=printed).select_related("input__source")
            assert (given.number, given.input.source_id) == (1, proof.pk)
    assert Ticket.objects.count() == 2


@pytest.mark.django_db
def test_the_dialog_says_the_price_before_it_is_paid(
    acme: Organization, alice: User, bob: User, sign_in: SignIn
) -> None:
    run, outputs = proofs(acme, alice)
    client, path = sign_in(bob), f"/o/acme/runs/{run.code}/print/"
    assert 'aria-disabled="true"' in client.get(path).content.decode(), "no keeper yet"
    keep(acme, *outputs)

    def price(**asked: str) -> float:
        answer = client.get(path, asked, headers={"HX-Request": "true"})
        assert "HX-Request" in answer["Vary"]
        page = answer.content.decode()
        assert "Print 2 pictures" in page
        return float(page.partition("Print 2 pictures")[2].partition("$")[2].partition("<")[0])

    assert price(**{**ASKED, "quality": "medium"}) < price(**ASKED)
    assert price(**{**ASKED, "enlarge": "1"}) < price(**ASKED)
    assert price() == price(**{**ASKED, "prompt": prints.words_for(run, row())}), "what is chosen at first"
    assert prints_of(run) == []


@pytest.mark.django_db
def test_a_second_press_prints_nothing_more(acme: Organization, alice: User, bob: User, sign_in: SignIn) -> None:
    run, outputs = proofs(acme, alice)
    keep(acme, *outputs)
    for _ in range(2):
        sign_in(bob).post(f"/o/acme/runs/{run.code}/print/", {**ASKED, "request_key": "k" * 22})
    assert len(prints_of(run)) == 2
    assert Ticket.objects.count() == 2


@pytest.mark.django_db
def test_prints_are_made_together_or_not_at_all(
    acme: Organization, alice: User, bob: User, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, outputs = proofs(acme, alice)
    keep(acme, *outputs)
    working, calls = submit_run.submit, []

    def refuses_the_second(**asked: Any) -> Run:
        calls.append(asked)
        if len(calls) == 2:
            raise Refused("The budget of today is used up.")
        return working(**asked)

    monkeypatch.setattr(submit_run, "submit", refuses_the_second)
    answer = sign_in(bob).post(f"/o/acme/runs/{run.code}/print/", ASKED, headers={"HX-Request": "true"})
    assert answer.status_code == 422
    assert "The budget of today is used up." in answer.content.decode()
    assert prints_of(run) == []
    assert Ticket.objects.count() == 0


@pytest.mark.django_db
def test_without_a_keeper_nothing_is_printed(acme: Organization, alice: User, bob: User, sign_in: SignIn) -> None:
    run, _ = proofs(acme, alice)
    answer = sign_in(bob).post(f"/o/acme/runs/{run.code}/print/", ASKED, headers={"HX-Request": "true"})
    assert answer.status_code == 422
    assert prints_of(run) == []


@pytest.mark.django_db
@pytest.mark.parametrize("wrong", [{"quality": "low"}, {"quality": "max"}, {"enlarge": "9"}, {"prompt": ""}])
def test_what_was_not_offered_is_refused_beside_its_field(
    wrong: dict[str, str], acme: Organization, alice: User, bob: User, sign_in: SignIn
) -> None:
    run, outputs = proofs(acme, alice)
    keep(acme, *outputs)
    answer = sign_in(bob).post(f"/o/acme/runs/{run.code}/print/", {**ASKED, **wrong}, headers={"HX-Request": "true"})
    assert answer.status_code == 422
    assert prints_of(run) == []


@pytest.mark.django_db
def test_strangers_and_viewers_keep_and_print_nothing(
    acme: Organization, rival: Organization, alice: User, vera: User, bob: User, charlie: User, sign_in: SignIn
) -> None:
    run, outputs = proofs(acme, alice)
    private, hidden = proofs(acme, alice, visibility="private")
    keep(acme, outputs[1])
    for user, org, expected in ((vera, "acme", 403), (charlie, "acme", 404), (charlie, "rival", 404)):
        client = sign_in(user)
        assert client.post(f"/o/{org}/outputs/{outputs[0].code}/keeper/", {"keep": "on"}).status_code == expected
        assert client.post(f"/o/{org}/runs/{run.code}/print/", ASKED).status_code == expected
        assert client.get(f"/o/{org}/runs/{run.code}/print/").status_code == expected
    assert sign_in(bob).post(f"/o/acme/outputs/{hidden[0].code}/keeper/", {"keep": "on"}).status_code == 404
    assert sign_in(bob).post(f"/o/acme/runs/{private.code}/print/", ASKED).status_code == 404
    with tenancy.tenant(acme.pk):
        assert list(Output.objects.filter(is_keeper=True)) == [outputs[1]]
        assert not Input.objects.filter(org=acme).exists()
    assert prints_of(run) == prints_of(private) == []


@pytest.mark.django_db
def test_a_viewer_may_not_print_by_the_verb_either(acme: Organization, alice: User, vera: User) -> None:
    run, outputs = proofs(acme, alice)
    with tenancy.tenant(acme.pk), pytest.raises(NotAllowed):
        prints.mark(output=outputs[0], by=must_be_member(acme, vera), is_keeper=True)
    assert prints_of(run) == []


@pytest.mark.parametrize(
    ("width", "height", "expected"),
    [
        (1024, 1024, ["1024x1024", "2048x2048", "2880x2880"]),
        (1536, 1024, ["1536x1024", "3072x2048", "3520x2352"]),
        (2880, 2880, ["2880x2880"]),
        (1254, 1254, ["1248x1248", "2512x2512", "2880x2880"]),
    ],
)
def test_enlargements_are_legal_and_keep_the_shape(width: int, height: int, expected: list[str]) -> None:
    found = [one.size for one in prints.enlargements(Output(width=width, height=height), row())]
    assert [str(size) for size in found] == expected
    assert all(not row().sizes.faults(size) for size in found)


def test_the_words_leave_room_for_the_longest_prompt() -> None:
    model = row()
    words = prints.words_for(Run(prompt="é" * model.prompt_limit_characters), model)
    assert len(words) <= model.prompt_limit_characters
    assert words.startswith("Render Image 1 again")


def test_the_proofs_model_prints_it_while_there_is_one() -> None:
    assert prints.model_for(Run(model="gpt-image-2.5-flare"), shipped()).name == "gpt-image-2.5-flare"
    assert prints.model_for(Run(model="gpt-image-0"), shipped()).name == shipped().default.name
