"""Making an API key."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts import api_keys
from accounts.errors import NotAllowed
from accounts.models import ApiKey, Organization, Role, Scope, User
from saas.crypto import tokens
from saas.database import tenancy
from tests.accounts.conftest import MakeKey, Post
from tests.conftest import must_be_member
from tests.support.key_calls import ask, status_of
from tests.support.snapshot import last_entry, nothing_changes

URL = "/o/acme/keys/new/"
TOKEN = re.compile(r"\bdk_[0-9A-Za-z]{8}_[0-9A-Za-z]{49}\b")


def only_key(org: Organization) -> ApiKey:
    with tenancy.tenant(org.pk):
        return ApiKey.objects.get(org=org)


def test_a_member_makes_a_key_that_works(acme: Organization, bob: User, post: Post) -> None:
    answer = post(bob, URL, {"name": "Importer", "scopes": ["generate", "read", "usage"]})
    assert answer.status_code == 200
    (token,) = set(TOKEN.findall(answer.content.decode()))
    key = only_key(acme)
    assert (key.name, key.scopes, key.maker_id, key.expires_at) == (
        "Importer",
        ["generate", "read", "usage"],
        bob.pk,
        None,
    )
    assert ask(token).json() == {
        "organization": {"slug": "acme", "name": "Acme"},
        "key": {
            "id": str(key.code),
            "name": "Importer",
            "prefix": token[:11],
            "scopes": ["generate", "read", "usage"],
            "connection": None,
            "expires_at": None,
        },
        "maker": {"name": "Bob", "role": "member"},
    }


def test_the_key_is_shown_in_that_answer_and_never_again(acme: Organization, alice: User, post: Post) -> None:
    answer = post(alice, URL, {"name": "Importer", "scopes": "read"})
    assert "no-store" in answer["Cache-Control"]
    (token,) = set(TOKEN.findall(answer.content.decode()))
    secret = token[12:]
    for page in ("keys/", "keys/new/", "audit/", "team/", ""):
        assert secret not in answer.client.get(f"/o/acme/{page}").content.decode()
    assert secret not in str(dict(answer.client.session))


@pytest.mark.parametrize(("who", "may_limit"), [("alice", True), ("bob", False)])
def test_the_page_ends_with_a_program_that_has_the_key_and_a_limit_for_it(
    who: str, may_limit: bool, acme: Organization, post: Post, request: pytest.FixtureRequest
) -> None:
    answer = post(request.getfixturevalue(who), URL, {"name": "Importer", "scopes": ["generate"]})
    page = answer.content.decode()
    (token,) = set(TOKEN.findall(page))
    assert f"Authorization: Bearer {token}" in page
    assert "$DARKROOM_API_KEY" not in page
    link = f"/o/acme/limits/of/key/{only_key(acme).code}/"
    assert (f'href="{link}"' in page) is may_limit
    if may_limit:
        assert answer.client.get(link).status_code == 200


def test_a_key_that_makes_no_pictures_gets_no_program(acme: Organization, alice: User, post: Post) -> None:
    page = post(alice, URL, {"name": "Reader", "scopes": "read"}).content.decode()
    assert len(TOKEN.findall(page)) == 1
    assert "Try it" not in page


def test_the_database_keeps_a_hash_and_a_readable_prefix(acme: Organization, bob: User, post: Post) -> None:
    answer = post(bob, URL, {"name": "Importer", "scopes": "read"})
    (token,) = set(TOKEN.findall(answer.content.decode()))
    key = only_key(acme)
    assert (key.prefix, key.token_hash) == (token[:11], tokens.hash_token(token))
    with tenancy.tenant(acme.pk):
        kept = str(list(ApiKey.objects.values())) + str(list(acme.audit_entries.values()))
    assert token[12:] not in kept


def test_making_one_leaves_a_row(acme: Organization, bob: User, post: Post) -> None:
    post(bob, URL, {"name": "Importer", "scopes": ["usage", "read"]})
    entry = last_entry(acme)
    assert (entry.action, entry.target, entry.details) == (
        "api_key.made",
        f"Importer ({only_key(acme).prefix}…)",
        {"scopes": ["read", "usage"]},
    )
    assert entry.actor_id == bob.pk


@pytest.mark.parametrize("days", ["7", "30", "90", "365"])
def test_it_expires_when_its_maker_says(days: str, acme: Organization, bob: User, post: Post) -> None:
    before = timezone.now()
    post(bob, URL, {"name": "Importer", "scopes": "read", "expires": days})
    expires_at = only_key(acme).expires_at
    assert expires_at is not None
    assert timedelta(0) <= expires_at - before - timedelta(days=int(days)) < timedelta(minutes=1)


@pytest.mark.parametrize("expires", ["0", "-1", "8", "never", "1e9", "7 "])
def test_another_time_is_refused(expires: str, acme: Organization, bob: User, post: Post) -> None:
    with nothing_changes():
        assert post(bob, URL, {"name": "Importer", "scopes": "read", "expires": expires}).status_code == 422


def test_a_viewer_makes_a_key_to_read(acme: Organization, vera: User, post: Post) -> None:
    assert post(vera, URL, {"name": "Importer", "scopes": "read"}).status_code == 200
    assert only_key(acme).scopes == ["read"]


@pytest.mark.parametrize("scopes", [["generate"], ["usage"], ["read", "generate"], ["read", "usage"]])
def test_a_viewer_gets_no_more_by_a_form_of_their_own(
    scopes: list[str], acme: Organization, vera: User, post: Post
) -> None:
    with nothing_changes():
        answer = post(vera, URL, {"name": "Importer", "scopes": scopes})
    assert answer.status_code == 422
    assert not TOKEN.search(answer.content.decode())


def test_a_viewer_is_not_offered_what_they_may_not(vera: User, post: Post) -> None:
    client = Client()
    client.force_login(vera)
    page = client.get(URL).content.decode()
    assert 'value="read"' in page
    assert 'value="generate"' not in page
    assert 'value="usage"' not in page


@pytest.mark.parametrize("scopes", [[], ["admin"], ["read", "*"], ["READ"], [""]])
def test_scopes_that_do_not_exist_are_refused(scopes: list[str], acme: Organization, alice: User, post: Post) -> None:
    with nothing_changes():
        assert post(alice, URL, {"name": "Importer", "scopes": scopes}).status_code == 422


@pytest.mark.parametrize("name", ["", " ", "a" * 81, "two\nlines", "nul\x00"])
def test_a_bad_name_is_refused(name: str, acme: Organization, alice: User, post: Post) -> None:
    with nothing_changes():
        assert post(alice, URL, {"name": name, "scopes": "read"}).status_code == 422


def test_the_verb_holds_the_rule_too(acme: Organization, vera: User) -> None:
    viewer = must_be_member(acme, vera)
    with nothing_changes(), tenancy.tenant(acme.pk), pytest.raises(NotAllowed):
        api_keys.make(org=acme, by=viewer, name="Importer", scopes=[Scope.GENERATE])


def test_a_role_that_was_lowered_a_moment_ago_counts(acme: Organization, bob: User) -> None:
    stale = must_be_member(acme, bob)
    with tenancy.tenant(acme.pk):
        acme.memberships.filter(pk=stale.pk).update(role=Role.VIEWER)
    with nothing_changes(), tenancy.tenant(acme.pk), pytest.raises(NotAllowed):
        api_keys.make(org=acme, by=stale, name="Importer", scopes=[Scope.GENERATE])


def test_a_person_has_a_hundred_keys_at_most(
    acme: Organization, bob: User, make_key: MakeKey, post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert api_keys.MOST_KEYS_PER_PERSON == 100
    monkeypatch.setattr(api_keys, "MOST_KEYS_PER_PERSON", 2)
    keys = [make_key(bob)[0] for _ in range(2)]
    with nothing_changes():
        answer = post(bob, URL, {"name": "Third", "scopes": "read"})
        assert answer.status_code == 422
        assert "Revoke one first." in answer.content.decode()
    post(bob, f"/o/acme/keys/{keys[0].code}/revoke/")
    assert post(bob, URL, {"name": "Third", "scopes": "read"}).status_code == 200


def test_a_stranger_makes_none(acme: Organization, rival: Organization, charlie: User, post: Post) -> None:
    with nothing_changes():
        assert post(charlie, URL, {"name": "Importer", "scopes": "read"}).status_code == 404


def test_a_key_belongs_to_the_organization_it_was_made_in(
    acme: Organization, rival: Organization, charlie: User, post: Post
) -> None:
    answer = post(charlie, "/o/rival/keys/new/", {"name": "Theirs", "scopes": "read", "org": "acme", "org_id": acme.pk})
    (token,) = set(TOKEN.findall(answer.content.decode()))
    assert ask(token).json()["organization"]["slug"] == "rival"
    assert status_of(token) == 200
