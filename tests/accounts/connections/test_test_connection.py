"""Testing a connection: the button, and the worker's task against a server on this machine."""

import json
import socket
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts import tasks
from accounts.connections import probe as connection_probe
from accounts.connections import registry
from accounts.models import Organization, ProviderConnection, User
from saas.database import tenancy
from tests.accounts.conftest import PROVIDER_KEY, Connect, Post
from tests.conftest import SignIn, actions, must_be_member
from tests.support.hostile_server import Network, Server, network, server
from tests.support.snapshot import last_entry, nothing_changes

__all__ = ["network", "server"]

MODELS = json.dumps({"object": "list", "data": [{"id": "gpt-4o"}, {"id": "gpt-image-2"}]}).encode()
INSIDE = connection_probe.UNREACHABLE.sentence
NOT_AN_API = "The server did not answer like an OpenAI-compatible API. Check the base URL."


@pytest.fixture
def provider(
    acme: Organization, connect: Connect, network: Network, server: Server, settings: Any
) -> ProviderConnection:
    """A connection to a server on this machine, which the operator allows; its test has begun."""
    network.answers["127.0.0.1"] = [["127.0.0.1"]]
    settings.PROVIDER_ALLOWED_HOSTS = [f"127.0.0.1:{server.port}"]
    server.answer = (200, [], MODELS)
    return begun(acme, connect("Mine", kind="compatible", base_url=f"http://127.0.0.1:{server.port}/v1"))


def begun(org: Organization, connection: ProviderConnection) -> ProviderConnection:
    with tenancy.tenant(org.pk):
        by = org.memberships.get(role="owner")
        connection_probe.begin_test(connection=connection, by=by)
    return connection


def run(connection: ProviderConnection) -> tuple[str, str]:
    """What the worker notes."""
    tasks.test_connection(connection.org_id, str(connection.code))
    found = now(connection)
    return found.health, found.health_sentence


def now(connection: ProviderConnection) -> ProviderConnection:
    with tenancy.tenant(connection.org_id):
        return ProviderConnection.objects.get(pk=connection.pk)


# -- The button ------------------------------------------------------------------------------------


def test_the_button_asks_a_worker(
    acme: Organization, adam: User, connect: Connect, post: Post, queued: list[Any]
) -> None:
    made = connect()
    answer = post(adam, f"/o/acme/connections/{made.code}/test/")
    assert answer["Location"] == "/o/acme/connections/"
    assert queued == [(acme.pk, str(made.code))]
    assert now(made).health == "testing"
    assert (last_entry(acme).action, last_entry(acme).target) == ("connection.tested", "OpenAI")


def test_a_double_click_starts_one_test(
    acme: Organization, adam: User, connect: Connect, post: Post, queued: list[Any]
) -> None:
    made = connect()
    for _ in range(2):
        answer = post(adam, f"/o/acme/connections/{made.code}/test/", hx_request="true")
        assert answer.status_code == 200
        assert "Testing" in answer.content.decode()
    assert len(queued) == 1
    assert actions(acme) == ["connection.added", "connection.tested"]


def test_a_test_whose_worker_died_can_be_begun_again(
    acme: Organization, adam: User, connect: Connect, post: Post, queued: list[Any]
) -> None:
    made = connect()
    post(adam, f"/o/acme/connections/{made.code}/test/")
    with tenancy.tenant(acme.pk):
        ProviderConnection.objects.update(health_checked_at=timezone.now() - timedelta(seconds=61))
    post(adam, f"/o/acme/connections/{made.code}/test/")
    assert len(queued) == 2


def test_the_sandbox_is_not_tested(acme: Organization, adam: User, post: Post, queued: list[Any]) -> None:
    with tenancy.tenant(acme.pk):
        sandbox = acme.connections.get()
    for headers in ({}, {"hx_request": "true"}):
        with nothing_changes():
            answer = post(adam, f"/o/acme/connections/{sandbox.code}/test/", {}, **headers)
        assert answer.status_code in {200, 302}
    page = answer.client.get("/o/acme/connections/").content.decode()
    assert "Sandbox needs no test." in page
    assert queued == []


