"""Four kiosks at once against one budget: not a cent more than it has."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from accounts.models import Counter, Hold, Organization, User
from billing.reconciling import reconcile
from saas.database import tenancy
from studio.models import Capture, Run
from tests.studio.booth.conftest import event_of, send

pytestmark = pytest.mark.django_db(transaction=True)
KIOSKS, EACH = 4, 3


def test_four_kiosks_never_pass_one_budget(acme: Organization, adam: User) -> None:
    probe = event_of(acme, adam)
    assert send(probe).status_code == 201
    with tenancy.tenant(acme.pk):
        each = Hold.objects.get().micros
    event = event_of(acme, adam, budget_micros=each * 5 + each // 2)

    def capture_all(kiosk: int) -> list[int]:
        try:
            return [send(event, f"kiosk-{kiosk}-{number}").status_code for number in range(EACH)]
        finally:
            connection.close()

    with ThreadPoolExecutor(KIOSKS) as pool:
        answers = [status for found in pool.map(capture_all, range(KIOSKS)) for status in found]
    assert sorted(answers) == [201] * 5 + [409] * (KIOSKS * EACH - 5)
    with tenancy.tenant(acme.pk):
        counter = Counter.objects.get(subject="budget", subject_id=event.budget_id)
        assert (counter.held_micros, counter.spent_micros) == (each * 5, 0)
        assert counter.held_micros <= event.budget.micros
        assert Capture.objects.filter(event=event).count() == 5
        assert Run.objects.filter(budget=event.budget_id).count() == 5
        assert Hold.objects.filter(budget=event.budget_id).count() == 5
        assert reconcile(acme) == []


def test_one_capture_that_is_sent_four_times_at_once_is_one(acme: Organization, adam: User) -> None:
    event = event_of(acme, adam)

    def again(_: int) -> str:
        try:
            return str(send(event, "the-same-key").json()["link"])
        finally:
            connection.close()

    with ThreadPoolExecutor(KIOSKS) as pool:
        assert len(set(pool.map(again, range(KIOSKS)))) == 1
    with tenancy.tenant(acme.pk):
        assert (Capture.objects.count(), Run.objects.count(), Hold.objects.count()) == (1, 1, 1)


def test_captures_of_one_guest_at_once_are_counted(acme: Organization, adam: User) -> None:
    event = event_of(acme, adam, captures_per_guest=2)

    def one(number: int) -> int:
        try:
            return int(send(event, f"capture-{number}", guest="the-same-guest").status_code)
        finally:
            connection.close()

    with ThreadPoolExecutor(KIOSKS) as pool:
        assert sorted(pool.map(one, range(KIOSKS))) == [201, 201, 409, 409]
