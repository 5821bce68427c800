"""bin/manage demo."""

import io
import json
import re
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from accounts.models import Membership, Organization, User
from saas.database import tenancy
from tests.conftest import make_person
from tests.support.key_calls import ask, status_of
from tests.support.snapshot import nothing_changes


@pytest.fixture
def embedded(db: None, settings: Any) -> None:
    settings.IS_EMBEDDED = True


def demo() -> dict[str, Any]:
    out = io.StringIO()
    call_command("demo", "--json", stdout=out)
    made: dict[str, Any] = json.loads(out.getvalue())
    return made


def signs_in(made: dict[str, Any]) -> bool:
    client = Client()
    client.post("/accounts/login/", {"login": made["email"], "password": made["password"]})
    return "_auth_user_id" in client.session


def test_it_makes_an_owner_who_can_sign_in_and_a_key_with_every_scope(embedded: None) -> None:
    made = demo()
    assert list(made) == ["url", "email", "password", "org", "api_key", "revoked", "password_changed"]
    assert (made["revoked"], made["password_changed"]) == ([], False)
    assert (made["url"], made["org"]) == ("http://testserver", "demo")
    assert signs_in(made)
    answer = ask(made["api_key"]).json()
    assert answer["organization"]["slug"] == "demo"
    assert answer["key"]["scopes"] == ["generate", "manage", "read", "usage"]
    assert answer["maker"]["role"] == "owner"


def test_asked_again_it_finds_the_same_and_gives_a_fresh_password_and_key(embedded: None) -> None:
    first, second = demo(), demo()
    assert (second["email"], second["org"]) == (first["email"], first["org"])
    assert (len(second["revoked"]), second["password_changed"]) == (1, True)
    assert first["api_key"].startswith(second["revoked"][0])
    assert not signs_in(first)
    assert signs_in(second)
    assert status_of(first["api_key"]) == 401
    assert status_of(second["api_key"]) == 200
    assert User.objects.count() == 1
    with tenancy.operator():
        assert Organization.objects.count() == Membership.objects.count() == 1


def test_without_json_it_prints_lines_for_people(embedded: None) -> None:
    first, second = io.StringIO(), io.StringIO()
    call_command("demo", stdout=first)
    call_command("demo", stdout=second)
    assert [line.split()[0] for line in first.getvalue().splitlines()] == ["Open", "E-mail", "Password", "API"]
    revoked, password = second.getvalue().splitlines()[4:]
    assert re.fullmatch(r"Revoked   the key dk_\w+…, which an earlier demo made", revoked)
    assert password == "The earlier password does not work any more."


def test_outside_the_embedded_size_it_refuses(db: None, settings: Any) -> None:
    settings.IS_EMBEDDED = False
    with nothing_changes(), pytest.raises(CommandError, match="embedded size"):
        demo()


def test_it_takes_over_nobody_s_organization(embedded: None) -> None:
    from accounts.people import organizations

    organizations.found(name="Real", slug="demo", by=make_person("Rita"))
    with nothing_changes(), pytest.raises(CommandError, match="has the address"):
        demo()
