"""The books laid side by side: what agrees is silent, what was paid and not written is appended, the rest is told."""

import io
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from accounts.models import Counter, Hold, Organization, User
from billing import charging, ledger
from billing.models import Entry, Snapshot
from saas.database import tenancy
from studio.engine import nightly
from studio.models import Slot
from tests.conftest import actions
from tests.studio.engine.test_worker import submit, up, work
from tests.studio.money.test_run_holds import ASKED, EACH, PAID, USAGE, told
from tests.support.fake_provider import Upstream

pytestmark = pytest.mark.django_db
__all__ = ["up"]  # the fixture


def words(org: Organization) -> list[str]:
    return [finding.what for finding in nightly.one(org.pk)]


@pytest.fixture
def busy(acme: Organization, alice: User, up: Upstream) -> Organization:
    """Pictures paid for, stopped, refused, uncertain and still waiting."""
    told(up)
    submit(acme, alice, **ASKED, n=2)
    work()
    up.script = lambda exchange: exchange.whole(524, b"gone")
    submit(acme, alice, **ASKED)
    work()
    submit(acme, alice, **ASKED)
    return acme


def test_books_that_agree_say_nothing_again_and_again(busy: Organization) -> None:
    assert [words(busy), words(busy)] == [[], []]
    out = io.StringIO()
    call_command("reconcile", "--org", "acme", stdout=out)
    assert "Everything agrees" in out.getvalue()
    with tenancy.tenant(busy.pk):
        assert Snapshot.objects.count() == 1
        assert ledger.total(busy) == (2 * PAID, 2)


def test_totals_start_from_the_newest_snapshot(busy: Organization, alice: User, up: Upstream) -> None:
    words(busy)
    told(up)
    work()
    with tenancy.tenant(busy.pk):
        assert ledger.total(busy) == (3 * PAID, 3)


def test_a_payment_that_was_never_written_is_appended(busy: Organization) -> None:
    from accounts.limits import holds

    with tenancy.tenant(busy.pk):
        held = Hold.objects.get(state="open")
        holds.settle(held, micros=77)
        Slot.objects.filter(code=held.slot_code).update(state="failed", charged="yes")
    assert words(busy) == ["A hold differs from the ledger"]
    assert words(busy) == []
    with tenancy.tenant(busy.pk):
        entry = Entry.objects.latest("pk")
        assert (entry.kind, entry.micros, entry.images) == ("correction", 77, 1)
    assert actions(busy).count("ledger.reconciled") == 1


def test_a_counter_that_lies_is_told_and_not_touched(busy: Organization) -> None:
    with tenancy.tenant(busy.pk):
        Counter.objects.filter(subject="member", period="day").update(spent_micros=5)
    for _ in range(2):
        assert words(busy) == ["A counter differs from its holds"]
    with pytest.raises(CommandError, match="1 differences"):
        call_command("reconcile", stdout=io.StringIO())


def test_a_hold_that_outlived_its_slot_ends_as_the_slot_did(busy: Organization) -> None:
    with tenancy.tenant(busy.pk):
        held = Hold.objects.get(state="open")
        Slot.objects.filter(code=held.slot_code).update(state="failed", charged="no")
    assert words(busy) == ["A hold outlived its slot"]
    with tenancy.tenant(busy.pk):
        held.refresh_from_db()
    assert held.state == "released"
    assert words(busy) == []


def test_a_slot_without_a_hold_is_told(busy: Organization) -> None:
    with tenancy.tenant(busy.pk):
        charging.release(Hold.objects.get(state="open"))
    assert words(busy) == ["A live slot has no hold"]


def test_what_stays_uncertain_too_long_counts_as_charged(busy: Organization) -> None:
    with tenancy.tenant(busy.pk):
        old = timezone.now() - timedelta(days=15)
        Hold.objects.filter(state="uncertain").update(created_at=old)
    assert words(busy) == []
    with tenancy.tenant(busy.pk):
        entry = Entry.objects.get(kind="resolution")
        assert (entry.micros, entry.is_estimated, entry.by_label) == (EACH, True, "")
        assert "14 days" in entry.note
        assert not Hold.objects.filter(state="uncertain").exists()


def test_a_rival_is_looked_at_on_its_own(busy: Organization, rival: Organization) -> None:
    with tenancy.tenant(busy.pk):
        Counter.objects.filter(subject="member", period="day").update(spent_micros=5)
    assert words(rival) == []
    assert {finding.what for finding in nightly.all_organizations()} == {"A counter differs from its holds"}
    assert "ledger.reconciled" not in actions(rival)


def test_usage_is_what_the_tests_say(busy: Organization) -> None:
    assert PAID < EACH
    assert USAGE["output_tokens"] == 196
