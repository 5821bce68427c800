"""Two hundred at once against a budget that fits seven: seven leave, through whichever door they came.

In one process and without a worker: what counts is PostgreSQL, and it is the same one in either size."""

import threading
from collections import Counter as Tally
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from accounts import api_keys
from accounts.limits.refusals import LimitReached
from accounts.models import ApiKey, Counter, Hold, Organization, Role, Scope, Subject, User
from saas.database import tenancy
from studio.catalogue import image_models, specs
from studio.engine import nightly
from studio.models import Run, Slot, Ticket
from studio.runs import plan, submit_run
from tests.conftest import SignIn, must_be_member
from tests.studio.money.test_run_holds import ASKED, EACH
from tests.support.text_holds import allow

pytestmark = pytest.mark.django_db(transaction=True)

AT_ONCE, SUBMISSIONS, FITS = 16, 200, 7
# Without partial pictures, which cost more and which only a page asks for by itself: each door holds the same.
PROMPT_BAR = {"prompt": "a lamp", "size": "1024x1024", "quality": "low", "n": "1", "partial_images": "0"}


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


def submitting(org: Organization, by: User) -> Callable[[int], str]:
    def submit(_: int) -> str:
        with tenancy.tenant(org.pk):
            spec = specs.read_spec({"prompt": "a lamp", **ASKED}, models=image_models.at(timezone.now()))
            try:
                submit_run.submit(by=must_be_member(org, by), plan=plan.make(org=org, spec=spec))
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
        assert set(Hold.objects.values_list("micros", flat=True)) == {EACH}
        for counter in Counter.objects.filter(org=org):
            assert counter.held_images <= FITS if counter.subject == Subject.KEY else counter.held_images == FITS
            assert counter.allowed_micros is None or counter.held_micros <= counter.allowed_micros
    assert Ticket.objects.count() == FITS
    assert nightly.one(org.pk) == []


def asking(path: str, token: str, **asked: str) -> Callable[[int], str]:
    """As a program. The gateway would wait for the picture, which nobody makes here."""
    body = {"prompt": "a lamp", "size": "1024x1024", "quality": "low", **asked}

    def ask(_: int) -> str:
        answer = Client().post(
            path, body, content_type="application/json", headers={"Authorization": f"Bearer {token}"}
        )
        code = answer.json().get("error", {}).get("code", "")
        if answer.status_code in {201, 504}:
            return "left"
        return "refused" if answer.status_code == 429 and code.endswith(("_month", "_day")) else f"{code} {path}"

    return ask


@dataclass
class Doors:
    """What Bob may come through."""

    page: Callable[[int], str]
    rest: Callable[[int], str]
    gateway: Callable[[int], str]
    key: ApiKey

    def all_at_once(self) -> Callable[[int], str]:
        return self._in_turn(self.page, self.rest, self.gateway)

    def both_apis(self) -> Callable[[int], str]:
        return self._in_turn(self.rest, self.gateway)

    def _in_turn(self, *doors: Callable[[int], str]) -> Callable[[int], str]:
        return lambda number: doors[number % len(doors)](number)


@pytest.fixture(autouse=True)
def _everybody_waits_for_a_seat(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two hundred come at once, and what is asked here is how money is counted, however long that takes."""
    monkeypatch.setattr("saas.fairness.connection_seats.REQUEST_SECONDS", 600.0)
    monkeypatch.setattr("saas.fairness.connection_seats.TASK_SECONDS", 600.0)


@pytest.fixture
def doors(acme: Organization, bob: User, sign_in: SignIn, settings: Any) -> Doors:
    settings.API_WAIT_SECONDS = 1
    with tenancy.tenant(acme.pk):
        scopes = [Scope.GENERATE, Scope.READ]
        key, token = api_keys.make(org=acme, by=must_be_member(acme, bob), name="Importer", scopes=scopes)
    return Doors(
        page=posting(lambda: sign_in(bob), "acme"),
        rest=asking("/api/v1/runs", token),
        gateway=asking("/v1/images/generations", token, model="gpt-image-2"),
        key=key,
    )


@pytest.mark.parametrize("where", ["organization", "member", "role", "key", "all"])
def test_of_two_hundred_at_once_the_seven_that_fit_leave(
    where: str, acme: Organization, alice: User, bob: User, doors: Doors
) -> None:
    """Through the page and both APIs; a page has no key, so what a key may spend is asked for by programs alone."""
    named: dict[str, dict[str, Any]] = {
        "organization": {},
        "member": {"user": bob},
        "role": {"role": Role.MEMBER},
        "key": {"api_key": doors.key},
    }
    for subject in named if where == "all" else [where]:
        allow(acme, alice, Subject(subject), **named[subject], money_month=EACH * FITS + EACH - 1)
    exactly_seven_left(acme, at_once(doors.both_apis() if where == "key" else doors.all_at_once()))


@pytest.mark.parametrize("door", ["page", "rest", "gateway"])
def test_through_one_door_too(door: str, acme: Organization, alice: User, bob: User, doors: Doors) -> None:
    allow(acme, alice, Subject.MEMBER, user=bob, images_day=FITS)
    exactly_seven_left(acme, at_once(getattr(doors, door)))


def test_a_rival_s_two_hundred_take_nothing_from_acme(
    acme: Organization, rival: Organization, alice: User, bob: User, charlie: User
) -> None:
    allow(acme, alice, Subject.ORGANIZATION, images_day=FITS)
    doors = [submitting(acme, bob), submitting(rival, charlie)]
    answers = at_once(lambda number: str(number % 2) + doors[number % 2](number), 60)
    assert answers == {"0left": FITS, "0refused": 30 - FITS, "1left": 30}