def test_the_row_tells_how_it_went(acme: Organization, adam: User, provider: ProviderConnection, post: Post) -> None:
    from django.test import Client

    client = Client()
    client.force_login(adam)
    url = f"/o/acme/connections/{provider.code}/health/"
    assert "every 2s" in client.get(url).content.decode()
    run(provider)
    page = client.get(url).content.decode()
    assert "The key works, and GPT Image models are available." in page
    assert "every 2s" not in page


# -- The worker ------------------------------------------------------------------------------------


def test_a_provider_with_image_models_works(provider: ProviderConnection, server: Server) -> None:
    assert run(provider) == ("ok", "The key works, and GPT Image models are available.")
    ((path, headers),) = server.seen
    assert path == "/v1/models"
    assert headers["authorization"] == f"Bearer {PROVIDER_KEY}"
    assert "openai-organization" not in headers


def test_what_was_learnt_is_stored_and_shown(
    provider: ProviderConnection, adam: User, server: Server, sign_in: SignIn
) -> None:
    long = "gpt-image-" + "x" * 100
    listed = [{"id": name} for name in ("gpt-image-2.5-flare", "gpt-4o", "gpt-image-2", long)]
    server.answer = (200, [], json.dumps({"data": listed}).encode())
    run(provider)
    found = now(provider)
    assert found.image_models == ["gpt-image-2", "gpt-image-2.5-flare"]
    assert found.latency_milliseconds is not None
    assert 0 <= found.latency_milliseconds < 15_000
    assert [found.lists(name) for name in ("gpt-image-2", "gpt-image-9")] == [True, False]
    page = sign_in(adam).get("/o/acme/connections/").content.decode()
    assert f"answered in {found.latency_milliseconds} ms" in page
    assert "<code>gpt-image-2.5-flare</code>" in page


def test_what_was_learnt_before_a_failing_test_is_forgotten(provider: ProviderConnection, server: Server) -> None:
    run(provider)
    server.answer = (500, [], b"")
    with tenancy.tenant(provider.org_id):
        connection_probe.begin_test(connection=provider, by=provider.org.memberships.get(role="owner"))
    run(provider)
    assert (now(provider).image_models, now(provider).latency_milliseconds) == (None, None)


def test_an_organization_that_is_not_verified_is_told_so(provider: ProviderConnection, server: Server) -> None:
    server.answer = (403, [], b'{"error": {"message": "Your organization must be verified to use this."}}')
    assert run(provider) == ("failing", connection_probe.UNVERIFIED)


def test_organization_and_project_go_along(
    acme: Organization, connect: Connect, provider: ProviderConnection, server: Server
) -> None:
    url = f"http://127.0.0.1:{server.port}/v1"
    other = connect("B", kind="compatible", key="", base_url=url, openai_organization="org-1", openai_project="proj_1")
    run(begun(acme, other))
    headers = server.seen[0][1]
    assert (headers["openai-organization"], headers["openai-project"]) == ("org-1", "proj_1")
    assert "authorization" not in headers


@pytest.mark.parametrize(
    ("status", "sentence"),
    [
        (401, "The provider rejected the key. Enter a valid one."),
        (403, "The key is valid, but the provider does not let it list models."),
        (404, "There is no OpenAI-compatible API at this address. Check the base URL and its version."),
        (429, "The key works, but it has reached a rate limit or its balance is used up."),
        (500, "The provider answered with status 500."),
        (503, "The provider answered with status 503."),
        (204, NOT_AN_API),
    ],
)
def test_each_answer_has_a_sentence_of_our_own(
    status: int, sentence: str, provider: ProviderConnection, server: Server
) -> None:
    server.answer = (status, [], b"" if status == 204 else b'{"error": {"message": "their words <script>"}}')
    assert run(provider) == ("failing", sentence)


