"""An act whose transaction the database ended to resolve a deadlock runs once more; any other failure is its own."""

import threading
from collections.abc import Callable

import psycopg
import pytest
from django.db import OperationalError, connection, transaction

from accounts.models import User
from saas.database.transactions import after_commit, once_more
from tests.support.snapshot import together

WAIT_SECONDS = 60


def ended_by(error: psycopg.Error) -> OperationalError:
    made = OperationalError(str(error))
    made.__cause__ = error
    return made


@pytest.mark.parametrize("reason", [psycopg.errors.DeadlockDetected, psycopg.errors.SerializationFailure])
def test_it_runs_a_second_time_and_not_a_third(reason: type[psycopg.Error]) -> None:
    runs: list[int] = []

    def act(failures: int) -> Callable[[], str]:
        def once() -> str:
            runs.append(1)
            if len(runs) <= failures:
                raise ended_by(reason("it was ended"))
            return "done"

        return once

    assert once_more(act(1)) == "done"
    assert len(runs) == 2
    runs.clear()
    with pytest.raises(OperationalError):
        once_more(act(2))
    assert len(runs) == 2


@pytest.mark.parametrize("error", [ended_by(psycopg.errors.AdminShutdown("going down")), ValueError("ours")])
def test_other_failures_are_not_tried_again(error: Exception) -> None:
    runs: list[int] = []

    def act() -> None:
        runs.append(1)
        raise error

    with pytest.raises(type(error)):
        once_more(act)
    assert len(runs) == 1


@pytest.mark.django_db(transaction=True)
def test_of_two_that_wait_for_each_other_both_are_done_and_each_effect_happens_once(alice: User, charlie: User) -> None:
    both_hold = threading.Barrier(2)
    effects: list[str] = []

    def rename(name: str, first: User, second: User) -> Callable[[], None]:
        tries: list[int] = []

        @transaction.atomic
        def act() -> None:
            tries.append(1)
            after_commit(effects.append, name)
            User.objects.filter(pk=first.pk).update(name=name)
            if len(tries) == 1:
                both_hold.wait(WAIT_SECONDS)
            User.objects.filter(pk=second.pk).update(name=name)

        return lambda: once_more(act)

    assert together(rename("One", alice, charlie), rename("Two", charlie, alice)) == [None, None]
    assert sorted(effects) == ["One", "Two"]
    names = set(User.objects.filter(pk__in=[alice.pk, charlie.pk]).values_list("name", flat=True))
    assert names in ({"One"}, {"Two"})


@pytest.mark.django_db(transaction=True)
def test_what_follows_a_step_that_is_committed_already_takes_no_connection() -> None:
    """The thread of a worker would keep it while it waits for its provider, and twenty of them all of the pool."""
    effects: list[str] = []
    connection.close()
    after_commit(effects.append, "now")
    assert (effects, connection.connection) == (["now"], None)
