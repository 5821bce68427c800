"""A thread as a ZIP: pictures in their order, and thread.json."""

import io
import json
import zipfile
from typing import Any

import pytest

from accounts.models import Organization, User
from tests.conftest import SignIn
from tests.studio.api.keys import program
from tests.studio.api.test_runs import read
from tests.support.threads import finish, said, started

pytestmark = pytest.mark.django_db


def zip_of(client: Any, thread: str) -> zipfile.ZipFile:
    answer = client.get(f"/o/acme/threads/{thread}/thread.zip")
    assert answer.status_code == 200
    return zipfile.ZipFile(io.BytesIO(read(answer)))


def test_the_pictures_are_in_their_order_with_words_and_parents(acme: Organization, bob: User, sign_in: SignIn) -> None:
    api, thread = started(acme, bob, title="The poster")
    first = said(api, thread, "Make it blue/../x")
    finish(acme, first)
    second = said(api, thread, "Two moons", n=2)
    finish(acme, second, index=0)
    finish(acme, second, index=1)
    finish(acme, said(api, thread, "Red", parent=first["id"]))
    packed = zip_of(sign_in(bob), thread)
    names = [name.partition("/")[2] for name in packed.namelist()]
    assert names == [
        "thread.json", "000-start.png", "001-make-it-blue-.-x.png", "002-two-moons-1.png", "002-two-moons-2.png",
        "003-red.png",
    ]  # fmt: skip
    told = json.loads(packed.read(packed.namelist()[0]))
    assert (told["title"], told["start"]) == ("The poster", "000-start.png")
    assert [(turn["number"], turn["parent"], turn["said"]) for turn in told["turns"]] == [
        (1, 0, "Make it blue/../x"),
        (2, 1, "Two moons"),
        (3, 1, "Red"),
    ]
    assert [name for turn in told["turns"] for name in turn["files"]] == names[2:]


def test_of_a_colleagues_private_turn_only_the_place_is_in_it(
    acme: Organization, alice: User, bob: User, sign_in: SignIn
) -> None:
    _, thread = started(acme, bob)
    hers = program(acme, alice)
    secret = said(hers, thread, "A secret wish")
    finish(acme, secret)
    hers.post(f"runs/{secret['run']}/visibility", {"visibility": "private"})
    packed = zip_of(sign_in(bob), thread)
    text = packed.read(packed.namelist()[0]).decode()
    assert len(packed.namelist()) == 2
    assert "secret" not in text
    assert json.loads(text)["turns"] == [{"number": 1, "parent": 0, "is_private": True}]
    assert sign_in(alice).get(f"/o/acme/threads/{thread}/").status_code == 200