@pytest.mark.parametrize(
    "body",
    [
        b"<!doctype html><title>Welcome</title>",
        b"",
        b"null",
        b"[]",
        b'{"data": null}',
        b'{"data": {"a": 1}}',
        b'{"data": ["gpt-image-2"]}',
        b'{"data": [{"name": "gpt-image-2"}]}',
        b"\xff\xfe",
        b"[" * 100_000,
    ],
)
def test_what_is_no_list_of_models_is_not_taken_for_one(
    body: bytes, provider: ProviderConnection, server: Server
) -> None:
    server.answer = (200, [], body)
    assert run(provider) == ("failing", NOT_AN_API)


@pytest.mark.parametrize("models", [[], [{"id": "gpt-4o"}], [{"id": 7}]])
def test_a_provider_without_image_models_works_with_a_warning(
    models: list[Any], provider: ProviderConnection, server: Server
) -> None:
    server.answer = (200, [], json.dumps({"data": models}).encode())
    assert run(provider) == ("ok", "The key works. The provider lists no GPT Image model, so pictures may fail.")


def test_a_redirect_is_not_followed(provider: ProviderConnection, server: Server, network: Network) -> None:
    server.answer = (302, [("Location", f"http://127.0.0.1:{server.port}/secret")], b"")
    assert run(provider) == ("failing", "The provider answered with status 302.")
    assert server.paths == ["/v1/models"]
    assert len(network.dialled) == 1


def test_an_answer_without_end_is_not_read_to_its_end(
    provider: ProviderConnection, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection_probe, "ANSWER_LIMIT_BYTES", 1000)
    server.answer = (200, [], b'{"data": [' + b" " * 2000 + b"]}")
    assert run(provider)[0] == "failing"


