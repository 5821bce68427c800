"""The test world. In acme: Alice owns, Adam administers, Bob makes pictures, Vera looks on. Charlie owns rival and must
never see or change anything of acme. Dora belongs to nobody."""

import functools
import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpcore2
import pytest
from allauth.account.models import EmailAddress
from django.core.cache import caches
from django.core.exceptions import SynchronousOnlyOperation
from django.db import connection
from django.test import Client, TransactionTestCase
from hypothesis import settings as examples

from accounts import mail_outbox
from accounts.models import AuditEntry, Membership, Organization, Role, User
from accounts.people import organizations
from saas import broadcast
from saas.database import tenancy
from saas.database.presence import presence
from saas.fairness import visitors
from tests.embedded import prepared
from tests.quick import pytest_addoption, pytest_ignore_collect
from tests.support import emptying
from tests.together import pytest_collection_modifyitems, pytest_xdist_make_scheduler

__all__ = [
    "pytest_addoption",
    "pytest_collection_modifyitems",
    "pytest_ignore_collect",
    "pytest_xdist_make_scheduler",
]
PASSWORD = "correct horse battery"

# Every client of a test would read the list of certificates anew, for 35 milliseconds, and most speak plain HTTP.
httpcore2.default_ssl_context = functools.cache(httpcore2.default_ssl_context)

examples.load_profile("ci")  # the same examples each time, and no opinion on how quick this machine is


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """Tests with real transactions empty the tables afterwards; what only grows refuses that, as it should."""
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        for table in ("accounts_auditentry", "billing_entry", "billing_snapshot", "billing_closedmonth"):
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER refuse_truncate")
    with pytest.MonkeyPatch.context() as patches:
        patches.setattr(TransactionTestCase, "_fixture_teardown", emptying.empty_tables)
        yield
    presence.leave()  # its connection would keep the database from being dropped


@pytest.fixture(scope="session")
def first_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder that Darkroom has run on once and left. Copy it: it belongs to all tests."""
    return prepared.first(_shared_by_workers(tmp_path_factory))


@pytest.fixture(scope="session")
def demo_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same, with the demo's organization."""
    return prepared.with_demo(_shared_by_workers(tmp_path_factory))


def _shared_by_workers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    own = tmp_path_factory.getbasetemp()
    return own.parent if "PYTEST_XDIST_WORKER" in os.environ else own


@pytest.fixture(autouse=True)
def _connection_handed_back() -> None:
    """What the test before left open is not what the code under test holds while it waits on the network. Where
    Playwright's loop runs in this thread, no such code does. And a coroutine that was cancelled gets the context of its
    thread back as it was at that moment, with the organization that it worked for."""
    visitors._tenant.set(None)
    if not connection.in_atomic_block:
        with suppress(SynchronousOnlyOperation):
            connection.close()


@pytest.fixture(autouse=True)
def _empty_cache() -> Iterator[None]:
    """Rate limits are counted in the caches, and a layer that failed in one test is not spared in the next."""
    yield
    for name in caches:
        caches[name].clear()
    broadcast._silent_until = 0.0


@pytest.fixture(autouse=True)
def _mails_go_out_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """No worker runs beside the tests: what is sent to it to be mailed is mailed here, on commit as ever."""
    monkeypatch.setattr(mail_outbox.deliver, "send", mail_outbox.deliver.fn)


def make_person(name: str, **fields: Any) -> User:
    user = User.objects.create_user(f"{name.lower()}@example.com", PASSWORD, name=name, **fields)
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    return user


def join(org: Organization, user: User, role: Role) -> Membership:
    with tenancy.tenant(org.pk):
        return Membership.objects.create(org=org, user=user, role=role)


@pytest.fixture
def alice(db: None) -> User:
    return make_person("Alice")


@pytest.fixture
def acme(alice: User) -> Organization:
    return organizations.found(name="Acme", slug="acme", by=alice)


@pytest.fixture
def adam(acme: Organization) -> User:
    user = make_person("Adam")
    join(acme, user, Role.ADMIN)
    return user


@pytest.fixture
def bob(acme: Organization) -> User:
    user = make_person("Bob")
    join(acme, user, Role.MEMBER)
    return user


@pytest.fixture
def vera(acme: Organization) -> User:
    user = make_person("Vera")
    join(acme, user, Role.VIEWER)
    return user


@pytest.fixture
def charlie(db: None) -> User:
    return make_person("Charlie")


@pytest.fixture
def rival(charlie: User) -> Organization:
    return organizations.found(name="Rival", slug="rival", by=charlie)


@pytest.fixture
def dora(db: None) -> User:
    return make_person("Dora")


SignIn = Callable[[User], Client]


@pytest.fixture
def sign_in() -> SignIn:
    def signed_in(user: User) -> Client:
        client = Client()
        client.force_login(user)
        return client

    return signed_in


def membership(org: Organization, user: User) -> Membership | None:
    with tenancy.tenant(org.pk):
        return Membership.objects.filter(org=org, user=user).select_related("org", "user").first()


def must_be_member(org: Organization, user: User) -> Membership:
    found = membership(org, user)
    assert found is not None
    return found


def actions(org: Organization) -> list[str]:
    """The audit log of an organization, oldest first, without its founding."""
    with tenancy.tenant(org.pk):
        entries = AuditEntry.objects.filter(org=org).order_by("pk").values_list("action", flat=True)
        return [action for action in entries if action != "organization.founded"]
