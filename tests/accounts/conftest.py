from collections.abc import Callable, Iterator
from typing import Any, Protocol

import pytest
from django.test import Client

from accounts import api_keys, tasks
from accounts.connections import registry
from accounts.models import ApiKey, Invitation, Organization, ProviderConnection, ProviderKind, Role, Scope, User
from accounts.people import invitations
from saas.database import tenancy
from tests.conftest import must_be_member
from tests.support.oidc_issuer import Issuer, running
from tests.support.snapshot import last_link

PROVIDER_KEY = "sk-canary-0123456789abcdef"


class Post(Protocol):
    def __call__(self, who: User | Client, url: str, data: dict[str, Any] | None = None, /, **headers: str) -> Any: ...


class InviteSomebody(Protocol):
    def __call__(self, email: str, role: Role = ..., by: User | None = None) -> tuple[Invitation, str]: ...


class MakeKey(Protocol):
    def __call__(self, user: User, *scopes: Scope, name: str = ...) -> tuple[ApiKey, str]: ...


Connect = Callable[..., ProviderConnection]


@pytest.fixture(autouse=True)
def queued(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, str]]:
    """The tests of connections that were asked of the worker."""
    sent: list[tuple[int, str]] = []
    monkeypatch.setattr(tasks.test_connection, "send", lambda *arguments: sent.append(arguments))
    return sent


@pytest.fixture
def post(django_capture_on_commit_callbacks: Any) -> Post:
    """Sends a form as a person, and does what waits for the commit."""

    def posted(who: User | Client, url: str, data: dict[str, Any] | None = None, /, **headers: str) -> Any:
        client = who if isinstance(who, Client) else Client()
        if isinstance(who, User):
            client.force_login(who)
        with django_capture_on_commit_callbacks(execute=True):
            return client.post(url, data or {}, headers=headers)

    return posted


@pytest.fixture
def invite_somebody(acme: Organization, alice: User, django_capture_on_commit_callbacks: Any) -> InviteSomebody:
    """The invitation to acme, and the path of the link in its e-mail."""

    def invited(email: str, role: Role = Role.MEMBER, by: User | None = None) -> tuple[Invitation, str]:
        with django_capture_on_commit_callbacks(execute=True), tenancy.tenant(acme.pk):
            made = invitations.invite(org=acme, by=must_be_member(acme, by or alice), email=email, role=role)
        return made, last_link()

    return invited


@pytest.fixture
def make_key(acme: Organization) -> MakeKey:
    """A key to acme and the text of it."""

    def made(user: User, *scopes: Scope, name: str = "Importer") -> tuple[ApiKey, str]:
        with tenancy.tenant(acme.pk):
            member = must_be_member(acme, user)
            return api_keys.make(org=acme, by=member, name=name, scopes=list(scopes or [Scope.READ]))

    return made


@pytest.fixture
def connect(acme: Organization, alice: User) -> Connect:
    """A connection of acme, by default to OpenAI with a key."""

    def connected(name: str = "OpenAI", **fields: Any) -> ProviderConnection:
        values = {"kind": ProviderKind.OPENAI, "key": PROVIDER_KEY, **fields}
        values["kind"] = ProviderKind(values["kind"])
        with tenancy.tenant(acme.pk):
            return registry.add(org=acme, by=must_be_member(acme, alice), name=name, **values)

    return connected


@pytest.fixture
def issuer(db: None) -> Iterator[Issuer]:
    with running() as found:
        yield found
