"""A submit that the database turns away for a passing reason is asked again with what is true now."""

from collections.abc import Mapping
from typing import Any

import pytest
from django.utils import timezone

from accounts.limits.hold_requests import MOST_TIMES, NeverSettled
from accounts.limits.periods import zone
from accounts.models import Hold, Membership, Organization, User
from saas.database import functions, tenancy
from studio.catalogue import image_models, specs
from studio.models import Run, Ticket
from studio.runs import plan, submit_run
from tests.conftest import must_be_member
from tests.studio.engine.test_worker import up

__all__ = ["up"]
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("up")]


def submit(member: Membership) -> Run:
    with tenancy.tenant(member.org_id):
        spec = specs.read_spec({"prompt": "a lamp"}, models=image_models.at(timezone.now()))
        return submit_run.submit(by=member, plan=plan.make(org=member.org, spec=spec))


def test_what_changed_since_the_member_was_read_counts_as_it_is_now(acme: Organization, bob: User) -> None:
    member = must_be_member(acme, bob)
    with tenancy.tenant(acme.pk):
        Organization.objects.filter(pk=acme.pk).update(calls_at_once=2, time_zone="Pacific/Kiritimati")
    run = submit(member)
    assert Ticket.objects.get().org_limit == 2
    with tenancy.tenant(acme.pk):
        now = Organization.objects.get(pk=acme.pk)
        assert Hold.objects.get(run_code=run.code).day == timezone.localdate(timezone=zone(now))


def test_a_deadlock_that_the_database_ended_is_tried_again_and_not_for_ever(
    acme: Organization, bob: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    member, ask = must_be_member(acme, bob), functions.ask
    answers = [{"by": "deadlock"}]

    def told(org_id: int, sql: str, values: Mapping[str, Any]) -> Any:
        return answers.pop() if sql == submit_run.SUBMIT and answers else ask(org_id, sql, values)

    monkeypatch.setattr(functions, "ask", told)
    run = submit(member)
    with tenancy.tenant(acme.pk):
        assert [one.pk for one in Run.objects.all()] == [run.pk]
    answers += [{"by": "deadlock"}] * (MOST_TIMES + 1)
    with pytest.raises(NeverSettled):
        submit(member)
    assert len(answers) == 1
    with tenancy.tenant(acme.pk):
        assert Run.objects.count() == Hold.objects.count() == 1
