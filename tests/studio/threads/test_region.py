"""A region is taken from another turn: its pixels, for nothing, and recorded with both parents."""

import hashlib
from io import BytesIO
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.test import Client

from accounts.models import Hold, Organization, User
from saas.database import tenancy
from studio.models import Input, Output, Run, RunEvent, Ticket, Turn
from tests.conftest import SignIn
from tests.studio.api.keys import program
from tests.studio.inputs.test_give_input import mask
from tests.support import picture_bytes
from tests.support.gallery_pictures import developed
from tests.support.threads import said, started

pytestmark = pytest.mark.django_db
TAKE, SIZE = "/o/acme/threads/regions/", (60, 40)


def finished(org: Organization, turn: Any, size: tuple[int, int] = SIZE) -> Output:
    with tenancy.tenant(org.pk):
        run = Run.objects.get(code=turn["run"])
    output = developed(org, run, 0, size)
    with tenancy.tenant(org.pk):
        Run.objects.filter(pk=run.pk).update(state="succeeded")
    return output


def repaint(output: Output, shade: int) -> None:
    """Give a picture one colour, so that its pixels can be told from those of others."""
    default_storage.delete(output.file)
    data = picture_bytes.saved(picture_bytes.painting(output.width, output.height) * 0 + shade, ".png")
    default_storage.save(output.file, BytesIO(data))
    with tenancy.tenant(output.org_id):
        Output.objects.filter(pk=output.pk).update(sha256=hashlib.sha256(data).hexdigest())


def given_mask(client: Client, first: str) -> str:
    hole = BytesIO(mask(*SIZE))
    hole.name = "mask.png"
    answer = client.post("/o/acme/inputs/", {"file": hole, "first": first}, headers={"Accept": "application/json"})
    assert answer.status_code == 201, answer.content
    return str(answer.json()["code"])


def counts(org: Organization) -> tuple[int, ...]:
    with tenancy.tenant(org.pk):
        return tuple(model.objects.count() for model in (Turn, Run, Output, Hold, Ticket))


@pytest.fixture
def two(acme: Organization, bob: User, sign_in: SignIn) -> tuple[Client, str, Any, Output, Output, str]:
    """A client, a thread, its second turn, the pictures of both turns in colours of their own, and a mask."""
    api, thread = started(acme, bob, SIZE)
    one = finished(acme, said(api, thread, "Dark"))
    repaint(one, 20)
    second = said(api, thread, "Bright")
    two = finished(acme, second)
    repaint(two, 220)
    client = sign_in(bob)
    code = client.post("/o/acme/inputs/", {"output": str(two.code)}, headers={"Accept": "application/json"})
    return client, thread, second, one, two, given_mask(client, code.json()["code"])


def test_a_region_comes_from_one_turn_and_the_rest_from_the_other(acme: Organization, two: Any) -> None:
    client, thread, second, one, _, painted = two
    before = counts(acme)
    body = {"thread": thread, "parent": second["id"], "mask": painted, "other": str(one.code)}
    answer = client.post(TAKE, body)
    assert answer.status_code == 201, answer.content
    assert answer.json()["url"].endswith("?turn=3")
    with tenancy.tenant(acme.pk):
        turn = Turn.objects.select_related("run", "parent", "other").get(number=3)
        output = Output.objects.get(run=turn.run)
        sources = list(turn.run.inputs.order_by("number").values_list("number", "input__source__run__turn__number"))
        types = list(RunEvent.objects.filter(run=turn.run).order_by("seq").values_list("type", flat=True))
    picture = picture_bytes.opened(default_storage.open(output.file).read())
    assert picture(1, 1)[0] == 20, "the region is not the other turn's"
    assert picture(59, 39)[0] == 220, "the rest is not this turn's"
    assert (turn.kind, turn.parent and turn.parent.number, turn.other and turn.other.number) == ("region", 2, 1)
    assert sources == [(0, None), (1, 2), (2, 1)]
    assert types == ["queued", "output", "ended"]
    after = counts(acme)
    assert [b - a for a, b in zip(before, after, strict=True)] == [1, 1, 1, 0, 0], "something was held or put in line"
    page = client.get(f"/o/acme/threads/{thread}/?turn=3").content.decode()
    assert "$0.00" in page
    assert client.get(f"/o/acme/runs/{turn.run.code}/").status_code == 200


def test_a_region_comes_from_the_picture_that_the_thread_starts_from(acme: Organization, two: Any) -> None:
    client, thread, second, _, _, painted = two
    answer = client.post(TAKE, {"thread": thread, "parent": second["id"], "mask": painted, "other": "start"})
    assert answer.status_code == 201
    with tenancy.tenant(acme.pk):
        assert Turn.objects.get(number=3).other is None


def test_a_picture_of_another_shape_or_of_nowhere_is_refused(
    acme: Organization, bob: User, charlie: User, two: Any, sign_in: SignIn
) -> None:
    client, thread, second, _, _, painted = two
    wide = finished(acme, said(program(acme, bob), thread, "Wide"), (90, 20))
    with tenancy.tenant(acme.pk):
        inputs = Input.objects.count()
    before = counts(acme)
    body = {"thread": thread, "parent": second["id"], "mask": painted, "other": str(wide.code)}
    refused = client.post(TAKE, body)
    assert (refused.status_code, refused.json()["error"]["code"]) == (422, "region_refused")
    assert "90 by 20" in refused.json()["error"]["message"]
    assert client.post(TAKE, {**body, "other": "12345678-1234-1234-1234-123456789abc"}).status_code == 404
    assert client.post(TAKE, {**body, "other": "start", "mask": ""}).status_code == 404
    assert sign_in(charlie).post(TAKE, {**body, "other": "start"}).status_code == 404
    assert counts(acme) == before
    with tenancy.tenant(acme.pk):
        assert Input.objects.count() == inputs + 1  # the wide picture, read as an input, as before an edit of it


def test_a_picture_that_was_composed_is_gone_on_from(acme: Organization, bob: User, two: Any) -> None:
    client, thread, second, one, _, painted = two
    body = {"thread": thread, "parent": second["id"], "mask": painted, "other": str(one.code)}
    assert client.post(TAKE, body).status_code == 201
    turn = said(program(acme, bob), thread, "Now sharper", size="1024x1024")
    with tenancy.tenant(acme.pk):
        run = Run.objects.select_related("parent").get(code=turn["run"])
        assert run.parent is not None
        assert (run.model, run.parent.model) == ("gpt-image-2", "composited")
