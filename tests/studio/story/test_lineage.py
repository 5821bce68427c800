"""Where a run comes from and what came of it: on its page and in its metadata, and nothing that is somebody's own."""

import html
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Organization, User
from saas.database import tenancy
from studio.catalogue import image_models, specs
from studio.models import Input, Output, Relation, Run, Visibility
from studio.runs import plan, submit_run
from studio.runs.plan import Pictures
from studio.story import changes
from tests.conftest import SignIn, must_be_member
from tests.studio.engine.test_worker import submit, up, work

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("up")]
__all__ = ["up"]


def derive(parent: Run, by: User, relation: Relation = Relation.REMIX, **asked: Any) -> Run:
    visibility = asked.pop("visibility", Visibility.TEAM)
    references = asked.pop("references", ())
    with tenancy.tenant(parent.org_id):
        values = {"prompt": "a lamp", "partial_images": 1, "references": len(references), **asked}
        spec = specs.read_spec(values, models=image_models.at(timezone.now()))
        return submit_run.submit(
            by=must_be_member(parent.org, by),
            plan=plan.make(org=parent.org, spec=spec, pictures=Pictures(references)),
            parent=parent,
            relation=relation,
            visibility=visibility,
        )


def given_from(run: Run, by: User) -> Input:
    with tenancy.tenant(run.org_id):
        output = Output.objects.get(run=run)
        return Input.objects.create(
            org_id=run.org_id, giver=by, source=output, name="lamp.png", file=output.file, sent_file=output.file,
            sent_mime="image/png", thumbnail=output.thumbnail, width=64, height=64, size_bytes=9, sha256=str(uuid4()),
        )  # fmt: skip


def page(run: Run, user: User, sign_in: SignIn) -> str:
    return html.unescape(sign_in(user).get(f"/o/acme/runs/{run.code}/").content.decode())


def metadata(run: Run, user: User, sign_in: SignIn) -> dict[str, Any]:
    found: dict[str, Any] = sign_in(user).get(f"/o/acme/runs/{run.code}/metadata.json").json()
    return found


def test_a_print_says_what_it_was_made_from_and_the_proof_what_became_of_it(
    acme: Organization, alice: User, bob: User, sign_in: SignIn
) -> None:
    proof = submit(acme, alice, quality="low", size="1024x1024")
    made = derive(proof, bob, Relation.PRINT, quality="high", size="2048x2048")
    here, there = page(made, bob, sign_in), page(proof, bob, sign_in)
    assert "Print of" in here
    assert f"/o/acme/runs/{proof.code}/" in here
    assert "same prompt, size 1024² → 2048², quality low → high" in " ".join(here.split())
    assert f"/o/acme/runs/{made.code}/" in there
    told = metadata(made, bob, sign_in)["parent"]
    assert told == {
        "run": str(proof.code),
        "relation": "print",
        "changes": "same prompt, size 1024² → 2048², quality low → high",
    }
    assert metadata(proof, bob, sign_in)["children"] == [str(made.code)]


def test_a_run_that_was_given_a_picture_of_another_is_of_its_family(
    acme: Organization, alice: User, sign_in: SignIn
) -> None:
    first, other = submit(acme, alice), submit(acme, alice)
    work()
    edit = derive(other, alice, Relation.EDIT, references=[given_from(first, alice)])
    here = page(edit, alice, sign_in)
    assert "Image 1 from" in here
    assert f"/o/acme/runs/{first.code}/" in here
    assert f"/o/acme/runs/{edit.code}/" in page(first, alice, sign_in)
    with tenancy.tenant(acme.pk):
        output = Output.objects.get(run=first)
    assert metadata(edit, alice, sign_in)["inputs"][0]["made_by"] == {
        "run": str(first.code),
        "output": str(output.code),
    }


def test_nothing_of_a_private_relative_is_told(acme: Organization, alice: User, bob: User, sign_in: SignIn) -> None:
    private = submit(acme, bob, prompt="bob's secret lamp", quality="low")
    with tenancy.tenant(acme.pk):
        Run.objects.filter(pk=private.pk).update(visibility=Visibility.PRIVATE)
    work()
    private.visibility = Visibility.PRIVATE
    shown = derive(private, bob, references=[given_from(private, bob)], prompt="a lamp", quality="high")
    here = page(shown, alice, sign_in)
    assert "a private run" in here
    assert "secret" not in here
    assert str(private.code) not in here
    assert "low → high" not in here
    told = metadata(shown, alice, sign_in)
    assert (told["parent"], told["inputs"][0]["made_by"]) == (None, None)
    assert metadata(shown, bob, sign_in)["parent"]["run"] == str(private.code)
    own = derive(shown, bob, visibility=Visibility.PRIVATE)
    assert str(own.code) not in page(shown, alice, sign_in)
    assert metadata(shown, alice, sign_in)["children"] == []


def test_a_large_family_asks_the_database_no_more_than_a_small_one(
    acme: Organization, alice: User, sign_in: SignIn
) -> None:
    small, large = submit(acme, alice), submit(acme, alice)
    for number in range(30):
        derive(large, alice, prompt=f"a lamp {number}")
    derive(small, alice)

    def count(run: Run) -> int:
        client = sign_in(alice)
        client.get(f"/o/acme/runs/{run.code}/")
        with CaptureQueriesContext(connection) as queries:
            assert client.get(f"/o/acme/runs/{run.code}/").status_code == 200
        return len(queries)

    assert count(large) - count(small) <= 1  # how many there are beyond those that are shown
    assert "and 6 more" in page(large, alice, sign_in)


def test_changed_words_are_marked_one_by_one() -> None:
    found = changes.words("a red lamp on a table", "a blue lamp on a wooden table")
    assert [(word.mark, word.text.strip()) for word in found if word.mark] == [
        ("del", "red"),
        ("ins", "blue"),
        ("ins", "wooden"),
    ]
    assert "".join(word.text for word in found if word.mark != "del") == "a blue lamp on a wooden table"


def test_a_whole_book_is_not_compared_word_by_word() -> None:
    assert changes.words("word " * 16000, "other " * 16000) == []
