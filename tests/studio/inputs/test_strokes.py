"""How a mask was painted comes from a browser, so it is a stranger's file."""

import json
from pathlib import Path
from typing import Any

import pytest

from accounts.models import Organization, User
from studio.imaging.inspection import UploadRefused
from studio.inputs import strokes
from tests.conftest import SignIn
from tests.studio.inputs.test_give_input import give, inputs_of, mask
from tests.support import picture_bytes

PAINTED: list[dict[str, Any]] = [
    {"tool": "brush", "size": 24, "points": [1, 2, 3.5, 4]},
    {"tool": "erase", "size": 8.04, "points": [9, 9]},
    {"tool": "box", "points": [0, 0, 30, 20]},
    {"tool": "lasso", "points": [0, 0, 30, 0, 30, 20]},
    {"tool": "invert"},
    {"tool": "clear"},
]


@pytest.fixture(autouse=True)
def media(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path


def text(painted: Any = PAINTED, **fields: Any) -> str:
    return json.dumps({"width": 60, "height": 40, "strokes": painted, **fields})


def read(told: str) -> Any:
    return strokes.read_strokes(told, width=60, height=40)


def test_what_was_painted_comes_back() -> None:
    found = read(text())
    assert (found["version"], found["width"], found["height"]) == (1, 60, 40)
    assert found["strokes"] == [PAINTED[0], {**PAINTED[1], "size": 8.0}, *PAINTED[2:]]


def test_only_what_is_known_is_kept() -> None:
    found = read(text([{"tool": "invert", "points": [1, 2], "html": "<script>"}], owner="alice"))
    assert found == {"version": 1, "width": 60, "height": 40, "strokes": [{"tool": "invert"}]}


@pytest.mark.parametrize(
    "told",
    [
        "",
        "no JSON",
        "[]",
        "null",
        "[" * 100_000,
        '{"a":' * 50_000,
        text(width=61),
        text(height="40"),
        text("brush"),
        text([None]),
        text([{"tool": "spray"}]),
        text([{"tool": ["brush"]}]),
        text([{"tool": "brush", "points": [1, 2]}]),
        text([{"tool": "brush", "size": 0, "points": [1, 2]}]),
        text([{"tool": "brush", "size": True, "points": [1, 2]}]),
        text([{"tool": "brush", "size": 5, "points": []}]),
        text([{"tool": "brush", "size": 5, "points": [1]}]),
        text([{"tool": "brush", "size": 5, "points": ["1", "2"]}]),
        text([{"tool": "brush", "size": 5, "points": {"0": 1}}]),
        text([{"tool": "brush", "size": 5, "points": [1e300, 2]}]),
        text([{"tool": "brush", "size": 5, "points": [float("nan"), 2]}]),
        text([{"tool": "brush", "size": float("inf"), "points": [1, 2]}]),
        text([{"tool": "brush", "size": 5, "points": [1, 2]}]).replace("[1, 2]", "[1e999, 2]"),
        text([{"tool": "brush", "size": 5, "points": [1, 2]}]).replace("[1, 2]", f"[1{'0' * 5000}, 2]"),
        text([{"tool": "box", "points": [1, 2]}]),
        text([{"tool": "invert"}] * 2001),
        text([{"tool": "brush", "size": 5, "points": [1, 2] * 100_001}]),
        text([{"tool": "brush", "size": 5, "points": [1, 2] * 50_001}] * 2),
        text() + " " * 1_000_001,
    ],
)
def test_what_cannot_have_been_painted_is_refused(told: str) -> None:
    with pytest.raises(UploadRefused) as refusal:
        read(told)
    assert refusal.value.code == "strokes"


@pytest.mark.django_db
def test_a_painted_mask_is_opened_again_by_who_may_see_it(
    acme: Organization, rival: Organization, bob: User, alice: User, charlie: User, sign_in: SignIn
) -> None:
    client = sign_in(bob)
    first = give(client, picture_bytes.plain(".png")).json()
    told = give(client, mask(), name="mask.png", first=first["code"], strokes=text()).json()
    assert client.get(told["strokes"]).json() == read(text())
    assert first["strokes"] is None
    assert client.get(f"/o/acme/inputs/{first['code']}/strokes.json").status_code == 404
    assert sign_in(alice).get(told["strokes"]).status_code == 404, "in no run that she may see"
    assert sign_in(charlie).get(told["strokes"]).status_code == 404
    assert sign_in(charlie).get(f"/o/rival/inputs/{told['code']}/strokes.json").status_code == 404


@pytest.mark.django_db
def test_hostile_strokes_make_no_mask(acme: Organization, bob: User, sign_in: SignIn) -> None:
    client = sign_in(bob)
    first = give(client, picture_bytes.plain(".png")).json()
    answer = give(client, mask(), first=first["code"], strokes="[" * 5000)
    assert answer.status_code == 422
    assert answer.json()["error"]["code"] == "strokes"
    assert len(inputs_of(acme)) == 1
