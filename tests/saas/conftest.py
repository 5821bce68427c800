"""Two organizations that own a row of everything that a tenant can own."""

import io
import logging
from collections.abc import Callable, Iterator
from typing import NamedTuple

import pytest

from accounts import api_keys, invitations
from accounts.models import ApiKey, Invitation, Organization, Role, Scope, User
from saas import logs, tenancy
from tests.conftest import must_be_member


class House(NamedTuple):
    org: Organization
    owner: User
    key: ApiKey
    token: str
    invitation: Invitation

    @property
    def settings(self) -> dict[str, str]:
        return {"app.org": str(self.org.pk)}


def furnish(org: Organization, owner: User) -> House:
    member = must_be_member(org, owner)
    with tenancy.tenant(org.pk):
        key, token = api_keys.make(org=org, by=member, name="Importer", scopes=[Scope.READ])
        invitation = invitations.invite(org=org, by=member, email=f"new@{org.slug}.example", role=Role.VIEWER)
    return House(org, owner, key, token, invitation)


@pytest.fixture
def ours(acme: Organization, alice: User, bob: User) -> House:
    return furnish(acme, alice)


@pytest.fixture
def theirs(rival: Organization, charlie: User) -> House:
    return furnish(rival, charlie)


OpenLog = Callable[[str], io.StringIO]


@pytest.fixture
def open_log() -> Iterator[OpenLog]:
    """The program's own logging at its most talkative, as console or json, written to a buffer."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level

    def opened(kind: str) -> io.StringIO:
        buffer = io.StringIO()
        logs.configure({"format": kind, "level": "DEBUG"})
        handler = root.handlers[0]
        assert isinstance(handler, logging.StreamHandler)
        handler.setStream(buffer)
        return buffer

    yield opened
    root.handlers = handlers
    root.setLevel(level)
