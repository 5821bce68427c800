"""A process plans with the connections and prices that it remembers. Whatever another process has changed since counts
for the next run all the same, and no organization's offer is another one's."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from accounts import access
from accounts.connections import registry
from accounts.errors import Refused
from accounts.models import Hold, Organization, ProviderKind, User
from billing import prices
from saas.database import tenancy
from saas.database.guesses import Guesses
from studio.catalogue import image_models, specs
from studio.catalogue.fields import SpecRefused
from studio.models import Run, Slot, Ticket
from studio.runs import plan, submit_run
from studio.runs.plan import Plan
from tests.conftest import must_be_member
from tests.studio.api.keys import program
from tests.studio.engine.test_worker import up
from tests.support.fake_provider import Upstream
from tests.support.round_trips import counted

pytestmark = pytest.mark.django_db(transaction=True)
__all__ = ["up"]
GONE = "You no longer have the right to do this."


@contextmanager
def another_process(org: Organization) -> Iterator["psycopg.Connection[Any]"]:
    """A session of its own, of which this process hears nothing. Its changes are committed at the end."""
    with psycopg.connect(**connection.get_connection_params()) as session:
        session.execute("SELECT set_config('app.org', %s, true)", [str(org.pk)])
        yield session


def planned(org: Organization, **asked: object) -> Plan:
    spec = specs.read_spec({"prompt": "a lamp", **asked}, models=image_models.at(timezone.now()))
    with tenancy.tenant(org.pk):
        return plan.make(org=org, spec=spec)


def submit(org: Organization, by: User, made: Plan) -> Run:
    return submit_run.submit(by=must_be_member(org, by), plan=made)


def held(org: Organization) -> list[int]:
    with tenancy.tenant(org.pk):
        return list(Hold.objects.order_by("pk").values_list("micros", flat=True))


def set_price(org: Organization, by: User, micros: int) -> None:
    with tenancy.tenant(org.pk):
        prices.set_flat_price(
            connection=org.connections.get(is_default=True), by=must_be_member(org, by), micros=micros
        )


def must_have_made_nothing(org: Organization) -> None:
    with tenancy.tenant(org.pk):
        assert [kind.objects.count() for kind in (Run, Slot, Hold)] == [0, 0, 0]
    assert Ticket.objects.count() == 0


def test_a_plan_of_what_is_remembered_asks_nothing(acme: Organization, bob: User, up: Upstream) -> None:
    planned(acme)
    with tenancy.tenant(acme.pk), counted() as said:
        spec = specs.read_spec({"prompt": "a lamp"}, models=image_models.at(timezone.now()))
        plan.make(org=acme, spec=spec)
    assert [one for one in said if "studio_offer" in one or "price" in one or "connection" in one] == []


def test_a_price_that_another_process_has_set_is_held_and_charged(
    acme: Organization, alice: User, bob: User, up: Upstream
) -> None:
    set_price(acme, alice, 1_000)
    made = planned(acme)
    assert made.price.each == 1_000
    with another_process(acme) as session:
        session.execute("UPDATE billing_flatprice SET micros = 70000")
    submit(acme, bob, made)
    with tenancy.tenant(acme.pk):
        hold = Hold.objects.get()
    assert (hold.micros, hold.terms["tariff"]["flat_micros"]) == (70_000, 70_000)
    assert planned(acme).price.each == 70_000, "what was read to submit is remembered"


def test_a_price_of_the_operators_counts_at_once(acme: Organization, bob: User, up: Upstream) -> None:
    made = planned(acme)
    with another_process(acme) as session:
        session.execute(
            "UPDATE billing_price SET image_out = image_out * 3, text_in = text_in * 3, image_in = image_in * 3"
        )
    try:
        submit(acme, bob, made)
        assert held(acme) == [pytest.approx(3 * made.price.each, abs=2)]
    finally:
        with another_process(acme) as session:
            session.execute(
                "UPDATE billing_price SET image_out = image_out / 3, text_in = text_in / 3, image_in = image_in / 3"
            )


def test_a_price_that_has_just_begun_or_ended_counts(acme: Organization, alice: User, bob: User, up: Upstream) -> None:
    set_price(acme, alice, 1_000)
    made = planned(acme)
    with another_process(acme) as session:
        session.execute("UPDATE billing_flatprice SET valid_until = clock_timestamp()")
    submit(acme, bob, made)
    by_tokens = planned(acme).price.each
    assert held(acme) == [by_tokens]
    assert by_tokens > 1_000


def test_a_removed_connection_is_not_used(acme: Organization, alice: User, bob: User, up: Upstream) -> None:
    made = planned(acme)
    with tenancy.tenant(acme.pk):
        other = registry.add(
            org=acme,
            by=must_be_member(acme, alice),
            name="Other",
            kind=ProviderKind.COMPATIBLE,
            base_url=up.url,
            key="sk-other-key",
        )
    with another_process(acme) as session:
        session.execute("DELETE FROM accounts_providerconnection WHERE id = %s", [made.connection.pk])
        session.execute("UPDATE accounts_providerconnection SET is_default = (id = %s)", [other.pk])
    run = submit(acme, bob, made)
    assert run.connection_id == other.pk
    assert list(Ticket.objects.values_list("connection_id", flat=True)) == [other.pk]


def test_without_a_connection_nothing_is_made(acme: Organization, bob: User, up: Upstream) -> None:
    made = planned(acme)
    with another_process(acme) as session:
        session.execute("UPDATE accounts_providerconnection SET is_default = false, position = NULL")
    with pytest.raises(Refused, match=plan.NO_CONNECTION):
        submit(acme, bob, made)
    must_have_made_nothing(acme)


def test_what_the_connection_can_no_longer_do_is_refused(acme: Organization, bob: User, up: Upstream) -> None:
    made = planned(acme, api="responses")
    with another_process(acme) as session:
        session.execute("UPDATE accounts_providerconnection SET can_respond = false")
    with pytest.raises(SpecRefused):
        submit(acme, bob, made)
    must_have_made_nothing(acme)


def test_what_is_remembered_refuses_nothing(acme: Organization, bob: User, up: Upstream) -> None:
    with another_process(acme) as session:
        session.execute("UPDATE accounts_providerconnection SET can_respond = false")
    with pytest.raises(SpecRefused):
        planned(acme, api="responses")
    with another_process(acme) as session:
        session.execute("UPDATE accounts_providerconnection SET can_respond = true")
    submit(acme, bob, planned(acme, api="responses"))
    assert len(held(acme)) == 1


def test_each_organization_has_its_own(
    acme: Organization, rival: Organization, alice: User, bob: User, charlie: User, up: Upstream
) -> None:
    set_price(acme, alice, 1_000)
    set_price(rival, charlie, 2_000)
    for _ in range(2):
        for org, user, price in ((acme, bob, 1_000), (rival, charlie, 2_000)):
            made = planned(org)
            assert (made.connection.org_id, made.price.each) == (org.pk, price)
            assert submit(org, user, made).connection_id == made.connection.pk
    assert (held(acme), held(rival)) == ([1_000, 1_000], [2_000, 2_000])


def test_a_plan_of_another_organization_is_made_again(
    acme: Organization, rival: Organization, alice: User, bob: User, charlie: User, up: Upstream
) -> None:
    """What a mistake in the memory would do: the version of a foreign offer is never that of one's own."""
    set_price(acme, alice, 70_000)
    set_price(rival, charlie, 1_000)
    assert submit(acme, bob, planned(rival)).connection_id == planned(acme).connection.pk
    assert held(acme) == [70_000]


