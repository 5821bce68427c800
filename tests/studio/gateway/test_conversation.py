"""What a talk is made of: whose pictures it may name, how many, and who may see what comes of it."""

import base64
from typing import Any

import pytest
from django.test import Client

from accounts.models import Organization, User
from saas.database import tenancy
from studio.gateway import pictures_in
from studio.inputs import uploads
from studio.models import Input, Output, Relation, Run, Visibility
from studio.openai_wire.forms import MOST_IMAGES
from tests.studio.api.keys import Program, program
from tests.support import picture_bytes
from tests.support.gallery_pictures import made

pytestmark = pytest.mark.django_db

TOOL = {"type": "image_generation", "model": "gpt-image-2", "size": "1024x1024", "quality": "low"}


def talk(api: Program, said: object, **more: object) -> Any:
    """As a stream, which answers before a worker has begun."""
    body = {"model": "gpt-5", "input": said, "tools": [TOOL], "stream": True, **more}
    headers = {"Authorization": f"Bearer {api.token}"}
    return Client().post("/v1/responses", body, content_type="application/json", headers=headers)


def user(*content: dict[str, Any]) -> dict[str, Any]:
    return {"role": "user", "content": [{"type": "input_text", "text": "At night"}, *content]}


def picture(number: int = 1) -> dict[str, Any]:
    return {"type": "input_image", "image_url": f"https://pictures.example/{number}.png"}


def rows(org: Organization) -> tuple[int, int]:
    with tenancy.tenant(org.pk):
        return Run.objects.count(), Input.objects.count()


def newest(org: Organization) -> Run:
    with tenancy.tenant(org.pk):
        return Run.objects.select_related("parent").latest("pk")


@pytest.fixture
def fetched(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The links that were followed."""
    found: list[str] = []

    def fetch(url: str, **_: object) -> bytes:
        found.append(url)
        return picture_bytes.plain(".png")

    monkeypatch.setattr(pictures_in, "fetch", fetch)
    return found


@pytest.mark.parametrize(
    "said",
    [
        [user(*(picture(number) for number in range(MOST_IMAGES + 1)))],
        [user(picture(number)) for number in range(MOST_IMAGES + 1)],
        [{"type": "image_generation_call", "id": f"ig_{number:032x}"} for number in range(MOST_IMAGES + 1)],
        [{"type": "image_generation_call", "id": "ig_1"}, user(*[picture()] * MOST_IMAGES)],
    ],
    ids=["in one message", "in many messages", "earlier ones", "of both kinds"],
)
def test_too_many_pictures_are_refused_before_any_is_fetched(
    said: list[Any], acme: Organization, bob: User, rival: Organization, fetched: list[str]
) -> None:
    answer = talk(program(acme, bob), said)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "array_above_max_length")
    assert fetched == []
    assert (rows(acme), rows(rival)) == ((0, 0), (0, 0))


def test_as_many_as_there_may_be_are_fetched(acme: Organization, bob: User, fetched: list[str]) -> None:
    answer = talk(program(acme, bob), [user(*(picture(number) for number in range(MOST_IMAGES)))])
    assert answer.status_code == 200
    assert len(fetched) == MOST_IMAGES
    assert rows(acme) == (1, MOST_IMAGES)


@pytest.mark.parametrize("visibility", Visibility)
def test_what_goes_on_from_a_private_run_is_private(visibility: Visibility, acme: Organization, bob: User) -> None:
    (output,) = made(acme, bob, visibility=visibility)
    name = output.run.code.hex
    for said, more in (
        ("At night", {"previous_response_id": f"resp_{name}"}),
        ([{"type": "image_generation_call", "id": f"ig_{name}"}, user()], {}),
    ):
        assert talk(program(acme, bob), said, **more).status_code == 200
        child = newest(acme)
        assert (child.parent, child.relation, child.visibility) == (output.run, Relation.EDIT, visibility)


def test_what_is_made_with_a_private_picture_is_private(acme: Organization, bob: User) -> None:
    (output,) = made(acme, bob, visibility=Visibility.PRIVATE)
    with tenancy.tenant(acme.pk):
        shown = Output.objects.select_related("run", "org", "composite").get(pk=output.pk)
    ready = uploads.store_output(shown)
    with tenancy.tenant(acme.pk):
        file = uploads.keep(ready, by=bob)
    assert (
        talk(program(acme, bob), [user({"type": "input_image", "file_id": f"file-{file.code.hex}"})]).status_code == 200
    )
    child = newest(acme)
    assert (child.parent, child.visibility) == (None, Visibility.PRIVATE)


def test_what_is_made_with_a_picture_from_elsewhere_is_the_teams(acme: Organization, bob: User) -> None:
    url = f"data:image/png;base64,{base64.b64encode(picture_bytes.plain('.png')).decode()}"
    assert talk(program(acme, bob), [user({"type": "input_image", "image_url": url})]).status_code == 200
    assert newest(acme).visibility == Visibility.TEAM


def test_nobody_else_goes_on_from_it(
    acme: Organization, alice: User, bob: User, rival: Organization, charlie: User
) -> None:
    (output,) = made(acme, bob, visibility=Visibility.PRIVATE)
    before = rows(acme)
    for org, by in ((acme, alice), (rival, charlie)):
        answer = talk(program(org, by), "At night", previous_response_id=f"resp_{output.run.code.hex}")
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, "previous_response_not_found")
    assert (rows(acme), rows(rival)) == (before, (0, 0))
