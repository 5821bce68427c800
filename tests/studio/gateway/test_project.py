"""A call through the gateway counts to the project that the SDK names, and uses that project's connection."""

import openai
import pytest
from django.test import Client

from accounts.connections import registry
from accounts.models import Organization, ProviderKind, User
from saas.database import tenancy
from studio.gateway.submission import submit
from studio.models import Run
from tests.conftest import must_be_member
from tests.studio.api.keys import program
from tests.studio.engine.test_worker import up, work
from tests.studio.gateway.inside import Inside, sdk
from tests.support.fake_provider import Upstream

pytestmark = pytest.mark.django_db
__all__ = ["up"]  # the fixture


@pytest.fixture(autouse=True)
def _a_worker_is_quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is submitted has ended before its caller begins to wait."""

    def submitted(*args: object, **kwargs: object) -> Run:
        run = submit(*args, **kwargs)  # type: ignore[arg-type]  # what the view passes
        work()
        return run

    monkeypatch.setattr("studio.gateway.images.submit", submitted)


def runs(org: Organization) -> list[Run]:
    with tenancy.tenant(org.pk):
        return list(Run.objects.select_related("connection").order_by("pk"))


def test_a_run_counts_to_the_project(acme: Organization, alice: User, up: Upstream) -> None:
    client = sdk(Inside(), acme, alice)
    client.with_options(project="Spring campaign").images.generate(model="gpt-image-2", prompt="a lamp")
    client.images.generate(model="gpt-image-2", prompt="a lamp")
    assert [run.project for run in runs(acme)] == ["Spring campaign", ""]


@pytest.mark.parametrize("name", ["Frühling", "春"])
def test_a_name_may_be_sent_as_utf_8(name: str, acme: Organization, alice: User, up: Upstream) -> None:
    answer = Client().post(
        "/v1/images/generations",
        {"model": "gpt-image-2", "prompt": "a lamp"},
        content_type="application/json",
        headers={
            "Authorization": f"Bearer {program(acme, alice).token}",
            "OpenAI-Project": f"  {name}\t".encode().decode("latin-1"),  # as a server hands bytes on
        },
    )
    assert answer.status_code == 200
    assert [run.project for run in runs(acme)] == [name]


def test_the_projects_connection_is_used(acme: Organization, alice: User, up: Upstream) -> None:
    with tenancy.tenant(acme.pk):
        owner = must_be_member(acme, alice)
        terms = registry.Terms(projects=("Spring campaign",))
        kind, key = ProviderKind.COMPATIBLE, "sk-test-key"
        registry.add(org=acme, by=owner, name="Spring", kind=kind, base_url=up.url, key=key, terms=terms)
    client = sdk(Inside(), acme, alice)
    for project in ("Spring campaign", "Autumn"):
        client.with_options(project=project).images.generate(model="gpt-image-2", prompt="a lamp")
    assert [run.connection.name for run in runs(acme) if run.connection] == ["Spring", "Up"]


def test_another_project_is_another_request(acme: Organization, alice: User, up: Upstream) -> None:
    client = sdk(Inside(), acme, alice, key=program(acme, alice).token)
    again = {"Idempotency-Key": "one"}
    client.with_options(project="Spring").images.generate(model="gpt-image-2", prompt="a lamp", extra_headers=again)
    with pytest.raises(openai.ConflictError):
        client.with_options(project="Autumn").images.generate(model="gpt-image-2", prompt="a lamp", extra_headers=again)
    assert [run.project for run in runs(acme)] == ["Spring"]


def test_a_project_that_is_too_long_is_refused(acme: Organization, alice: User, up: Upstream) -> None:
    client = sdk(Inside(), acme, alice)
    with pytest.raises(openai.BadRequestError, match="longer than 80 characters") as refused:
        client.with_options(project="x" * 81).images.generate(model="gpt-image-2", prompt="a lamp")
    assert (refused.value.code, refused.value.param) == ("invalid_value", "OpenAI-Project")
    assert runs(acme) == []
    assert up.seen == []
