"""Which connection is the default, and removing one."""

import pytest

from accounts.connections import registry
from accounts.errors import Refused
from accounts.models import Organization, ProviderConnection, User
from saas.database import tenancy
from tests.accounts.conftest import Connect, Post
from tests.conftest import SignIn, actions, must_be_member
from tests.support.snapshot import at_once, last_entry, nothing_changes


def defaults(org: Organization) -> list[str]:
    with tenancy.tenant(org.pk):
        return list(ProviderConnection.objects.filter(is_default=True).values_list("name", flat=True))


def test_the_new_default_takes_the_place_of_the_old(
    acme: Organization, adam: User, connect: Connect, post: Post
) -> None:
    assert defaults(acme) == ["Sandbox"]
    made = connect()
    answer = post(adam, f"/o/acme/connections/{made.code}/default/")
    assert answer["Location"] == "/o/acme/connections/"
    assert defaults(acme) == ["OpenAI"]
    assert (last_entry(acme).action, last_entry(acme).target) == ("connection.made_default", "OpenAI")


def test_asking_twice_leaves_one_row(acme: Organization, adam: User, connect: Connect, post: Post) -> None:
    made = connect()
    for _ in range(2):
        post(adam, f"/o/acme/connections/{made.code}/default/")
    assert actions(acme) == ["connection.added", "connection.made_default"]


def test_the_default_is_not_removed(acme: Organization, adam: User, connect: Connect, post: Post) -> None:
    made = connect()
    post(adam, f"/o/acme/connections/{made.code}/default/")
    with nothing_changes():
        answer = post(adam, f"/o/acme/connections/{made.code}/remove/")
    page = answer.client.get("/o/acme/connections/").content.decode()
    assert "This is the default connection. Make another one the default first." in page


def test_another_is_removed_and_its_key_with_it(acme: Organization, adam: User, connect: Connect, post: Post) -> None:
    made = connect()
    assert post(adam, f"/o/acme/connections/{made.code}/remove/")["Location"] == "/o/acme/connections/"
    with tenancy.tenant(acme.pk):
        assert not ProviderConnection.objects.filter(pk=made.pk).exists()
    entry = last_entry(acme)
    assert (entry.action, entry.target, entry.actor_id) == ("connection.removed", "OpenAI", adam.pk)
    with nothing_changes():
        assert post(adam, f"/o/acme/connections/{made.code}/remove/").status_code == 404


@pytest.mark.parametrize("act", ["default", "remove", "test"])
@pytest.mark.parametrize("who", ["bob", "vera"])
def test_nobody_below_admin_does_either(
    act: str, who: str, acme: Organization, connect: Connect, post: Post, request: pytest.FixtureRequest
) -> None:
    made, user = connect(), request.getfixturevalue(who)
    with nothing_changes():
        assert post(user, f"/o/acme/connections/{made.code}/{act}/").status_code == 403


def test_one_that_became_the_default_meanwhile_is_not_removed(
    acme: Organization, adam: User, connect: Connect, post: Post
) -> None:
    stale = connect()
    post(adam, f"/o/acme/connections/{stale.code}/default/")
    by = must_be_member(acme, adam)
    with nothing_changes(), tenancy.tenant(acme.pk), pytest.raises(Refused):
        registry.remove(connection=stale, by=by)


@pytest.mark.django_db(transaction=True)
def test_two_admins_who_choose_at_the_same_moment_leave_one_default(
    acme: Organization, alice: User, adam: User, connect: Connect, sign_in: SignIn
) -> None:
    first, second = connect("First"), connect("Second")
    hers, his = sign_in(alice), sign_in(adam)
    answers = at_once(
        acme,
        lambda: hers.post(f"/o/acme/connections/{first.code}/default/").status_code,
        lambda: his.post(f"/o/acme/connections/{second.code}/default/").status_code,
    )
    assert answers == [302, 302]
    assert len(defaults(acme)) == 1


@pytest.mark.django_db(transaction=True)
def test_a_connection_is_not_removed_while_it_becomes_the_default(
    acme: Organization, alice: User, adam: User, connect: Connect, sign_in: SignIn
) -> None:
    made = connect()
    hers, his = sign_in(alice), sign_in(adam)
    at_once(
        acme,
        lambda: hers.post(f"/o/acme/connections/{made.code}/default/").status_code,
        lambda: his.post(f"/o/acme/connections/{made.code}/remove/").status_code,
    )
    assert len(defaults(acme)) == 1


@pytest.mark.django_db(transaction=True)
def test_a_double_click_adds_one_connection(acme: Organization, adam: User, sign_in: SignIn) -> None:
    clients = [sign_in(adam), sign_in(adam)]
    data = {"kind": "openai", "name": "OpenAI", "key": "sk-0123456789"}
    answers = at_once(
        acme, *[lambda client=client: client.post("/o/acme/connections/new/", data).status_code for client in clients]
    )
    assert sorted(answers) == [302, 422]
    assert actions(acme) == ["connection.added"]
