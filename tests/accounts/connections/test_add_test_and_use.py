"""The first real key: added, tested and used by one button, and offered where it is missed."""

import json
from typing import Any

import pytest

from accounts import tasks
from accounts.models import Health, Membership, Organization, ProviderConnection, Role, User
from saas.database import tenancy
from tests.accounts.conftest import PROVIDER_KEY, Connect, Post
from tests.conftest import SignIn, actions
from tests.support.hostile_server import Network, Server, network, server
from tests.support.snapshot import last_entry

__all__ = ["network", "server"]

MODELS = json.dumps({"object": "list", "data": [{"id": "gpt-image-2"}]}).encode()
ADD = "/o/acme/connections/new/"


@pytest.fixture
def form(network: Network, server: Server, settings: Any) -> dict[str, str]:
    """What an admin enters for a provider on this machine."""
    network.answers["127.0.0.1"] = [["127.0.0.1"]]
    settings.PROVIDER_ALLOWED_HOSTS = [f"127.0.0.1:{server.port}"]
    server.answer = (200, [], MODELS)
    url = f"http://127.0.0.1:{server.port}/v1"
    return {"kind": "compatible", "name": "Mine", "base_url": url, "key": PROVIDER_KEY, "then": "use"}


def work(queued: list[Any]) -> None:
    """Do as the worker does with what was sent to it."""
    for arguments in queued:
        tasks.test_connection(*arguments)


def default_of(org: Organization) -> ProviderConnection:
    with tenancy.tenant(org.pk):
        return org.connections.get(is_default=True)


def test_one_button_adds_tests_and_uses(
    acme: Organization, adam: User, form: dict[str, str], post: Post, queued: list[Any]
) -> None:
    answer = post(adam, ADD, form)
    page = answer.client.get(answer["Location"]).content.decode()
    assert "Pictures come from it as soon as it passes its test." in page
    assert "Asking the provider" in page
    assert default_of(acme).name == "Sandbox"
    work(queued)
    assert (default_of(acme).name, default_of(acme).health) == ("Mine", "ok")
    assert actions(acme) == ["connection.added", "connection.tested", "connection.made_default"]
    assert last_entry(acme).actor_id == adam.pk


def test_the_page_draws_itself_again_once_the_pictures_come_from_it(
    acme: Organization, adam: User, form: dict[str, str], post: Post, queued: list[Any]
) -> None:
    client = post(adam, ADD, form).client
    code = queued[0][1]
    assert "HX-Refresh" not in client.get(f"/o/acme/connections/{code}/health/").headers
    work(queued)
    assert client.get(f"/o/acme/connections/{code}/health/").headers["HX-Refresh"] == "true"
    assert "HX-Refresh" not in client.get(f"/o/acme/connections/{code}/health/?default=yes").headers


def test_a_key_that_fails_its_test_is_not_used(
    acme: Organization, adam: User, form: dict[str, str], post: Post, queued: list[Any], server: Server
) -> None:
    server.answer = (401, [], b"{}")
    client = post(adam, ADD, form).client
    work(queued)
    assert default_of(acme).name == "Sandbox"
    assert "Mine did not pass its test" in client.get("/o/acme/").content.decode()


def test_added_only_it_is_neither_tested_nor_used(
    acme: Organization, adam: User, form: dict[str, str], post: Post, queued: list[Any]
) -> None:
    client = post(adam, ADD, {**form, "then": ""}).client
    assert queued == []
    assert default_of(acme).name == "Sandbox"
    assert "Mine was not tested yet" in client.get("/o/acme/").content.decode()


def test_it_is_not_used_for_an_admin_who_no_longer_is_one(
    acme: Organization, adam: User, form: dict[str, str], post: Post, queued: list[Any]
) -> None:
    post(adam, ADD, form)
    with tenancy.tenant(acme.pk):
        Membership.objects.filter(user=adam).update(role=Role.MEMBER)
    work(queued)
    assert default_of(acme).name == "Sandbox"
    with tenancy.tenant(acme.pk):
        assert acme.connections.get(name="Mine").health == Health.OK


def test_what_passed_its_test_is_offered_in_plain_sight(
    acme: Organization, adam: User, bob: User, connect: Connect, sign_in: SignIn, post: Post
) -> None:
    made = connect("My OpenAI")
    with tenancy.tenant(acme.pk):
        acme.connections.filter(pk=made.pk).update(health=Health.OK)
    client = sign_in(adam)
    assert 'aria-label="Use My OpenAI for pictures"' in client.get("/o/acme/connections/").content.decode()
    page = client.get("/o/acme/").content.decode()
    assert "My OpenAI is ready." in page
    assert "Enter a provider key" not in page
    assert "My OpenAI" not in sign_in(bob).get("/o/acme/").content.decode()
    answer = post(client, f"/o/acme/connections/{made.code}/default/", {"back": "studio"})
    assert answer["Location"] == "/o/acme/"
    page = client.get("/o/acme/").content.decode()
    assert "New pictures now come from My OpenAI." in page
    assert "is ready." not in page


def test_without_a_key_of_its_own_an_admin_is_asked_for_one(acme: Organization, adam: User, sign_in: SignIn) -> None:
    assert "Enter a provider key" in sign_in(adam).get("/o/acme/").content.decode()
