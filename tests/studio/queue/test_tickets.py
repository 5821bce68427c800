"""The line is fair between organizations and members, keeps its limits, and gives each ticket to one worker."""

import threading
from collections.abc import Callable
from dataclasses import replace
from uuid import UUID, uuid4

import pytest
from django.db import connection, transaction

from studio.models import Ticket
from studio.queue import tickets


def stand(
    org: int, *, maker: int = 1, count: int = 1, via: int = 1, org_limit: int = 9, via_limit: int = 99
) -> list[UUID]:
    tickets = [
        Ticket(
            slot_code=uuid4(),
            org_id=org,
            maker_id=maker,
            connection_id=via,
            org_limit=org_limit,
            connection_limit=via_limit,
        )
        for _ in range(count)
    ]
    return [ticket.slot_code for ticket in Ticket.objects.bulk_create(tickets)]


def serve(count: int) -> list[int]:
    """The organizations of the next so many, in order."""
    return [held.org_id for held in (tickets.claim_next() for _ in range(count)) if held]


pytestmark = pytest.mark.django_db


def test_a_batch_of_one_organization_does_not_make_another_wait() -> None:
    stand(1, count=6)
    stand(2, count=2)
    assert serve(4) == [1, 2, 1, 2]


def test_a_batch_of_one_member_does_not_make_a_colleague_wait() -> None:
    first = stand(1, maker=10, count=5)
    (colleague,) = stand(1, maker=20)
    taken = [tickets.claim_next(), tickets.claim_next()]
    assert [held.slot_code for held in taken if held] == [first[0], colleague]


def test_who_came_first_is_served_first() -> None:
    codes = stand(1, count=3)
    assert [held.slot_code for held in iter(tickets.claim_next, None)] == codes


def test_an_organization_runs_no_more_at_once_than_its_limit() -> None:
    stand(1, count=5, org_limit=2)
    assert serve(5) == [1, 1]
    Ticket.objects.exclude(worker=None).earliest("pk").delete()
    assert serve(5) == [1]


def test_a_connection_runs_no_more_at_once_than_its_limit() -> None:
    stand(1, via=7, count=3, via_limit=1)
    stand(1, via=8, count=1)
    taken = [tickets.claim_next() for _ in range(4)]
    assert sum(held is not None for held in taken) == 2


def test_who_stepped_back_is_served_after_the_wait_and_not_before() -> None:
    stand(1)
    held = tickets.claim_next()
    assert held is not None
    tickets.requeue(held, wait_seconds=60)
    assert tickets.claim_next() is None
    Ticket.objects.update(not_before="2020-01-01T00:00:00Z")
    again = tickets.claim_next()
    assert again is not None
    assert (again.id, again.slot_code) == (held.id, held.slot_code)
    assert again.token != held.token


def test_only_the_holder_may_renew_and_step_back() -> None:
    stand(1)
    held = tickets.claim_next()
    assert held is not None
    before, other = Ticket.objects.get().lease_until, replace(held, token=uuid4())
    tickets.renew([other])
    tickets.requeue(other, wait_seconds=0)
    ticket = Ticket.objects.get()
    assert (ticket.worker, ticket.lease_until) == (held.token, before)
    assert tickets.check_claim(held) == tickets.ClaimState(is_stopping=False)
    assert tickets.check_claim(other) is None
    tickets.renew([other, held])
    after = Ticket.objects.get().lease_until
    assert before is not None
    assert after is not None
    assert after > before


def test_a_lease_that_ran_out_is_found_and_a_live_one_is_not() -> None:
    stand(1, count=2)
    dead, alive = tickets.claim_next(), tickets.claim_next()
    assert dead is not None
    assert alive is not None
    Ticket.objects.filter(pk=dead.id).update(lease_until="2020-01-01T00:00:00Z")
    taken = tickets.claim_expired()
    assert taken is not None
    assert (taken.id, taken.slot_code) == (dead.id, dead.slot_code)
    assert tickets.claim_expired() is None, "the sweeper has a lease of its own"
    assert tickets.check_claim(dead) is None, "the claim of before is lost"
    assert tickets.check_claim(taken) is not None


def test_giving_up_takes_only_what_nobody_holds() -> None:
    codes = stand(1, count=3)
    held = tickets.claim_next()
    assert held is not None
    assert set(tickets.withdraw_unclaimed(codes)) == set(codes) - {held.slot_code}
    assert [ticket.slot_code for ticket in Ticket.objects.all()] == [held.slot_code]


@pytest.mark.django_db(transaction=True)
def test_many_workers_at_once_keep_the_limit_and_share_no_ticket() -> None:
    stand(1, count=30, org_limit=7)
    gate, taken, guard = threading.Barrier(12), [], threading.Lock()

    def work() -> None:
        gate.wait()
        try:
            for _ in range(3):
                held = tickets.claim_next()
                if held:
                    with guard:
                        taken.append(held.id)
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(taken) == 7
    assert len(set(taken)) == 7


def test_a_changed_limit_waits_for_nobody_and_leaves_held_ones_alone() -> None:
    stand(1, via=7, count=3, via_limit=5)
    assert tickets.claim_next() is not None
    tickets.set_limit(7, 2)
    assert sorted(Ticket.objects.values_list("connection_limit", flat=True)) == [2, 2, 5]


def test_a_changed_limit_of_one_organization_is_not_anothers() -> None:
    stand(1, count=3, org_limit=5)
    stand(2, count=3, org_limit=5)
    assert serve(2) == [1, 2]
    tickets.set_org_limit(1, 1)
    assert sorted(Ticket.objects.filter(org_id=1).values_list("org_limit", flat=True)) == [1, 1, 5]
    assert serve(9) == [2, 2]


@pytest.mark.django_db(transaction=True)
def test_renewing_and_stopping_many_at_once_do_not_wait_for_each_other() -> None:
    codes = stand(1, count=40, org_limit=99)
    held = list(iter(tickets.claim_next, None))
    failed: list[Exception] = []

    def often(act: Callable[[], None]) -> None:
        try:
            for _ in range(30):
                with transaction.atomic():
                    act()
        except Exception as error:
            failed.append(error)
        finally:
            connection.close()

    acts = [lambda: tickets.renew(held[::-1]), lambda: tickets.ask_to_stop(codes)]
    threads = [threading.Thread(target=often, args=(act,)) for act in acts * 2]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert Ticket.objects.filter(is_stopping=True, worker__in=[one.token for one in held]).count() == 40
