"""A program's conversation through the Responses API appears as one thread."""

import pytest

from accounts.models import Organization, User
from saas.database import tenancy
from studio.models import Run, Thread, Turn, Visibility
from studio.threads import chains
from tests.studio.api.keys import program
from tests.studio.gateway.test_conversation import newest, talk
from tests.support.gallery_pictures import developed, made

pytestmark = pytest.mark.django_db


def tree(org: Organization) -> list[tuple[str, int, int]]:
    with tenancy.tenant(org.pk):
        turns = Turn.objects.select_related("run", "parent").order_by("thread_id", "number")
        return [(one.run.title, one.number, one.parent.number if one.parent else 0) for one in turns]


def test_answers_that_go_on_from_one_another_are_turns(acme: Organization, bob: User) -> None:
    api = program(acme, bob)
    (first,) = made(acme, bob, "A lamp")
    assert tree(acme) == []
    for said in ("At night", "In the rain"):
        assert talk(api, said, previous_response_id=f"resp_{first.run.code.hex}").status_code == 200
    second = developed(acme, newest(acme))
    assert talk(api, "With a cat", previous_response_id=f"resp_{second.run.code.hex}").status_code == 200
    assert tree(acme) == [("A lamp", 1, 0), ("At night", 2, 1), ("In the rain", 3, 1), ("With a cat", 4, 3)]
    with tenancy.tenant(acme.pk):
        assert Turn.objects.get(number=4).base == second
        thread = Thread.objects.get()
    shown = api.get(f"threads/{thread.code}").json()
    assert (shown["title"], len(shown["turns"])) == ("A lamp", 4)


def test_a_private_conversation_is_a_private_thread(acme: Organization, alice: User, bob: User) -> None:
    (first,) = made(acme, bob, "A lamp", visibility=Visibility.PRIVATE)
    assert talk(program(acme, bob), "At night", previous_response_id=f"resp_{first.run.code.hex}").status_code == 200
    assert program(acme, alice).get("threads").json()["data"] == []
    assert len(program(acme, bob).get("threads").json()["data"]) == 1


def test_a_call_that_is_sent_again_is_one_turn(acme: Organization, bob: User) -> None:
    (first,) = made(acme, bob, "A lamp")
    assert talk(program(acme, bob), "At night", previous_response_id=f"resp_{first.run.code.hex}").status_code == 200
    with tenancy.tenant(acme.pk):
        run = Run.objects.get(pk=newest(acme).pk)
    chains.join(run=run, parent=first.run)
    assert [number for _, number, _ in tree(acme)] == [1, 2]
