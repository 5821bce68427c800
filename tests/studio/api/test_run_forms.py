"""A run with its files in one call, and the names that other APIs have for its parameters."""

import json
from io import BytesIO
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.test import Client

from accounts.models import Organization, Scope, Subject, User
from saas.database import tenancy
from studio.models import Input, Run, RunInput
from tests.studio.api.keys import Program, program
from tests.studio.api.test_runs import read
from tests.studio.inputs.test_give_input import mask
from tests.support import picture_bytes
from tests.support.text_holds import allow

pytestmark = pytest.mark.django_db


def file(data: bytes, name: str) -> BytesIO:
    given = BytesIO(data)
    given.name = name
    return given


def photo(number: int = 1) -> BytesIO:
    return file(picture_bytes.plain(".png", 60 + number, 40), f"photo-{number}.png")


def sent(api: Program, key: str = "", query: str = "", **form: Any) -> Any:
    headers = {**api.bearer, **({"Idempotency-Key": key} if key else {})}
    return Client().post(f"/api/v1/runs{query}", form, headers=headers)


def rows(org: Organization) -> tuple[int, int]:
    with tenancy.tenant(org.pk):
        return Run.objects.count(), Input.objects.count()


def stored(org: Organization) -> int:
    """How many files of the organization storage has."""

    def count(folder: str) -> int:
        folders, files = default_storage.listdir(folder)
        return len(files) + sum(count(f"{folder}/{name}") for name in folders)

    return count(str(org.code)) if default_storage.exists(str(org.code)) else 0


def test_files_are_references_in_their_order_behind_inputs_given_before(acme: Organization, bob: User) -> None:
    api = program(acme, bob)
    code = api.give("inputs", file=photo(1)).json()["id"]
    fields = {"prompt": "At night", "size": "auto", "output_format": "webp", "feather": "8", "keep_rest": "true"}
    answer = sent(api, **fields, references=[code, photo(2), photo(3)], mask=file(mask(61), "hole.png"))
    assert answer.status_code == 201, answer.content
    run = answer.json()
    asked = run["parameters"]
    assert (run["kind"], asked["references"], asked["mask"], asked["feather"]) == ("edit", 3, True, 8)
    assert (asked["format"], asked["keep_rest"]) == ("webp", True)
    with tenancy.tenant(acme.pk):
        found = RunInput.objects.filter(run__code=run["id"]).order_by("number").values_list("number", "input__name")
        inputs = list(found)
    assert inputs == [(0, "hole.png"), (1, "photo-1.png"), (2, "photo-2.png"), (3, "photo-3.png")]


def test_a_form_without_files_is_a_run_as_any_other(acme: Organization, bob: User) -> None:
    run = sent(program(acme, bob), prompt="A lamp", n="2", quality="", project="Spring").json()
    assert (run["kind"], len(run["slots"]), run["project"]) == ("generate", 2, "Spring")


def test_one_request_key_stores_the_files_once(acme: Organization, bob: User) -> None:
    api = program(acme, bob)
    first = sent(api, "k-1", prompt="At night", references=photo())
    files = stored(acme)
    assert files > 0
    again = sent(api, "k-1", prompt="At night", references=photo())
    assert again.json()["id"] == first.json()["id"]
    other = sent(api, "k-1", prompt="At night", references=photo(7))
    assert (other.status_code, other.json()["error"]["code"]) == (409, "idempotency_key_reused")
    assert (rows(acme), stored(acme)) == ((1, 1), files)


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"prompt": "x", "size": "1920x1080", "references": "a picture"}, "1920x1088"),
        ({"prompt": "x", "references": "no picture"}, "picture"),
        ({"prompt": "x", "image": "a picture"}, "Use “references”."),
        ({"prompt": "x", "mask": "a picture"}, "A mask belongs to a reference picture."),
        ({"prompt": "x", "references": "a picture", "mask": "no picture"}, "picture"),
    ],
)
def test_what_is_refused_leaves_nothing(acme: Organization, bob: User, form: dict[str, str], said: str) -> None:
    known = {"a picture": photo().getvalue(), "no picture": b"no picture"}
    given: dict[str, Any] = {
        name: file(known[value], "x.png") if value in known else value for name, value in form.items()
    }
    answer = sent(program(acme, bob), **given)
    assert answer.status_code == 422
    assert said in answer.json()["error"]["message"]
    assert (rows(acme), stored(acme)) == ((0, 0), 0)


