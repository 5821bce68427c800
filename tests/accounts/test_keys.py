"""The list of keys, and revoking one."""

from uuid import uuid4

import pytest

from accounts.models import Organization, Role, User
from saas.database import tenancy
from tests.accounts.conftest import MakeKey, Post
from tests.conftest import SignIn, actions, join
from tests.support.key_calls import status_of
from tests.support.snapshot import last_entry, nothing_changes


def test_a_member_sees_their_own_keys_and_an_admin_everybody_s(
    acme: Organization, alice: User, adam: User, bob: User, vera: User, make_key: MakeKey, sign_in: SignIn
) -> None:
    make_key(bob, name="Bobs key")
    make_key(vera, name="Veras key")
    seen = {user.name: sign_in(user).get("/o/acme/keys/").content.decode() for user in (alice, adam, bob, vera)}
    assert {name for name, page in seen.items() if "Bobs key" in page} == {"Alice", "Adam", "Bob"}
    assert {name for name, page in seen.items() if "Veras key" in page} == {"Alice", "Adam", "Vera"}


def test_nobody_sees_another_organization_s_keys(
    acme: Organization, bob: User, rival: Organization, charlie: User, make_key: MakeKey, sign_in: SignIn
) -> None:
    make_key(bob, name="Bobs key")
    assert "Bobs key" not in sign_in(charlie).get("/o/rival/keys/").content.decode()
    join(rival, bob, Role.OWNER)
    assert "Bobs key" not in sign_in(bob).get("/o/rival/keys/").content.decode()


@pytest.mark.parametrize("who", ["bob", "adam", "alice"])
def test_the_maker_and_admins_revoke_and_the_key_stops_at_once(
    who: str, acme: Organization, bob: User, make_key: MakeKey, post: Post, request: pytest.FixtureRequest
) -> None:
    user = request.getfixturevalue(who)
    key, token = make_key(bob)
    assert status_of(token) == 200
    assert post(user, f"/o/acme/keys/{key.code}/revoke/")["Location"] == "/o/acme/keys/"
    assert status_of(token) == 401
    entry = last_entry(acme)
    assert (entry.action, entry.target, entry.actor_id) == ("api_key.revoked", str(key), user.pk)


@pytest.mark.parametrize("who", ["vera", "bert"])
def test_a_member_cannot_revoke_another_s_key(
    who: str, acme: Organization, bob: User, vera: User, make_key: MakeKey, post: Post
) -> None:
    from tests.conftest import make_person

    bert = make_person("Bert")
    join(acme, bert, Role.MEMBER)
    key, token = make_key(bob)
    with nothing_changes():
        assert post({"vera": vera, "bert": bert}[who], f"/o/acme/keys/{key.code}/revoke/").status_code == 403
    assert status_of(token) == 200


def test_another_organization_s_key_is_not_there(
    acme: Organization, bob: User, rival: Organization, charlie: User, make_key: MakeKey, post: Post
) -> None:
    key, token = make_key(bob)
    with nothing_changes():
        assert post(charlie, f"/o/rival/keys/{key.code}/revoke/").status_code == 404
        assert post(charlie, f"/o/acme/keys/{key.code}/revoke/").status_code == 404
        assert post(charlie, f"/o/rival/keys/{uuid4()}/revoke/").status_code == 404
    assert status_of(token) == 200


def test_revoking_twice_leaves_one_row(acme: Organization, bob: User, make_key: MakeKey, post: Post) -> None:
    key, _ = make_key(bob)
    for _ in range(2):
        assert post(bob, f"/o/acme/keys/{key.code}/revoke/").status_code == 302
    assert actions(acme) == ["api_key.made", "api_key.revoked"]


def test_a_revoked_key_stays_in_the_list_as_such(
    acme: Organization, bob: User, make_key: MakeKey, post: Post, sign_in: SignIn
) -> None:
    key, _ = make_key(bob, name="Old one")
    post(bob, f"/o/acme/keys/{key.code}/revoke/")
    page = sign_in(bob).get("/o/acme/keys/").content.decode()
    assert "Old one" in page
    assert "Revoked" in page
    assert f"/o/acme/keys/{key.code}/revoke/" not in page
    with tenancy.tenant(acme.pk):
        assert acme.api_keys.count() == 1
