"""A worker reads an answer to its end, so its next picture needs no new connection."""

import pytest
from django.test import override_settings
from django.utils import timezone

from accounts.connections import registry
from accounts.models import Organization, ProviderKind, User
from saas.database import tenancy
from studio.catalogue import image_models, specs
from studio.engine import worker
from studio.models import Output
from studio.runs import plan, submit_run
from tests.conftest import must_be_member
from tests.support.keeping_provider import ends, keeping_provider

pytestmark = pytest.mark.django_db


def test_two_pictures_come_over_one_connection(acme: Organization, alice: User) -> None:
    with keeping_provider(ends) as keeping, override_settings(PROVIDER_ALLOWED_HOSTS=[f"127.0.0.1:{keeping.port}"]):
        with tenancy.tenant(acme.pk):
            owner = must_be_member(acme, alice)
            url = f"http://127.0.0.1:{keeping.port}/v1"
            kind = ProviderKind.COMPATIBLE
            connection = registry.add(org=acme, by=owner, name="Up", kind=kind, base_url=url, key="sk-test-key")
            registry.make_default(connection=connection, by=owner)
            image_models.forget()
            spec = specs.read_spec({"prompt": "a lamp", "n": 2}, models=image_models.at(timezone.now()))
            submit_run.submit(by=owner, plan=plan.make(org=acme, spec=spec))
        first, second = worker.develop_next(), worker.develop_next()
    assert first is not None
    assert second is not None
    assert not first.line_is_empty.is_set()
    assert second.line_is_empty.is_set()
    with tenancy.tenant(acme.pk):
        assert Output.objects.count() == 2
    assert len(keeping.connections) == 1
