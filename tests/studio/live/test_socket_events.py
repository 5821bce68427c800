"""What an open socket hears: events of its own organization, from whatever thread announced them."""

import asyncio
import threading
import time
from collections.abc import Iterator
from typing import Any, NoReturn

import pytest
from asgiref.sync import sync_to_async
from channels.layers import InMemoryChannelLayer
from django.utils import timezone

from accounts.connections import probe
from accounts.models import Health, Organization, ProviderConnection, User
from saas import broadcast
from saas.database import tenancy
from tests.conftest import SignIn
from tests.support.browser_socket import leave_all, tab_of

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.asyncio]

EVENT = {"type": "org.event", "event": {"type": "news", "number": 1}}
HEARD = {"v": 1, "type": "news", "number": 1}


class StopTrying(Exception):
    pass


@pytest.fixture
def bound_loop() -> Iterator[None]:
    yield
    broadcast.bind_loop(None)


@pytest.fixture
def layer_down(monkeypatch: pytest.MonkeyPatch) -> None:
    async def fail(*_: Any) -> NoReturn:
        raise OSError("the layer is down")

    monkeypatch.setattr(InMemoryChannelLayer, "group_send", fail)


async def test_every_member_hears_an_event_and_no_other_organization_does(
    acme: Organization, rival: Organization, alice: User, vera: User, charlie: User, sign_in: SignIn
) -> None:
    hers, veras = await tab_of(alice, sign_in), await tab_of(vera, sign_in)
    his = await tab_of(charlie, sign_in, org="rival")
    await sync_to_async(broadcast.announce)(broadcast.org_group(acme.pk), EVENT)
    assert await hers.hears() == HEARD
    assert await veras.hears() == HEARD
    assert await his.hears_nothing()
    await leave_all(hers, veras, his)


async def test_a_person_of_two_organizations_hears_each_in_its_own_tab(
    acme: Organization, rival: Organization, alice: User, charlie: User, sign_in: SignIn
) -> None:
    await sync_to_async(_join)(rival, alice)
    at_acme, at_rival = await tab_of(alice, sign_in), await tab_of(alice, sign_in, org="rival")
    await sync_to_async(broadcast.announce)(broadcast.org_group(rival.pk), EVENT)
    assert await at_rival.hears() == HEARD
    assert await at_acme.hears_nothing()
    await leave_all(at_acme, at_rival)


def _join(org: Organization, user: User) -> None:
    with tenancy.tenant(org.pk):
        org.memberships.create(user=user, role="viewer")


def _being_tested() -> ProviderConnection:
    ProviderConnection.objects.update(health=Health.TESTING, health_checked_at=timezone.now())
    return ProviderConnection.objects.get()


async def test_the_end_of_a_connections_test_is_heard(acme: Organization, alice: User, sign_in: SignIn) -> None:
    tab = await tab_of(alice, sign_in)

    def finish() -> str:
        with tenancy.tenant(acme.pk):
            connection = _being_tested()
            probe.finish_test(connection, probe.Findings(Health.OK, "The key works."))
        return str(connection.code)

    code = await sync_to_async(finish)()
    assert await tab.hears() == {"v": 1, "type": "connection", "connection": code}
    await tab.leave()


async def test_an_act_that_is_rolled_back_is_not_announced(acme: Organization, alice: User, sign_in: SignIn) -> None:
    tab = await tab_of(alice, sign_in)

    def finish_and_fail() -> None:
        with tenancy.tenant(acme.pk):
            probe.finish_test(_being_tested(), probe.Findings(Health.OK, "The key works."))
            raise StopTrying

    with pytest.raises(StopTrying):
        await sync_to_async(finish_and_fail)()
    assert await tab.hears_nothing()
    await tab.leave()


async def test_a_worker_thread_reaches_the_sockets_of_its_own_process_at_once(
    acme: Organization, alice: User, sign_in: SignIn, bound_loop: None
) -> None:
    """Without the hop onto the server's loop, the message would lie in a queue until something else wakes the loop."""
    tab = await tab_of(alice, sign_in)
    broadcast.bind_loop(asyncio.get_running_loop())
    listening = asyncio.create_task(tab.wire.receive_json_from(timeout=5))
    await asyncio.sleep(0.05)
    began = time.monotonic()
    thread = threading.Thread(target=broadcast.announce, args=(broadcast.org_group(acme.pk), EVENT))
    thread.start()
    assert await listening == HEARD
    assert time.monotonic() - began < 3  # else the timeout of the listening would have woken it
    thread.join()
    await tab.leave()


async def test_many_threads_announce_and_nothing_is_lost(
    acme: Organization, alice: User, sign_in: SignIn, bound_loop: None
) -> None:
    tab = await tab_of(alice, sign_in)
    broadcast.bind_loop(asyncio.get_running_loop())

    def announce(first: int) -> None:
        for number in range(first, first + 10):
            broadcast.announce(broadcast.org_group(acme.pk), {**EVENT, "event": {"type": "news", "number": number}})

    threads = [threading.Thread(target=announce, args=(first,)) for first in range(0, 80, 10)]
    for thread in threads:
        thread.start()
    heard = [(await tab.hears())["number"] for _ in range(80)]
    assert sorted(heard) == list(range(80))
    assert all(_in_order(heard, first) for first in range(0, 80, 10))
    for thread in threads:
        thread.join()
    await tab.leave()


def _in_order(heard: list[int], first: int) -> bool:
    of_one_thread = [number for number in heard if first <= number < first + 10]
    return of_one_thread == sorted(of_one_thread)


async def test_a_lost_announcement_is_no_error(layer_down: None, caplog: pytest.LogCaptureFixture) -> None:
    await sync_to_async(broadcast.announce)("org.1", EVENT)
    assert [record.getMessage().count("announcement lost") for record in caplog.records] == [1]


async def test_an_announcement_lost_on_the_servers_loop_is_told_too(
    layer_down: None, bound_loop: None, caplog: pytest.LogCaptureFixture
) -> None:
    broadcast.bind_loop(asyncio.get_running_loop())
    await asyncio.to_thread(broadcast.announce, "org.1", EVENT)
    await asyncio.sleep(0.05)
    assert [record.getMessage().count("announcement lost") for record in caplog.records] == [1]


async def test_announcing_from_asynchronous_code_is_no_error(bound_loop: None) -> None:
    broadcast.announce("org.1", EVENT)


async def test_a_servers_loop_that_has_ended_is_no_error(bound_loop: None) -> None:
    loop = asyncio.new_event_loop()
    broadcast.bind_loop(loop)
    loop.close()
    await sync_to_async(broadcast.announce)("org.1", EVENT)


async def test_without_a_channel_layer_announcing_is_no_error(settings: Any) -> None:
    settings.CHANNEL_LAYERS = {}
    await sync_to_async(broadcast.announce)("org.1", EVENT)