def test_a_limit_that_is_reached_leaves_no_file(acme: Organization, alice: User, bob: User) -> None:
    allow(acme, alice, Subject.ORGANIZATION, images_day=1)
    answer = sent(program(acme, bob), prompt="At night", references=photo(), n="2")
    assert (answer.status_code, answer.json()["error"]["code"]) == (429, "organization_images_day")
    assert (rows(acme), stored(acme)) == ((0, 0), 0)


def test_others_inputs_and_keys_that_only_read_are_refused(
    acme: Organization, bob: User, rival: Organization, charlie: User
) -> None:
    code = program(acme, bob).give("inputs", file=photo()).json()["id"]
    foreign = sent(program(rival, charlie), prompt="x", references=[code, photo(2)])
    assert (foreign.status_code, foreign.json()["error"]["code"]) == (404, "input_not_found")
    assert sent(program(acme, bob, Scope.READ), prompt="x", references=photo()).status_code == 403
    assert (rows(rival), rows(acme)) == ((0, 0), (0, 1))


def test_a_form_can_be_followed_in_the_same_call(acme: Organization, bob: User) -> None:
    api = program(acme, bob)
    run = sent(api, "k-1", prompt="At night", references=photo()).json()["id"]
    api.post(f"runs/{run}/cancel")
    lines = read(sent(api, "k-1", "?stream=true", prompt="At night", references=photo())).splitlines()
    assert [json.loads(line)["type"] for line in lines] == ["queued", "cancelled", "ended"]
    assert rows(acme) == (1, 1)


def test_openais_names_are_taken_beside_ours(acme: Organization, bob: User) -> None:
    names = {"image_count": 2, "output_format": "jpeg", "output_compression": 80, "api_mode": "images"}
    api = program(acme, bob)
    asked = api.post("runs", {"prompt": "A lamp", **names}).json()["parameters"]
    assert (asked["n"], asked["format"], asked["compression"], asked["api"]) == (2, "jpeg", 80, "images")
    assert api.post("runs", {"prompt": "A lamp", "api_mode": "responses"}).json()["kind"] == "respond"
    edit = sent(api, prompt="At night", api_mode="responses", references=photo())
    assert (edit.status_code, edit.json()["kind"]) == (201, "edit")


@pytest.mark.parametrize(
    ("body", "field", "suggestion"),
    [
        ({"sizes": "1024x1024"}, "sizes", "size"),
        ({"images": ["x"]}, "images", "references"),
        ({"user": "u-1"}, "user", "end_user"),
        ({"projekt": "Spring"}, "projekt", "project"),
        ({"output_format": "gif"}, "output_format", None),
        ({"format": "png", "output_format": "png"}, "output_format", "format"),
    ],
)
def test_a_wrong_name_is_told_the_right_one(
    acme: Organization, bob: User, body: dict[str, Any], field: str, suggestion: str | None
) -> None:
    answer = program(acme, bob).post("runs", {"prompt": "A lamp", **body})
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "invalid")
    (told,) = answer.json()["error"]["fields"]
    assert (told["field"], told["suggestion"]) == (field, suggestion)
    if suggestion:
        assert f"“{suggestion}”" in told["message"]
    assert rows(acme)[0] == 0


def test_a_field_of_the_wrong_form_is_named_as_it_was_sent(acme: Organization, bob: User) -> None:
    api = program(acme, bob)
    (told,) = api.post("runs", {"prompt": "A lamp", "references": "one"}).json()["error"]["fields"]
    assert told["field"] == "references"
    (other,) = api.post("collections", {"name": "x", "colour": "red"}).json()["error"]["fields"]
    assert (other["field"], other["message"]) == ("colour", "There is no field “colour”.")