ENDS = {
    "suspended": "UPDATE accounts_organization SET suspended_at = now()",
    "deleted": "UPDATE accounts_organization SET deleted_at = now()",
}


@pytest.mark.parametrize("end", ENDS)
def test_a_suspended_or_deleted_organization_starts_nothing(
    acme: Organization, bob: User, up: Upstream, end: str
) -> None:
    made = planned(acme)
    with another_process(acme) as session:
        session.execute(ENDS[end])
    by = must_be_member(acme, bob)
    with pytest.raises(access.RightsEnded, match=GONE):
        submit_run.submit(by=by, plan=made)
    must_have_made_nothing(acme)


def test_a_key_that_another_process_has_revoked_is_dead_at_once(acme: Organization, bob: User, up: Upstream) -> None:
    token = program(acme, bob).token
    planned(acme)

    def post(model: str) -> int:
        return (
            Client()
            .post(
                "/v1/images/generations",
                json.dumps({"prompt": "a lamp", "model": model}),
                content_type="application/json",
                headers={"Authorization": f"Bearer {token}"},
            )
            .status_code
        )

    assert post("no-such-model") == 404  # the key is good, and nothing is made
    with another_process(acme) as session:
        session.execute("UPDATE accounts_apikey SET revoked_at = now()")
    assert post("gpt-image-2") == 401
    must_have_made_nothing(acme)


def test_few_organizations_are_remembered_and_the_oldest_is_forgotten() -> None:
    guesses = Guesses[int, str](most=2)
    for number in (1, 2):
        guesses.put(number, str(number))
    assert guesses.get(1) == "1"
    guesses.put(3, "3")
    assert [guesses.get(number) for number in (1, 2, 3)] == ["1", None, "3"]
