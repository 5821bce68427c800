"""That a call has its answer is noted once the answer has gone out, beside the way of the next one."""

import threading
from collections.abc import Callable

import psycopg
import pytest
from django.db import connection

from accounts.models import Organization, User
from saas.database import tenancy
from saas.database.presence import presence
from studio.gateway.retrying import Answered, GatewayCall
from studio.models import Run
from studio.runs import submit_run
from tests.conftest import must_be_member
from tests.storm.client import wait_until
from tests.studio.engine.test_worker import up
from tests.studio.gateway.test_retrying import A_DEAD_PROCESS, _sure, join, key_of, unanswered
from tests.studio.runs.test_offer import planned
from tests.support.fake_provider import Upstream
from tests.support.round_trips import counted

pytestmark = pytest.mark.django_db(transaction=True)
__all__ = ["_sure", "up"]


def hashes(org: Organization) -> list[str]:
    with tenancy.tenant(org.pk):
        return list(Run.objects.order_by("pk").values_list("request_hash", flat=True))


def test_a_run_is_noted_when_its_answer_has_gone_out_and_not_before(acme: Organization, bob: User) -> None:
    key = key_of(acme, bob)
    call = GatewayCall()
    call.begin(unanswered(acme, bob, key, awaited_by=presence.number()))
    call.is_answered = True
    assert hashes(acme) == ["h"]
    call.end(was_told=True)
    assert wait_until(lambda: hashes(acme) == [""])
    assert join(acme, bob, key) is None


def test_those_that_wait_for_a_commit_are_noted_by_the_next_one(
    acme: Organization, rival: Organization, bob: User, charlie: User
) -> None:
    me, answered = presence.number(), Answered()
    runs = [unanswered(acme, bob, key_of(acme, bob), awaited_by=me) for _ in range(5)]
    runs.append(unanswered(rival, charlie, key_of(rival, charlie), awaited_by=me))
    runs.append(unanswered(acme, bob, key_of(acme, bob), awaited_by=A_DEAD_PROCESS))  # another caller's by now
    runs[-1].awaited_by = me
    answered._thread = threading.current_thread()  # one that is still busy
    for run in runs:
        answered.note(run)
    assert hashes(acme) == ["h"] * 6
    with counted() as said:
        answered._write_on()
    assert (hashes(acme), hashes(rival)) == ([""] * 5 + ["h"], [""])
    assert [one for one in said if "studio_note_answered" in one] == said
    assert len(said) == 2  # one for each organization


def test_a_retry_waits_for_the_commit_of_the_call_that_it_repeats(acme: Organization, bob: User, up: Upstream) -> None:
    """The caller hung up while its submit waited for a lock. The run cannot be seen before the commit, and must not be
    made twice."""
    key, done = key_of(acme, bob), dict[str, Run | None]()
    member = must_be_member(acme, bob)
    made = planned(acme)
    submit_run.submit(by=member, plan=made, api_key=key)  # makes the day's counters
    submitting = _thread(
        lambda: done.update(
            submit=submit_run.submit(
                by=member, plan=made, api_key=key, request_hash="h", awaited_by=A_DEAD_PROCESS, is_awaited=True
            )
        )
    )
    retrying = _thread(lambda: done.update(retry=join(acme, bob, key)))
    with psycopg.connect(**connection.get_connection_params()) as holding:
        holding.execute("SELECT set_config('app.org', %s, true)", [str(acme.pk)])
        holding.execute("SELECT FROM accounts_organization WHERE id = %s FOR UPDATE", [acme.pk])
        submitting.start()
        assert wait_until(lambda: _waits_for("transactionid"))
        retrying.start()
        assert wait_until(lambda: _waits_for("advisory"))
        assert done == {}
    submitting.join(30)
    retrying.join(30)
    first, second = done["submit"], done["retry"]
    assert first is not None
    assert second is not None
    assert first.pk == second.pk


def _thread(act: Callable[[], object]) -> threading.Thread:
    def inner() -> None:
        try:
            act()
        finally:
            connection.close()

    return threading.Thread(target=inner)


def _waits_for(kind: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = %s AND NOT granted)", [kind])
        return bool(cursor.fetchone()[0])
