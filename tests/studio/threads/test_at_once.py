"""What two people send from one turn at the same moment."""

from collections.abc import Callable

import pytest

from accounts.models import Organization, User
from saas.database import tenancy
from studio.models import Run, Thread, Turn
from tests.studio.api.keys import Program, program
from tests.support.snapshot import together
from tests.support.threads import finish, said, started

pytestmark = pytest.mark.django_db(transaction=True)


def sending(api: Program, thread: str, say: str, parent: str) -> Callable[[], int]:
    return lambda: int(api.post(f"threads/{thread}/turns", {"say": say, "parent": parent}).status_code)


def deleting(api: Program, thread: str) -> Callable[[], int]:
    return lambda: int(api.delete(f"threads/{thread}").status_code)


def test_two_turns_of_one_parent_become_branches_with_numbers_of_their_own(
    acme: Organization, alice: User, bob: User
) -> None:
    api, thread = started(acme, bob)
    first = said(api, thread, "Blue")
    finish(acme, first)
    hers = program(acme, alice)
    for number in range(3):
        words = (f"Red {number}", f"Green {number}")
        both = [sending(one, thread, say, first["id"]) for one, say in zip((api, hers), words, strict=True)]
        assert together(*both) == [201, 201]
    with tenancy.tenant(acme.pk):
        turns = list(Turn.objects.order_by("number").values_list("number", "parent__number"))
        assert turns == [(1, None), *((number, 1) for number in range(2, 8))]
        assert Thread.objects.get().turn_count == Run.objects.count() == 7


def test_of_a_turn_and_the_threads_deletion_either_comes_first(acme: Organization, alice: User, bob: User) -> None:
    for _ in range(3):
        api, thread = started(acme, bob)
        first = said(api, thread, "Blue")
        finish(acme, first)
        with tenancy.tenant(acme.pk):
            runs = Run.objects.count()
        sent, deleted = together(sending(program(acme, alice), thread, "Red", first["id"]), deleting(api, thread))
        assert deleted == 204
        assert sent in {201, 404, 409}
        with tenancy.tenant(acme.pk):
            assert not Turn.objects.exists()
            assert Run.objects.count() == runs + (sent == 201), "a refused turn left a run"
