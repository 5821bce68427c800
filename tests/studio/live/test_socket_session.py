"""A socket ends with the session that opened it, within a second, and no other session's does."""

from collections.abc import Callable

import pytest
from asgiref.sync import sync_to_async
from django.contrib.sessions.models import Session
from django.test import Client

from accounts.models import Organization, User
from saas import broadcast
from tests.conftest import PASSWORD, SignIn
from tests.support.browser_socket import Tab, leave_all

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.asyncio]


async def tab_with(client: Client) -> Tab:
    from django.conf import settings

    return await Tab(client.cookies[settings.SESSION_COOKIE_NAME].value).open()


def _sign_out(client: Client) -> None:
    client.post("/accounts/logout/")


def _change_password(client: Client) -> None:
    values = {"oldpassword": PASSWORD, "password1": "another horse battery", "password2": "another horse battery"}
    answer = client.post("/accounts/password/change/", values)
    assert answer.status_code == 302


def _delete(client: Client) -> None:
    client.session.delete()


@pytest.mark.parametrize("end", [_sign_out, _delete])
async def test_who_signs_out_is_cut_off_in_that_browser_alone(
    end: Callable[[Client], None], acme: Organization, bob: User, vera: User, sign_in: SignIn
) -> None:
    here, there, veras = [await sync_to_async(sign_in)(user) for user in (bob, bob, vera)]
    tabs = [await tab_with(client) for client in (here, here, there, veras)]
    await sync_to_async(end)(here)
    assert [await tab.is_closed_with() for tab in tabs[:2]] == [4403, 4403]
    assert [await tab.hears_nothing() for tab in tabs[2:]] == [True, True]
    await leave_all(*tabs)


async def test_a_new_password_ends_the_sockets_of_all_browsers(
    acme: Organization, bob: User, vera: User, sign_in: SignIn
) -> None:
    here, there, veras = [await sync_to_async(sign_in)(user) for user in (bob, bob, vera)]
    tabs = [await tab_with(client) for client in (here, there, veras)]
    await sync_to_async(_change_password)(here)
    assert [await tab.is_closed_with() for tab in tabs[:2]] == [4403, 4403]
    assert await tabs[2].hears_nothing()
    again = await tab_with(here)  # the browser that did it stays signed in
    await leave_all(*tabs, again)


async def test_a_session_that_grows_too_old_takes_its_socket_along(
    acme: Organization, bob: User, sign_in: SignIn
) -> None:
    client = await sync_to_async(sign_in)(bob)

    def grow_old() -> None:
        session = client.session
        session.set_expiry(2)  # long enough to get in, on a busy machine too
        session.save()

    await sync_to_async(grow_old)()
    tab = await tab_with(client)
    assert await tab.is_closed_with() == 4403
    await tab.leave()


async def test_the_channel_layer_learns_no_session_key(acme: Organization, bob: User, sign_in: SignIn) -> None:
    client = await sync_to_async(sign_in)(bob)
    key = await sync_to_async(lambda: Session.objects.get().session_key)()
    assert key == client.session.session_key
    assert key not in broadcast.session_group(key)
