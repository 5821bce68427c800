"""A socket ends with the right to it, within a second, and nobody else's does."""

from collections.abc import Callable

import pytest
from asgiref.sync import sync_to_async

from accounts.errors import NotAllowed
from accounts.models import Membership, Organization, Role, User
from accounts.people import members, organizations
from saas import broadcast
from saas.database import tenancy
from tests.conftest import SignIn, must_be_member
from tests.support.browser_socket import leave_all, tab_of

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.asyncio]

EVENT = {"type": "org.event", "event": {"type": "news"}}
Act = Callable[[Membership, Membership], None]


def _remove(alice: Membership, bob: Membership) -> None:
    members.remove(member=bob, by=alice)


def _leave(_: Membership, bob: Membership) -> None:
    members.leave(member=bob)


def _promote(alice: Membership, bob: Membership) -> None:
    members.change_role(member=bob, by=alice, role=Role.ADMIN)


@sync_to_async
def _act(act: Act, org: Organization, alice: User, bob: User) -> None:
    with tenancy.tenant(org.pk):
        act(must_be_member(org, alice), must_be_member(org, bob))


@pytest.mark.parametrize("act", [_remove, _leave, _promote])
async def test_the_member_whose_rights_change_is_cut_off_alone(
    act: Act, acme: Organization, alice: User, bob: User, vera: User, sign_in: SignIn
) -> None:
    hers, his, veras = [await tab_of(user, sign_in) for user in (alice, bob, vera)]
    await _act(act, acme, alice, bob)
    assert await his.is_closed_with() == 4403
    await sync_to_async(broadcast.announce)(broadcast.org_group(acme.pk), EVENT)
    for tab in (hers, veras):
        assert await tab.hears() == {"v": 1, "type": "news"}
    await leave_all(hers, his, veras)


async def test_every_tab_of_the_removed_member_is_cut_off(
    acme: Organization, alice: User, bob: User, sign_in: SignIn
) -> None:
    tabs = [await tab_of(bob, sign_in) for _ in range(3)]
    await _act(_remove, acme, alice, bob)
    assert [await tab.is_closed_with() for tab in tabs] == [4403, 4403, 4403]
    await leave_all(*tabs)


async def test_a_removed_member_keeps_their_other_organization(
    acme: Organization, rival: Organization, alice: User, bob: User, sign_in: SignIn
) -> None:
    await sync_to_async(_join)(rival, bob)
    here, there = await tab_of(bob, sign_in), await tab_of(bob, sign_in, org="rival")
    await _act(_remove, acme, alice, bob)
    assert await here.is_closed_with() == 4403
    assert await there.hears_nothing()
    await leave_all(here, there)


def _join(org: Organization, user: User) -> None:
    with tenancy.tenant(org.pk):
        org.memberships.create(user=user, role="viewer")


async def test_a_changed_role_connects_again_and_a_removed_member_does_not(
    acme: Organization, alice: User, bob: User, sign_in: SignIn
) -> None:
    tab = await tab_of(bob, sign_in)
    await _act(_promote, acme, alice, bob)
    assert await tab.is_closed_with() == 4403
    again = await tab_of(bob, sign_in)
    await _act(_remove, acme, alice, bob)
    assert await again.is_closed_with() == 4403
    with pytest.raises(AssertionError):
        await tab_of(bob, sign_in)
    await leave_all(tab, again)


async def test_a_refused_removal_cuts_off_nobody(acme: Organization, alice: User, bob: User, sign_in: SignIn) -> None:
    hers, his = await tab_of(alice, sign_in), await tab_of(bob, sign_in)
    with pytest.raises(NotAllowed):
        await _act(lambda alice, bob: members.remove(member=alice, by=bob), acme, alice, bob)
    assert await hers.hears_nothing()
    assert await his.hears_nothing()
    await leave_all(hers, his)


async def test_handing_over_cuts_off_giver_and_receiver(
    acme: Organization, alice: User, bob: User, sign_in: SignIn
) -> None:
    hers, his = await tab_of(alice, sign_in), await tab_of(bob, sign_in)
    await _act(lambda alice, bob: members.transfer(by=alice, to=bob), acme, alice, bob)
    assert await hers.is_closed_with() == 4403
    assert await his.is_closed_with() == 4403
    await leave_all(hers, his)


def _delete(org: Organization, alice: Membership) -> None:
    organizations.delete(org=org, by=alice)


def _suspend(org: Organization, alice: Membership) -> None:
    organizations.suspend(org=org, by=alice.user)


def _require_second_factor(org: Organization, alice: Membership) -> None:
    organizations.require_second_factor(org=org, by=alice, is_required=True)


@pytest.mark.parametrize("act", [_delete, _suspend, _require_second_factor])
async def test_what_befalls_an_organization_ends_all_its_sockets_and_no_others(
    act: Callable[[Organization, Membership], None],
    acme: Organization,
    rival: Organization,
    alice: User,
    vera: User,
    charlie: User,
    sign_in: SignIn,
) -> None:
    hers, veras = await tab_of(alice, sign_in), await tab_of(vera, sign_in)
    his = await tab_of(charlie, sign_in, org="rival")

    def befall() -> None:
        with tenancy.tenant(acme.pk):
            act(acme, must_be_member(acme, alice))

    await sync_to_async(befall)()
    assert [await tab.is_closed_with() for tab in (hers, veras)] == [4403, 4403]
    assert await his.hears_nothing()
    await leave_all(hers, veras, his)
