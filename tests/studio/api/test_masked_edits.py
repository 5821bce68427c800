"""Masked edits of a program: pictures that do not fit each other are refused before anything is made or paid for."""

from io import BytesIO
from typing import Any

import pytest

from accounts.models import Organization, User
from studio.engine import make_composites
from tests.studio.api.keys import Program, program
from tests.studio.api.test_runs import content, count
from tests.studio.engine.test_make_composites import finish, masked_run
from tests.studio.inputs.test_give_input import mask
from tests.support import picture_bytes

pytestmark = pytest.mark.django_db


@pytest.fixture
def api(acme: Organization, bob: User) -> Program:
    return program(acme, bob)


def give(api: Program, data: bytes, **more: str) -> str:
    file = BytesIO(data)
    file.name = "picture.png"
    answer = api.give("inputs", file=file, **more)
    assert answer.status_code == 201, answer.content
    return str(answer.json()["id"])


def edit(api: Program, *references: str, **more: Any) -> Any:
    return api.post("runs", {"prompt": "a hat", "references": references, **more})


def faults(answer: Any) -> dict[str, Any]:
    assert answer.status_code == 422
    return {one["field"]: one for one in answer.json()["error"]["fields"]}


def test_a_mask_must_be_one_and_lie_on_the_first_picture(acme: Organization, api: Program) -> None:
    first, other = give(api, picture_bytes.plain(".png")), give(api, picture_bytes.plain(".png", 90, 60))
    hole = give(api, mask(), mask_of=first)
    assert faults(edit(api, other, first, mask=hole))["mask"]["code"] == "mask_size"
    assert faults(edit(api, first, mask=other))["mask"]["code"] == "no_mask"
    assert "mask" in faults(edit(api, mask=hole))
    assert count(acme) == 0
    assert edit(api, first, other, mask=hole).status_code == 201


def test_what_is_kept_needs_a_result_of_its_shape(acme: Organization, api: Program) -> None:
    first = give(api, picture_bytes.plain(".png"))
    masked = {"mask": give(api, mask(), mask_of=first), "size": "1024x1024"}
    fault = faults(edit(api, first, **masked))["size"]
    assert (fault["code"], fault["suggestion"]) == ("another_shape", "1008x672")
    assert "feather" in faults(edit(api, first, **{**masked, "size": "1008x672"}, feather=65))
    assert "keep_rest" in faults(edit(api, first, keep_rest=True))
    assert count(acme) == 0
    assert edit(api, first, **masked, keep_rest=False).json()["parameters"]["keep_rest"] is False
    fitting = edit(api, first, **{**masked, "size": "1008x672"}, feather=3).json()["parameters"]
    assert (fitting["keep_rest"], fitting["feather"]) == (True, 3)


def test_what_was_kept_is_downloaded_as_soon_as_it_is_made(
    acme: Organization, bob: User, api: Program, rival: Organization, charlie: User
) -> None:
    output = finish(masked_run(acme, bob))
    kept = f"images/{output.code}/kept"
    assert api.get(kept).status_code == 404
    make_composites.make_next()
    made, raw = api.get(kept), api.get(f"images/{output.code}/original")
    assert (made.status_code, made["Content-Type"]) == (200, "image/png")
    assert content(made) != content(raw)
    assert program(rival, charlie).get(kept).status_code == 404
