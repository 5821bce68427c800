"""Calling with an API key."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.http import JsonResponse
from django.test import Client, RequestFactory
from django.utils import timezone

from accounts.access import KeyRequest, key_required
from accounts.models import ApiKey, Membership, Organization, Role, Scope, User
from saas.crypto import tokens
from saas.database import tenancy
from tests.accounts.conftest import MakeKey
from tests.conftest import must_be_member
from tests.support.key_calls import ask, status_of
from tests.support.snapshot import nothing_changes

REFUSED = {"error": {"code": "invalid_api_key", "message": "The API key is missing, wrong, expired or revoked."}}


@pytest.fixture
def token(acme: Organization, bob: User, make_key: MakeKey) -> str:
    return make_key(bob, Scope.GENERATE, Scope.READ, Scope.USAGE)[1]


def last_used(org: Organization) -> datetime | None:
    with tenancy.tenant(org.pk):
        return ApiKey.objects.get().last_used_at


def change(org: Organization, **values: Any) -> None:
    with tenancy.tenant(org.pk):
        ApiKey.objects.update(**values)


def assert_refused(token: str) -> None:
    with nothing_changes():
        answer = ask(token)
    assert (answer.status_code, answer.json()) == (401, REFUSED)
    assert answer["WWW-Authenticate"] == 'Bearer realm="Darkroom"'


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
def test_it_works(scheme: str, token: str) -> None:
    assert ask(token, scheme=scheme).json()["organization"] == {"slug": "acme", "name": "Acme"}


def test_a_revoked_key_is_refused(acme: Organization, token: str) -> None:
    change(acme, revoked_at=timezone.now())
    assert_refused(token)


def test_an_expired_key_is_refused_and_one_that_expires_soon_is_not(acme: Organization, token: str) -> None:
    change(acme, expires_at=timezone.now() + timedelta(seconds=30))
    assert status_of(token) == 200
    change(acme, expires_at=timezone.now())
    assert_refused(token)


def test_what_is_no_key_is_refused(acme: Organization, token: str) -> None:
    swapped = "A" if token[20] != "A" else "B"
    for text in (
        "",
        "x",
        token[:-1],
        f"{token}x",
        f"{token[:20]}{swapped}{token[21:]}",
        f"{token[:-1]}{'0' if token[-1] != '0' else '1'}",
        token.swapcase(),
        f"di{token[2:]}",
        tokens.new_token().token,
        "dk_00000000_" + "0" * 49,
        "'; DROP TABLE accounts_apikey; --",
        "ключ",
        "a" * 10_000,
    ):
        assert_refused(text)


def test_a_wrong_checksum_does_not_ask_the_database(
    acme: Organization, token: str, django_assert_num_queries: Any
) -> None:
    with django_assert_num_queries(0):
        assert status_of(f"{token[:-1]}{'0' if token[-1] != '0' else '1'}") == 401


def test_the_hash_is_no_key(acme: Organization, token: str) -> None:
    assert_refused(tokens.hash_token(token))


@pytest.mark.parametrize("scheme", ["Basic", "Token", "Api-Key", "Bearer:", "bearerx"])
def test_another_scheme_is_refused(scheme: str, token: str) -> None:
    with nothing_changes():
        assert ask(token, scheme=scheme).status_code == 401


def test_a_key_in_an_address_a_cookie_or_another_header_is_refused(token: str) -> None:
    client = Client()
    with nothing_changes():
        for name in ("key", "api_key", "token", "access_token", "Authorization"):
            assert client.get("/api/v1/key", {name: token}).status_code == 401
            client.cookies[name] = token
        assert client.get("/api/v1/key").status_code == 401
        assert client.get("/api/v1/key", headers={"X-Api-Key": token}).status_code == 401


def test_a_session_is_no_key(acme: Organization, alice: User) -> None:
    client = Client()
    client.force_login(alice)
    assert client.get("/api/v1/key").status_code == 401


def test_a_key_is_no_session(token: str) -> None:
    answer = Client().get("/o/acme/keys/", headers={"Authorization": f"Bearer {token}"})
    assert answer["Location"].startswith("/accounts/login/")


def test_asking_is_by_get_alone(token: str) -> None:
    with nothing_changes():
        answer = Client().post("/api/v1/key", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 405


def test_a_maker_who_is_no_member_has_no_keys(acme: Organization, bob: User, token: str) -> None:
    with tenancy.tenant(acme.pk):
        Membership.objects.filter(user=bob).delete()
    assert_refused(token)


def test_a_maker_who_may_not_sign_in_has_no_keys(bob: User, token: str) -> None:
    User.objects.filter(pk=bob.pk).update(is_active=False)
    assert_refused(token)


@pytest.mark.parametrize("field", ["suspended_at", "deleted_at"])
def test_an_organization_out_of_use_has_no_keys(field: str, acme: Organization, token: str) -> None:
    with tenancy.tenant(acme.pk):
        Organization.objects.update(**{field: timezone.now()})
    assert_refused(token)


def call(scope: Scope, token: str) -> tuple[int, Any]:
    """A call to a page of the API that asks for this scope; answers what the page saw."""

    @key_required(scope)
    def page(request: KeyRequest) -> JsonResponse:
        return JsonResponse({"org": request.org.slug, "role": request.member.role, "maker": request.member.user.name})

    request = RequestFactory().get("/api/v1/any", headers={"Authorization": f"Bearer {token}"})
    answer: Any = page(request)
    import json

    return answer.status_code, json.loads(answer.content)


@pytest.mark.parametrize("has", list(Scope))
@pytest.mark.parametrize("asks", list(Scope))
def test_a_key_opens_just_its_scopes(has: Scope, asks: Scope, adam: User, make_key: MakeKey) -> None:
    _, token = make_key(adam, has)
    if has == asks:
        assert call(asks, token) == (200, {"org": "acme", "role": "admin", "maker": "Adam"})
    else:
        with nothing_changes():
            status, body = call(asks, token)
        assert (status, body["error"]["code"]) == (403, "scope_missing")
        assert body["error"]["message"] == f"This key does not have the scope {asks.value}."


def test_a_key_shrinks_and_grows_with_its_maker_s_role(acme: Organization, bob: User, token: str) -> None:
    def statuses(role: Role) -> dict[str, int]:
        with tenancy.tenant(acme.pk):
            Membership.objects.filter(user=bob).update(role=role)
        return {scope.value: call(scope, token)[0] for scope in Scope}

    change(acme, scopes=list(Scope))  # as if they had been an admin when they made it
    assert statuses(Role.VIEWER) == {"generate": 403, "read": 200, "usage": 403, "manage": 403}
    assert statuses(Role.MEMBER) == {"generate": 200, "read": 200, "usage": 200, "manage": 403}
    assert statuses(Role.OWNER) == {"generate": 200, "read": 200, "usage": 200, "manage": 200}


def test_a_page_runs_inside_the_wall_of_the_key_s_organization(
    acme: Organization, rival: Organization, charlie: User, token: str
) -> None:
    seen: list[Any] = []

    @key_required(Scope.READ)
    def page(request: KeyRequest) -> JsonResponse:
        seen.extend([set(Organization.objects.values_list("slug", flat=True)), Membership.objects.count()])
        return JsonResponse({})

    page(RequestFactory().get("/", headers={"Authorization": f"Bearer {token}"}))
    assert seen == [{"acme"}, 2]
    assert tenancy.current() == {}


def test_another_organization_s_key_does_not_see_acme(acme: Organization, rival: Organization, charlie: User) -> None:
    from accounts import api_keys

    with tenancy.tenant(rival.pk):
        _, theirs = api_keys.make(org=rival, by=must_be_member(rival, charlie), name="Theirs", scopes=list(Scope))
    answer = ask(theirs)
    assert answer.json()["organization"]["slug"] == "rival"
    assert "cme" not in answer.content.decode()
    with tenancy.presented(tokens.hash_token(theirs)):
        assert list(ApiKey.objects.values_list("name", flat=True)) == ["Theirs"]
        assert Membership.objects.count() == 0


def test_use_is_noted_once_a_minute(acme: Organization, token: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert last_used(acme) is None
    assert status_of(token) == 200
    first = last_used(acme)
    assert first is not None
    with nothing_changes():
        assert status_of(token) == 200
    later = first + timedelta(seconds=61)
    change(acme, last_used_at=first - timedelta(seconds=61))
    assert status_of(token) == 200
    noted = last_used(acme)
    assert noted is not None
    assert first <= noted < later


def test_a_refused_use_is_not_noted(acme: Organization, bob: User, make_key: MakeKey) -> None:
    _, token = make_key(bob, Scope.USAGE)
    assert status_of(token) == 403
    assert last_used(acme) is None
