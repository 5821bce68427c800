"""Tickets of work that comes due, with two of the real tables: rewrites have a maker, composites count tries."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from saas.queue import due
from saas.queue.thread_shares import Barred, Place
from studio.models import CompositeTicket, RewriteTicket

pytestmark = pytest.mark.django_db


def draw(org_id: int, maker_id: int | None = None, *, due_in_seconds: float = -1) -> RewriteTicket:
    due_at = timezone.now() + timedelta(seconds=due_in_seconds)
    return RewriteTicket.objects.create(rewrite_code=uuid4(), org_id=org_id, maker_id=maker_id, due_at=due_at)


def test_the_ticket_that_has_been_due_longest_is_claimed_for_its_lease() -> None:
    draw(1)
    first = draw(2, 7, due_in_seconds=-60)
    draw(3, due_in_seconds=60)
    claim = due.claim(RewriteTicket, seconds=100)
    assert claim is not None
    assert (claim.pk, claim.rewrite_code, claim.place) == (first.pk, first.rewrite_code, Place(2, 7))
    assert timedelta(seconds=90) < claim.due_at - timezone.now() < timedelta(seconds=110)
    assert due.count(RewriteTicket) == 1
    assert due.claim(RewriteTicket, seconds=100) is not None
    assert due.claim(RewriteTicket, seconds=100) is None


def test_barred_organizations_and_people_are_passed_over() -> None:
    draw(1, due_in_seconds=-60)
    draw(2, 7, due_in_seconds=-30)
    last = draw(2, 8)
    claim = due.claim(RewriteTicket, Barred(orgs=[1], people=[7]), seconds=100)
    assert claim is not None
    assert claim.pk == last.pk


def test_tries_are_counted_where_that_is_asked_for() -> None:
    CompositeTicket.objects.create(output_code=uuid4(), org_id=1)
    for tries, counts in [(0, False), (1, True), (2, True)]:
        claim = due.claim(CompositeTicket, seconds=0, counts_tries=counts)
        assert claim is not None
        assert (claim.tries, claim.place) == (tries, Place(1, None))


def test_a_lost_claim_names_no_ticket() -> None:
    draw(1)
    first = due.claim(RewriteTicket, seconds=0)
    assert first is not None
    assert due.is_claimed(first)
    second = due.claim(RewriteTicket, seconds=100)
    assert second is not None
    assert (due.is_claimed(first), due.is_claimed(second)) == (False, True)
    assert due.claimed(first).delete() == (0, {})
    assert RewriteTicket.objects.get() == second


def test_an_organizations_due_tickets_are_put_off_together_and_claims_of_others_stay() -> None:
    draw(1, due_in_seconds=-60)
    others = due.claim(RewriteTicket, seconds=100)
    draw(1, due_in_seconds=-60)
    mine = due.claim(RewriteTicket, seconds=100)
    waiting, stranger = draw(1), draw(2)
    assert mine is not None
    assert others is not None
    until = timezone.now() + timedelta(hours=1)
    due.put_off(mine, until=until)
    found = dict(RewriteTicket.objects.values_list("pk", "due_at"))
    assert found == {mine.pk: until, waiting.pk: until, others.pk: others.due_at, stranger.pk: stranger.due_at}
