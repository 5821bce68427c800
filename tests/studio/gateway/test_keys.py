"""Whose key it is, and what it may: at every URL of the gateway the same."""

from datetime import timedelta

import openai
import pytest
from django.test import Client
from django.utils import timezone

from accounts import api_keys
from accounts.models import ApiKey, Membership, Organization, Role, Scope, User
from accounts.people import members
from saas.database import tenancy
from studio.models import Run
from tests.conftest import must_be_member
from tests.studio.api.keys import program
from tests.studio.gateway.inside import Inside, sdk

pytestmark = pytest.mark.django_db


def refusal(org: Organization, by: User, key: str) -> openai.APIStatusError:
    """Of a picture; afterwards there is none."""
    with pytest.raises(openai.APIStatusError) as refused:
        sdk(Inside(), org, by, key=key).images.generate(prompt="a lamp", model="gpt-image-2")
    with tenancy.tenant(org.pk):
        assert not Run.objects.filter(org=org).exists()
    return refused.value


def change(org: Organization, **values: object) -> None:
    with tenancy.tenant(org.pk):
        ApiKey.objects.update(**values)


@pytest.mark.parametrize("field", ["expires_at", "revoked_at"])
def test_a_key_that_has_ended_opens_nothing(acme: Organization, bob: User, field: str) -> None:
    key = program(acme, bob).token
    change(acme, **{field: timezone.now() - timedelta(seconds=1)})
    refused = refusal(acme, bob, key)
    assert (refused.status_code, refused.code, refused.type) == (401, "invalid_api_key", "invalid_request_error")
    assert refused.response.headers["www-authenticate"] == 'Bearer realm="Darkroom"'
    assert key not in refused.message


@pytest.mark.parametrize("key", ["sk-proj-abc", "dk_00000000_" + "0" * 49, "ключ", "a" * 9000])
def test_what_is_no_key_opens_nothing(acme: Organization, key: str) -> None:
    answer = Client().get("/v1/models", headers={"Authorization": f"Bearer {key}"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (401, "invalid_api_key")


@pytest.mark.parametrize("header", ["", "Basic abc", "Bearer", "Bearer  "])
def test_without_a_key_openai_says_how_to_send_one(db: None, header: str) -> None:
    answer = Client().get("/v1/models", headers={"Authorization": header} if header else {})
    assert answer.status_code == 401
    assert answer.json()["error"]["message"].startswith("You didn't provide an API key.")


def test_a_key_of_others_sees_and_makes_nothing_here(
    acme: Organization, bob: User, rival: Organization, charlie: User
) -> None:
    ours, theirs = sdk(Inside(), acme, bob), sdk(Inside(), rival, charlie)
    given = ours.files.create(file=("a.png", _photo(), "image/png"), purpose="vision")
    with pytest.raises(openai.NotFoundError) as file:
        theirs.files.retrieve(given.id)
    assert file.value.code == "file_not_found"
    body = {"prompt": "at night", "model": "gpt-image-2", "images": [{"file_id": given.id}]}
    with pytest.raises(openai.NotFoundError) as edit:
        theirs.post("/images/edits", body=body, cast_to=object)
    assert edit.value.code == "file_not_found"
    with tenancy.tenant(rival.pk):
        assert not Run.objects.filter(org=rival).exists()


def _photo() -> bytes:
    from tests.support.fake_provider import png

    return png(64, 64)


def test_a_key_whose_maker_lost_the_role_makes_nothing_more(acme: Organization, alice: User, bob: User) -> None:
    key = program(acme, bob).token
    with tenancy.tenant(acme.pk):
        Membership.objects.filter(org=acme, user=bob).update(role=Role.VIEWER)
    refused = refusal(acme, bob, key)
    assert (refused.status_code, refused.code) == (403, "insufficient_permissions")
    assert isinstance(refused, openai.PermissionDeniedError)
    assert sdk(Inside(), acme, bob, key=key).models.list().data


def test_a_key_whose_maker_left_opens_nothing(acme: Organization, alice: User, bob: User) -> None:
    key = program(acme, bob).token
    with tenancy.tenant(acme.pk):
        members.remove(member=must_be_member(acme, bob), by=must_be_member(acme, alice))
    assert refusal(acme, alice, key).status_code == 401


def test_a_suspended_organizations_keys_open_nothing(acme: Organization, alice: User, bob: User) -> None:
    key = program(acme, bob).token
    with tenancy.tenant(acme.pk):
        Organization.objects.filter(pk=acme.pk).update(suspended_at=timezone.now())
    assert refusal(acme, alice, key).status_code == 401


def test_a_key_without_the_scope_is_told_which(acme: Organization, bob: User) -> None:
    refused = refusal(acme, bob, program(acme, bob, Scope.READ).token)
    assert (refused.status_code, refused.code) == (403, "insufficient_permissions")
    assert "Missing scopes: generate." in refused.message


@pytest.mark.parametrize("path", ["models", "images/generations", "images/edits", "responses", "files", "nothing/here"])
def test_a_key_in_any_address_is_refused(acme: Organization, bob: User, path: str) -> None:
    key = program(acme, bob).token
    answer = Client().get(f"/v1/{path}?api_key={key}", headers={"Authorization": f"Bearer {key}"})
    assert answer.status_code in ({404} if path == "nothing/here" else {401})
    assert key not in answer.content.decode()


def test_a_revoked_key_is_refused_at_the_next_call(acme: Organization, bob: User) -> None:
    key = program(acme, bob).token
    client = sdk(Inside(), acme, bob, key=key)
    assert client.models.list().data
    with tenancy.tenant(acme.pk):
        api_keys.revoke(key=ApiKey.objects.get(org=acme), by=must_be_member(acme, bob))
    with pytest.raises(openai.AuthenticationError):
        client.models.list()
