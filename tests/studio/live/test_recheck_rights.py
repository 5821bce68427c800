"""A socket whose rights ended is closed within the interval, although nobody announced it."""

import asyncio
from collections.abc import Callable
from datetime import timedelta

import pytest
from allauth.mfa.models import Authenticator
from asgiref.sync import sync_to_async
from django.contrib.sessions.models import Session
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts import access
from accounts.models import Membership, Organization, Role, User
from saas import broadcast
from saas.database import tenancy
from studio.live import recheck_rights
from tests.conftest import SignIn, must_be_member
from tests.support.browser_socket import leave_all, tab_of

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.asyncio]
Act = Callable[[Organization, User], object]


@pytest.fixture(autouse=True)
def _often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recheck_rights, "RECHECK_SECONDS", 0.3)


def _removed(acme: Organization, bob: User) -> None:
    Membership.objects.filter(user=bob).delete()


def _role_lowered(acme: Organization, bob: User) -> None:
    Membership.objects.filter(user=bob).update(role=Role.VIEWER)


def _barred(acme: Organization, bob: User) -> None:
    User.objects.filter(pk=bob.pk).update(is_active=False)


def _session_gone(acme: Organization, bob: User) -> None:
    for session in Session.objects.all():
        if session.get_decoded()["_auth_user_id"] == str(bob.pk):
            session.delete()


def _session_expired(acme: Organization, bob: User) -> None:
    for session in Session.objects.all():
        if session.get_decoded()["_auth_user_id"] == str(bob.pk):
            Session.objects.filter(pk=session.pk).update(expire_date=timezone.now() - timedelta(seconds=1))


def _password_changed(acme: Organization, bob: User) -> None:
    bob.set_password("another horse battery")
    bob.save(update_fields=["password"])


def _factor_switched_off(acme: Organization, bob: User) -> None:
    Authenticator.objects.filter(user=bob).delete()


@sync_to_async
def _act(act: Act, acme: Organization, bob: User) -> None:
    """By the database alone: no verb, and so no announcement."""
    with tenancy.tenant(acme.pk):
        act(acme, bob)


@sync_to_async
def _require_second_factor(acme: Organization, *people: User) -> None:
    with tenancy.tenant(acme.pk):
        Organization.objects.filter(pk=acme.pk).update(requires_second_factor=True)
    for person in people:
        Authenticator.objects.create(user=person, type=Authenticator.Type.TOTP, data={})


@pytest.mark.parametrize(
    "act",
    [
        _removed,
        _role_lowered,
        _barred,
        _session_gone,
        _session_expired,
        _password_changed,
        _factor_switched_off,
    ],
)
async def test_the_one_whose_rights_ended_is_cut_off_alone(
    act: Act, acme: Organization, alice: User, bob: User, sign_in: SignIn
) -> None:
    if act is _factor_switched_off:
        await _require_second_factor(acme, alice, bob)
    hers, his = [await tab_of(user, sign_in) for user in (alice, bob)]
    await _act(act, acme, bob)
    assert await his.is_closed_with() == 4403
    await asyncio.sleep(2 * recheck_rights.RECHECK_SECONDS)
    assert await hers.hears_nothing()
    await leave_all(hers, his)


@pytest.mark.parametrize("field", ["suspended_at", "deleted_at"])
async def test_what_befalls_an_organization_ends_its_sockets(
    field: str, acme: Organization, alice: User, rival: Organization, charlie: User, sign_in: SignIn
) -> None:
    hers, his = await tab_of(alice, sign_in), await tab_of(charlie, sign_in, org="rival")
    await _act(lambda *_: Organization.objects.filter(pk=acme.pk).update(**{field: timezone.now()}), acme, alice)
    assert await hers.is_closed_with() == 4403
    assert await his.hears_nothing()
    await leave_all(hers, his)


async def test_a_lost_announcement_brings_the_next_look_forward(
    acme: Organization, alice: User, bob: User, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recheck_rights, "RECHECK_SECONDS", 3600.0)
    monkeypatch.setattr(recheck_rights, "LOOK_SECONDS", 0.1)
    tab = await tab_of(bob, sign_in)
    await _act(_removed, acme, bob)
    with monkeypatch.context() as failing:
        failing.setattr(broadcast, "get_channel_layer", lambda: None)
        await sync_to_async(broadcast.announce)(broadcast.person_group(acme.pk, bob.pk), {"type": "access.ended"})
    assert await tab.is_closed_with() == 4403
    await tab.leave()


async def test_a_database_that_is_away_closes_no_socket() -> None:
    asked = list[int]()

    def stands() -> bool:
        asked.append(1)
        if len(asked) < 3:
            raise RuntimeError("away")
        return False

    await asyncio.wait_for(recheck_rights.until_ended(stands), 30)
    assert len(asked) == 3


async def test_many_sockets_ask_one_after_the_other_and_not_at_the_same_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a thread of its own serves each, too."""
    running, most, asked = 0, 0, 0

    def in_threads(act: Callable[[], bool]) -> Callable[[], object]:
        async def ask() -> bool:
            nonlocal running, most, asked
            running, asked = running + 1, asked + 1
            most = max(most, running)
            await asyncio.sleep(0)
            running -= 1
            return act()

        return ask

    monkeypatch.setattr(recheck_rights, "database_sync_to_async", in_threads)
    await asyncio.wait_for(asyncio.gather(*(recheck_rights.until_ended(lambda: False) for _ in range(1000))), 60)
    assert (asked, most) == (1000, recheck_rights.AT_ONCE)


async def test_times_are_spread_and_never_more_than_a_minute_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    slept = list[float]()

    async def sleep(seconds: float) -> None:
        slept[-1] += seconds

    monkeypatch.undo()
    monkeypatch.setattr(asyncio, "sleep", sleep)
    for _ in range(200):
        slept.append(0.0)
        await recheck_rights._until_next()
    assert max(slept) <= 50
    assert max(slept) - min(slept) > 10


async def test_a_look_is_one_query(acme: Organization, bob: User, sign_in: SignIn) -> None:
    def look() -> list[str]:
        key = sign_in(bob).session.session_key
        opened = access.Opened.by(must_be_member(acme, bob), key)
        with CaptureQueriesContext(connection) as captured:
            assert access.stands(opened)
        return [query["sql"] for query in captured if "FROM" in query["sql"]]

    assert len(await sync_to_async(look)()) == 1
