"""All wishes of a branch become one numbered instruction, run once from the picture that it began with."""

import pytest
from django.test import Client

from accounts.models import Membership, Organization, User
from saas.database import tenancy
from studio.models import Run, State, Thread, Turn
from studio.threads import collapse, tree
from tests.conftest import SignIn, must_be_member
from tests.support.threads import finish, said, started

pytestmark = pytest.mark.django_db
SEND = "/o/acme/threads/turns/"


def path_of(org: Organization, by: User, thread: str, number: int) -> list[tree.TreeTurn]:
    member: Membership = must_be_member(org, by)
    with tenancy.tenant(org.pk):
        found = Thread.objects.select_related("start__source", "maker", "org").get(code=thread)
        turn = tree.read(found, member).numbered(number)
    assert turn is not None
    return turn.path


def test_the_wishes_of_the_branch_alone_are_numbered_in_their_order(acme: Organization, bob: User) -> None:
    api, thread = started(acme, bob)
    first = said(api, thread, "Make the sky\n  darker")
    finish(acme, first)
    finish(acme, said(api, thread, "Elsewhere"))
    finish(acme, said(api, thread, "Add a moon", parent=first["id"]))
    finish(acme, said(api, thread, "在左边加一只船"))
    turns = collapse.turns_of(path_of(acme, bob, thread, 4))
    assert collapse.instruction(turns) == (
        "Make all of these changes to Image 1, and nothing else:\n"
        "1. Make the sky darker\n2. Add a moon\n3. 在左边加一只船"
    )


def test_what_was_said_before_a_fresh_start_does_not_count(acme: Organization, bob: User) -> None:
    api, thread = started(acme, bob)
    finish(acme, said(api, thread, "Blue"))
    finish(acme, said(api, thread, "A harbour at dawn", fresh=True))
    finish(acme, said(api, thread, "Calm water"))
    finish(acme, said(api, thread, "A ferry"))
    path = path_of(acme, bob, thread, 4)
    assert [one.said for one in collapse.turns_of(path)] == ["Calm water", "A ferry"]
    first = collapse.first_parent(path)
    assert first is not None
    assert first.number == 2


def test_the_page_offers_it_and_sends_it_once_from_the_start(acme: Organization, bob: User, sign_in: SignIn) -> None:
    api, thread = started(acme, bob)
    finish(acme, said(api, thread, "Make the sky darker"))
    second = said(api, thread, "Add a moon")
    output = finish(acme, second)
    client: Client = sign_in(bob)
    page = client.get(f"/o/acme/threads/{thread}/").content.decode()
    assert f'data-collapse="{second["id"]}"' in page
    assert "2 wishes in one edit of turn 0" in page
    words = "Make all of these changes to Image 1, and nothing else:\n1. A darker sky\n2. A moon"
    body = {"thread": thread, "parent": "start", "say": words, "collapses": second["id"]}
    shown = client.post("/o/acme/threads/price/", body).content.decode()
    assert "All wishes up to turn 2, from turn 0" in shown
    assert client.post(SEND, body, headers={"HX-Request": "true"}).status_code == 201
    with tenancy.tenant(acme.pk):
        turn = Turn.objects.select_related("run", "other").get(number=3)
        assert (turn.kind, turn.parent, turn.other and turn.other.number) == ("collapsed", None, 2)
        assert turn.run.prompt == words
    again = collapse.turns_of(path_of(acme, bob, thread, 3))
    assert collapse.instruction(again) == words, "an instruction that is collapsed again is another one"
    third = api.get(f"threads/{thread}").json()["turns"][2]
    finish(acme, third)
    compared = client.get(f"/o/acme/threads/{thread}/").content.decode()
    assert f"picture={output.code}" in compared
    assert "Compare with turn 2" in compared


def test_one_wish_is_one_already_and_a_refused_one_is_no_wish(acme: Organization, bob: User, sign_in: SignIn) -> None:
    api, thread = started(acme, bob)
    finish(acme, said(api, thread, "Blue"))
    refused = said(api, thread, "Not allowed")
    with tenancy.tenant(acme.pk):
        Run.objects.filter(code=refused["run"]).update(state=State.REFUSED)
    finish(acme, said(api, thread, "Green"))
    page = sign_in(bob).get(f"/o/acme/threads/{thread}/").content.decode()
    assert "2 wishes in one edit" in page
    assert "data-collapse" not in sign_in(bob).get(f"/o/acme/threads/{thread}/?turn=1").content.decode()
