"""What two people do to each other at the same moment."""

from collections.abc import Callable
from uuid import UUID

import pytest
from django.test import Client

from accounts.models import Membership, Organization, Role, User
from saas.database import tenancy
from tests.conftest import SignIn, actions, join, make_person, must_be_member
from tests.support.snapshot import at_once, together

pytestmark = pytest.mark.django_db(transaction=True)
ROUNDS = 10


def roles(org: Organization) -> dict[str, str]:
    with tenancy.tenant(org.pk):
        return dict(Membership.objects.values_list("user__name", "role"))


def remove(client: Client, code: UUID) -> Callable[[], int]:
    return lambda: int(client.post(f"/o/acme/team/{code}/remove/").status_code)


def leave(client: Client) -> Callable[[], int]:
    return lambda: int(client.post("/o/acme/team/leave/").status_code)


def test_of_two_admins_who_remove_each_other_one_stays(acme: Organization, adam: User, sign_in: SignIn) -> None:
    anna = make_person("Anna")
    hers, his = join(acme, anna, Role.ADMIN).code, must_be_member(acme, adam).code
    answers = at_once(acme, remove(sign_in(adam), hers), remove(sign_in(anna), his))
    assert sorted(answers) == [302, 403]
    assert len(roles(acme)) == 2
    assert actions(acme) == ["member.removed"]


def test_nor_does_it_happen_in_ten_rounds_without_help(acme: Organization, adam: User, sign_in: SignIn) -> None:
    anna = make_person("Anna")
    clients = {adam: sign_in(adam), anna: sign_in(anna)}
    for number in range(ROUNDS):
        for user in (adam, anna):
            if user.name not in roles(acme):
                join(acme, user, Role.ADMIN)
        codes = {user: must_be_member(acme, user).code for user in clients}
        answers = together(remove(clients[adam], codes[anna]), remove(clients[anna], codes[adam]))
        # Who comes after the other has gone altogether is a stranger already.
        assert sorted(answers) in ([302, 403], [302, 404])
        assert len(roles(acme)) == 2
        assert actions(acme) == ["member.removed"] * (number + 1)


def test_of_two_owners_who_leave_one_stays(acme: Organization, alice: User, bob: User, sign_in: SignIn) -> None:
    with tenancy.tenant(acme.pk):
        Membership.objects.filter(user=bob).update(role=Role.OWNER)
    answers = at_once(acme, leave(sign_in(alice)), leave(sign_in(bob)))
    assert answers == [302, 302]
    assert list(roles(acme).values()) == ["owner"]
    assert actions(acme) == ["member.left"]


def test_nor_do_both_go_in_ten_rounds_without_help(acme: Organization, alice: User, bob: User, sign_in: SignIn) -> None:
    clients = {alice: sign_in(alice), bob: sign_in(bob)}
    for _ in range(ROUNDS):
        for user in clients:
            if user.name not in roles(acme):
                join(acme, user, Role.OWNER)
        with tenancy.tenant(acme.pk):
            Membership.objects.update(role=Role.OWNER)
        together(*[leave(client) for client in clients.values()])
        assert list(roles(acme).values()) == ["owner"]


def test_two_owners_who_demote_each_other_leave_an_owner(
    acme: Organization, alice: User, bob: User, sign_in: SignIn
) -> None:
    with tenancy.tenant(acme.pk):
        Membership.objects.filter(user=bob).update(role=Role.OWNER)
    hers, his = must_be_member(acme, alice).code, must_be_member(acme, bob).code

    def demote(user: User, code: UUID) -> Callable[[], int]:
        client = sign_in(user)
        return lambda: int(client.post(f"/o/acme/team/{code}/role/", {"role": "member"}).status_code)

    assert sorted(at_once(acme, demote(alice, his), demote(bob, hers))) == [302, 403]
    assert sorted(roles(acme).values()) == ["member", "owner"]
    assert actions(acme) == ["member.role_changed"]


def test_an_organization_is_handed_over_to_one_of_two(
    acme: Organization, alice: User, adam: User, bob: User, sign_in: SignIn
) -> None:
    def hand_over(user: User) -> Callable[[], int]:
        client, code = sign_in(alice), must_be_member(acme, user).code
        return lambda: int(client.post(f"/o/acme/team/{code}/transfer/").status_code)

    assert sorted(at_once(acme, hand_over(adam), hand_over(bob))) == [302, 403]
    assert sorted(roles(acme).values()).count("owner") == 1
    assert actions(acme) == ["organization.transferred"]


def test_who_is_removed_while_making_a_key_keeps_none(
    acme: Organization, adam: User, bob: User, sign_in: SignIn
) -> None:
    client = sign_in(bob)
    data = {"name": "Late", "scopes": "read"}
    answers = at_once(
        acme,
        lambda: client.post("/o/acme/keys/new/", data).status_code,
        remove(sign_in(adam), must_be_member(acme, bob).code),
    )
    assert answers in ([200, 302], [422, 302])
    with tenancy.tenant(acme.pk):
        assert acme.api_keys.filter(revoked_at=None).count() == 0