@pytest.fixture
def silent() -> Iterator[int]:
    """The port of a server that takes a connection and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening.getsockname()[1]


def test_a_provider_that_never_answers_fails_in_time(
    acme: Organization,
    connect: Connect,
    network: Network,
    silent: int,
    settings: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert connection_probe.TIMEOUT_SECONDS == 15
    monkeypatch.setattr(connection_probe, "TIMEOUT_SECONDS", 0.2)
    network.answers["127.0.0.1"] = [["127.0.0.1"]]
    settings.PROVIDER_ALLOWED_HOSTS = ["127.0.0.1"]
    made = begun(acme, connect("Mine", kind="compatible", base_url=f"http://127.0.0.1:{silent}/v1"))
    assert run(made) == ("failing", "No answer within 0.2 seconds.")


def test_a_provider_that_is_down_fails(acme: Organization, connect: Connect, network: Network, settings: Any) -> None:
    network.answers["127.0.0.1"] = [["127.0.0.1"]]
    settings.PROVIDER_ALLOWED_HOSTS = ["127.0.0.1"]
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    made = begun(acme, connect("Mine", kind="compatible", base_url=f"http://127.0.0.1:{port}/v1"))
    assert run(made) == ("failing", connection_probe.UNREACHABLE.sentence)


@pytest.mark.parametrize(
    "address", ["127.0.0.1", "10.0.0.1", "169.254.169.254", "::1", "::ffff:10.0.0.1", "fd00::1", "100.100.100.200"]
)
def test_a_name_that_resolves_inside_is_refused_before_a_packet_leaves(
    address: str, acme: Organization, connect: Connect, network: Network
) -> None:
    network.answers["api.rebind.example"] = [[address]]
    made = begun(acme, connect("Mine", kind="compatible", base_url="https://api.rebind.example/v1"))
    assert run(made) == ("failing", INSIDE)
    assert network.asked == ["api.rebind.example"]
    assert network.dialled == []


def test_a_host_that_the_operator_allows_no_more_is_refused(
    provider: ProviderConnection, server: Server, network: Network, settings: Any
) -> None:
    settings.PROVIDER_ALLOWED_HOSTS = []
    assert run(provider) == ("failing", INSIDE)
    assert (server.seen, network.dialled) == ([], [])


def test_a_connection_removed_while_the_message_waited_is_left_alone(
    acme: Organization, provider: ProviderConnection, server: Server
) -> None:
    with tenancy.tenant(acme.pk):
        ProviderConnection.objects.filter(pk=provider.pk).delete()
    with nothing_changes():
        tasks.test_connection(acme.pk, str(provider.code))
    assert server.seen == []


def test_a_message_with_another_organization_s_id_finds_nothing(
    provider: ProviderConnection, rival: Organization, server: Server
) -> None:
    with nothing_changes():
        tasks.test_connection(rival.pk, str(provider.code))
    assert server.seen == []


def test_a_message_that_comes_twice_asks_once(provider: ProviderConnection, server: Server) -> None:
    run(provider)
    with nothing_changes():
        run(provider)
    assert len(server.seen) == 1


@pytest.mark.parametrize("act", ["removed", "changed", "tested anew"])
def test_an_answer_that_comes_too_late_says_nothing(
    act: str, acme: Organization, alice: User, provider: ProviderConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While the provider thinks, somebody removes, changes or tests the connection."""
    by = must_be_member(acme, alice)
    probe = connection_probe.probe

    def meanwhile(connection: ProviderConnection) -> Any:
        outcome = probe(connection)
        with tenancy.tenant(acme.pk):
            if act == "removed":
                registry.remove(connection=provider, by=by)
            elif act == "changed":
                new: dict[str, Any] = {"name": "Mine", "base_url": "https://api.example.com/v1", "key": "sk-other-1"}
                registry.change(connection=provider, by=by, openai_organization="", openai_project="", **new)
            else:
                lost = timezone.now() - timedelta(seconds=61)
                ProviderConnection.objects.filter(pk=provider.pk).update(health_checked_at=lost)
                connection_probe.begin_test(connection=provider, by=by)
        return outcome

    monkeypatch.setattr(connection_probe, "probe", meanwhile)
    tasks.test_connection(acme.pk, str(provider.code))
    with tenancy.tenant(acme.pk):
        healths = list(ProviderConnection.objects.filter(pk=provider.pk).values_list("health", flat=True))
    assert healths == {"removed": [], "changed": ["unknown"], "tested anew": ["testing"]}[act]


def test_a_key_that_can_no_longer_be_read_is_asked_for_again(
    provider: ProviderConnection, server: Server, settings: Any
) -> None:
    settings.ENCRYPTION_KEYS = ["b3RoZXIgb3RoZXIgb3RoZXIgb3RoZXIgb3RoZXIgMDI="]
    assert run(provider) == ("failing", "The stored key can no longer be read. Enter it again.")
    assert server.seen == []


def test_a_key_copied_to_another_organization_s_row_does_not_open(
    acme: Organization, rival: Organization, connect: Connect
) -> None:
    from saas.crypto.sealing import CannotUnseal

    made = connect()
    with tenancy.tenant(rival.pk):
        theirs = rival.connections.select_related("org").get()
        theirs.sealed_key = made.sealed_key
        with pytest.raises(CannotUnseal):
            registry.reveal_key(theirs)


def test_for_the_circuit_a_name_inside_our_network_does_not_answer_like_one_that_does_not_exist(
    acme: Organization, connect: Connect, network: Network
) -> None:
    network.answers["inside.example.com"] = [["10.0.0.7"]]
    for name in ("inside", "nowhere"):
        connection = connect(name, kind="compatible", base_url=f"https://{name}.example.com/v1")
        assert not connection_probe.has_answered(connection)
    assert network.asked == ["inside.example.com", "nowhere.example.com"]
