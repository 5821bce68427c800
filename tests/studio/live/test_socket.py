"""Who may open a socket of an organization. A refused one opens for a moment, or its close code would be lost."""

from collections.abc import Callable

import pytest
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from asgiref.sync import sync_to_async
from channels.testing import WebsocketCommunicator
from django.conf import settings
from django.utils import timezone
from prometheus_client import REGISTRY

from accounts import access
from accounts.models import Membership, Organization, User
from accounts.people import members
from saas.database import tenancy
from tests.conftest import SignIn, must_be_member
from tests.support.browser_socket import HELLO, Tab, tab_of

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.asyncio]


async def _session(user: User, sign_in: SignIn) -> str:
    client = await sync_to_async(sign_in)(user)
    return client.cookies[settings.SESSION_COOKIE_NAME].value


@sync_to_async
def _change(org: Organization, **values: object) -> None:
    with tenancy.tenant(org.pk):
        Organization.objects.filter(pk=org.pk).update(**values)


async def _refused_with(tab: Tab) -> int:
    assert await tab.connect()
    code = await tab.is_closed_with()
    await tab.leave()
    return code


async def test_a_member_of_any_role_is_greeted(alice: User, adam: User, bob: User, vera: User, sign_in: SignIn) -> None:
    for user in (alice, adam, bob, vera):
        tab = Tab(await _session(user, sign_in))
        assert await tab.connect()
        assert await tab.hears() == HELLO
        await tab.leave()


async def test_a_stranger_is_sent_away(acme: Organization, rival: Organization, charlie: User, sign_in: SignIn) -> None:
    assert await _refused_with(Tab(await _session(charlie, sign_in))) == 4404


async def test_who_is_not_signed_in_is_sent_away(acme: Organization) -> None:
    assert await _refused_with(Tab()) == 4404
    assert await _refused_with(Tab("made up")) == 4404


async def test_an_organization_that_is_not_there_answers_like_one_of_others(
    acme: Organization, charlie: User, sign_in: SignIn
) -> None:
    session = await _session(charlie, sign_in)
    assert await _refused_with(Tab(session, org="nothing")) == await _refused_with(Tab(session, org="acme")) == 4404


@pytest.mark.parametrize("field", ["suspended_at", "deleted_at"])
async def test_a_suspended_or_deleted_organization_has_no_sockets(
    field: str, acme: Organization, alice: User, sign_in: SignIn
) -> None:
    await _change(acme, **{field: timezone.now()})
    assert await _refused_with(Tab(await _session(alice, sign_in))) == 4404


async def test_a_person_who_was_shut_out_has_no_sockets(acme: Organization, alice: User, sign_in: SignIn) -> None:
    session = await _session(alice, sign_in)
    await User.objects.filter(pk=alice.pk).aupdate(is_active=False)
    assert await _refused_with(Tab(session)) == 4404
    assert await sync_to_async(access.socket_member)(alice.pk, "acme") is None  # even if the session let them through


async def test_a_second_factor_that_is_required_is_required_here_too(
    acme: Organization, alice: User, sign_in: SignIn
) -> None:
    await _change(acme, requires_second_factor=True)
    assert await _refused_with(Tab(await _session(alice, sign_in))) == 4404
    await sync_to_async(TOTP.activate)(alice, generate_totp_secret())
    tab = await tab_of(alice, sign_in)
    await tab.leave()


@pytest.mark.parametrize("origin", ["https://evil.example", "http://testserver.evil.example", "null", None])
async def test_a_page_of_somebody_else_cannot_open_a_socket(
    origin: str | None, acme: Organization, alice: User, sign_in: SignIn
) -> None:
    assert not await Tab(await _session(alice, sign_in), origin=origin).connect()


async def test_rights_that_end_while_the_socket_opens_close_it(
    acme: Organization, alice: User, bob: User, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The announcement of the end comes before the socket listens to announcements."""
    ask: Callable[[int, str], Membership | None] = access.socket_member

    def ask_and_lose(user_id: int, slug: str) -> Membership | None:
        monkeypatch.setattr(access, "socket_member", ask)
        found = ask(user_id, slug)
        with tenancy.tenant(acme.pk):
            members.remove(member=must_be_member(acme, bob), by=must_be_member(acme, alice))
        return found

    session = await _session(bob, sign_in)
    monkeypatch.setattr(access, "socket_member", ask_and_lose)
    assert await _refused_with(Tab(session)) == 4403


@pytest.mark.parametrize("text", ["nonsense", "{", '{"type": "org.event"}', "[]", "null"])
async def test_what_a_browser_says_is_ignored(text: str, acme: Organization, alice: User, sign_in: SignIn) -> None:
    tab = await tab_of(alice, sign_in)
    await tab.wire.send_to(text_data=text)
    await tab.wire.send_to(bytes_data=text.encode())
    assert await tab.hears_nothing()
    await tab.leave()


async def test_open_sockets_are_counted(acme: Organization, alice: User, sign_in: SignIn) -> None:
    def count() -> float:
        return REGISTRY.get_sample_value("darkroom_sockets") or 0.0

    before = count()
    tab = await tab_of(alice, sign_in)
    assert count() == before + 1
    await tab.leave()
    assert count() == before


async def test_there_are_no_other_sockets(acme: Organization) -> None:
    from saas.asgi import application

    wire = WebsocketCommunicator(application, "/ws/elsewhere/", [(b"origin", b"http://testserver")])
    is_open, _ = await wire.connect()
    assert not is_open
