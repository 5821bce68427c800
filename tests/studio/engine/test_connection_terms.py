"""What a connection's limits and switches do to the calls that go through it."""

import pytest
from django.conf import LazySettings
from django.utils import timezone

from accounts.connections import registry
from accounts.connections.registry import Terms, change
from accounts.models import Organization, User
from accounts.models.connections import TEXT_MODEL
from billing.models import Price
from saas.database import tenancy
from studio.catalogue.fields import SpecRefused
from studio.models import Run, Ticket
from studio.providers import requests
from tests.conftest import must_be_member
from tests.studio.engine.test_worker import state, submit, up, work
from tests.support.fake_provider import USAGE, Upstream, png, text_of

pytestmark = pytest.mark.django_db
__all__ = ["up"]
RATES = {"text_in": 2_000_000, "image_in": 2_000_000, "image_out": 10_000_000}


def set_terms(org: Organization, by: User, terms: Terms) -> None:
    with tenancy.tenant(org.pk):
        connection = org.connections.get(is_default=True)
        same = {"name": connection.name, "base_url": connection.base_url}
        member = must_be_member(org, by)
        change(connection=connection, by=member, openai_organization="", openai_project="", terms=terms, **same)


def test_its_own_limit_stands_on_the_tickets_and_its_deadline_on_the_calls(
    acme: Organization, alice: User, up: Upstream
) -> None:
    set_terms(acme, alice, Terms(calls_at_once=3, deadline_seconds=45, text_model="gpt-6"))
    submit(acme, alice)
    assert Ticket.objects.get().connection_limit == 3
    with tenancy.tenant(acme.pk):
        endpoint = requests.endpoint_of(acme.connections.get(is_default=True))
    assert (endpoint.deadline_seconds, endpoint.text_model) == (45, "gpt-6")


def test_who_lends_a_key_chooses_the_text_model_that_it_pays_for(
    acme: Organization, alice: User, settings: LazySettings
) -> None:
    settings.OPENAI_API_KEY = "sk-lent-by-the-operator-0123456789"
    with tenancy.tenant(acme.pk):
        registry.add_operators(org=acme, by=alice)
    set_terms(acme, alice, Terms(text_model="gpt-6-dear"))
    with tenancy.tenant(acme.pk):
        lent = acme.connections.get(is_default=True)
        endpoint = requests.endpoint_of(lent)
    assert (lent.kind, lent.text_model, endpoint.text_model) == ("operator", "gpt-6-dear", TEXT_MODEL)


def test_one_that_does_not_stream_is_asked_for_a_whole_answer(acme: Organization, alice: User, up: Upstream) -> None:
    up.script = lambda exchange: exchange.whole(200, {"data": [{"b64_json": text_of(png())}], "usage": USAGE})
    set_terms(acme, alice, Terms(can_stream=False))
    run = submit(acme, alice)
    work()
    assert state(run) == "succeeded"
    assert {"stream", "partial_images"}.isdisjoint(up.seen[0].json)


def test_the_responses_api_is_not_asked_of_one_that_lacks_it(acme: Organization, alice: User, up: Upstream) -> None:
    set_terms(acme, alice, Terms(can_respond=False))
    with pytest.raises(SpecRefused) as refused:
        submit(acme, alice, kind="respond")
    assert [(fault.field, fault.code) for fault in refused.value.errors] == [("api", "unsupported")]
    with tenancy.tenant(acme.pk):
        assert (Run.objects.count(), Ticket.objects.count()) == (0, 0)


def test_without_streaming_the_image_tool_is_asked_for_no_partials(
    acme: Organization, alice: User, up: Upstream
) -> None:
    item = {"type": "image_generation_call", "result": text_of(png())}
    up.script = lambda exchange: exchange.whole(200, {"object": "response", "output": [item]})
    Price.objects.create(model="gpt-6", valid_from=timezone.now(), **RATES, text_out=10_000_000)
    set_terms(acme, alice, Terms(can_stream=False, text_model="gpt-6"))
    run = submit(acme, alice, kind="respond")
    work()
    assert state(run) == "succeeded"
    asked = up.seen[0].json
    assert (asked["model"], asked["stream"], "partial_images" in asked["tools"][0]) == ("gpt-6", False, False)
