"""Two hundred at once against a budget that fits seven: seven leave, through whichever door they came."""

import threading
from collections import Counter as Tally
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from accounts import api_keys
from accounts.models import Counter, Hold, Organization, Role, Scope, Subject, User
from accounts.quotas import LimitReached
from saas import tenancy
from studio import catalogue, reconciling, runs, specs
from studio.models import Run, Slot, Ticket
from tests.accounts.money import allow
from tests.conftest import SignIn, must_be_member
from tests.studio.test_spending import ASKED, EACH

pytestmark = pytest.mark.django_db(transaction=True)

AT_ONCE, SUBMISSIONS, FITS = 16, 200, 7
PROMPT_BAR = {"prompt": "a lamp", "size": "1024x1024", "quality": "low", "n": "1"}


def at_once(act: Callable[[int], str], count: int = SUBMISSIONS) -> Tally[str]:
    """All threads begin together, and each goes on with the next one as soon as it has its answer."""
    barrier = threading.Barrier(AT_ONCE)
    started = threading.local()

    def one(number: int) -> str:
        if not hasattr(started, "yes"):
            started.yes = True
            barrier.wait(timeout=30)
        try:
            return act(number)
        finally:
            connection.close()

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return Tally(pool.map(one, range(count)))


def submitting(org: Organization, by: User, api_key: Any = None) -> Callable[[int], str]:
    def submit(_: int) -> str:
        with tenancy.tenant(org.pk):
            spec = specs.read({"prompt": "a lamp", **ASKED}, models=catalogue.at(timezone.now()))
            try:
                runs.submit(org=org, by=must_be_member(org, by), spec=spec, api_key=api_key)
            except LimitReached:
                return "refused"
        return "left"

    return submit


def posting(client_of: Callable[[], Client], slug: str) -> Callable[[int], str]:
    clients = threading.local()

    def post(_: int) -> str:
        if not hasattr(clients, "own"):
            clients.own = client_of()
        status = clients.own.post(f"/o/{slug}/runs/", PROMPT_BAR).status_code
        return {302: "left", 422: "refused"}.get(status, str(status))

    return post


def exactly_seven_left(org: Organization, answers: Tally[str]) -> None:
    assert answers == {"left": FITS, "refused": SUBMISSIONS - FITS}
    with tenancy.tenant(org.pk):
        assert (Run.objects.count(), Slot.objects.count(), Hold.objects.count()) == (FITS, FITS, FITS)
        for counter in Counter.objects.filter(org=org):
            assert counter.held_images == FITS
            assert counter.allowed_micros is None or counter.held_micros <= counter.allowed_micros
    assert Ticket.objects.count() == FITS
    assert reconciling.one(org.pk) == []


@pytest.mark.parametrize("where", ["organization", "member", "role", "key", "all"])
def test_of_two_hundred_at_once_the_seven_that_fit_leave(
    where: str, acme: Organization, alice: User, bob: User
) -> None:
    with tenancy.tenant(acme.pk):
        key, _ = api_keys.make(org=acme, by=must_be_member(acme, bob), name="Importer", scopes=[Scope.GENERATE])
    named: dict[str, dict[str, Any]] = {
        "organization": {},
        "member": {"user": bob},
        "role": {"role": Role.MEMBER},
        "key": {"api_key": key},
    }
    for subject in named if where == "all" else [where]:
        allow(acme, alice, Subject(subject), **named[subject], money_month=EACH * FITS + EACH - 1)
    answers = at_once(submitting(acme, bob, key))
    exactly_seven_left(acme, answers)


def test_through_the_page_too(acme: Organization, alice: User, bob: User, sign_in: SignIn) -> None:
    allow(acme, alice, Subject.MEMBER, user=bob, images_day=FITS)
    exactly_seven_left(acme, at_once(posting(lambda: sign_in(bob), "acme")))


def test_through_both_doors_at_once(acme: Organization, alice: User, bob: User, sign_in: SignIn) -> None:
    allow(acme, alice, Subject.ORGANIZATION, images_month=FITS)
    doors = [posting(lambda: sign_in(bob), "acme"), submitting(acme, alice)]
    exactly_seven_left(acme, at_once(lambda number: doors[number % 2](number)))


def test_a_rival_s_two_hundred_take_nothing_from_acme(
    acme: Organization, rival: Organization, alice: User, bob: User, charlie: User
) -> None:
    allow(acme, alice, Subject.ORGANIZATION, images_day=FITS)
    doors = [submitting(acme, bob), submitting(rival, charlie)]
    answers = at_once(lambda number: str(number % 2) + doors[number % 2](number), 60)
    assert answers == {"0left": FITS, "0refused": 30 - FITS, "1left": 30}
