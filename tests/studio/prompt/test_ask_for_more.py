"""Refused, asked, granted, started: through the pages."""

from typing import Any

import pytest
from django.test import Client

from accounts.models import Ask, LimitAlert, Organization, Subject, User
from saas.database import tenancy
from studio.models import Run
from tests.conftest import SignIn
from tests.support.text_holds import allow

pytestmark = pytest.mark.django_db
WISH = {"prompt": "A lamp on a table", "size": "1024x1536", "quality": "low", "n": "2", "model": "gpt-image-2"}


def generate(client: Client, **changes: str) -> Any:
    return client.post("/o/acme/runs/", {**WISH, **changes})


def runs_of(org: Organization) -> list[Run]:
    with tenancy.tenant(org.pk):
        return list(Run.objects.filter(org=org))


def asked(org: Organization) -> Ask:
    with tenancy.tenant(org.pk):
        return Ask.objects.get()


@pytest.fixture
def member(acme: Organization, alice: User, bob: User, sign_in: SignIn) -> Client:
    """Bob, whom a limit has just refused."""
    allow(acme, alice, Subject.MEMBER, user=bob, images_day=1)
    client = sign_in(bob)
    answer = generate(client)
    assert answer.status_code == 422
    assert "Your daily limit has 1 picture left, and this needs 2 pictures" in answer.content.decode()
    assert "/o/acme/ask/" in answer.content.decode()
    return client


def test_what_is_granted_starts_by_itself_with_all_that_was_wished(
    acme: Organization, alice: User, adam: User, bob: User, member: Client, sign_in: SignIn
) -> None:
    assert runs_of(acme) == []
    assert "A lamp on a table" in member.get("/o/acme/ask/").content.decode()
    assert member.post("/o/acme/ask/", {"reason": "For the fair."}).status_code == 302
    admin = sign_in(adam)
    assert "For the fair." in admin.get("/o/acme/limits/").content.decode()
    url = f"/o/acme/asks/{asked(acme).code}/answer/"
    assert "the run has started" in admin.post(url, {"answer": "once"}, follow=True).content.decode()
    (run,) = runs_of(acme)
    assert (run.maker_id, run.prompt, run.count, run.asked["size"]) == (bob.pk, "A lamp on a table", 2, "1024x1536")
    assert "already been answered" in admin.post(url, {"answer": "lasting"}, follow=True).content.decode()
    assert len(runs_of(acme)) == 1
    assert generate(member).status_code == 422  # once is once


def test_lasting_lets_the_next_one_in_too(acme: Organization, alice: User, member: Client, sign_in: SignIn) -> None:
    member.post("/o/acme/ask/", {"reason": ""})
    sign_in(alice).post(f"/o/acme/asks/{asked(acme).code}/answer/", {"answer": "lasting"})
    assert len(runs_of(acme)) == 1
    assert generate(member, n="1").status_code == 422  # today's are used up, tomorrow there are two


def test_declined_starts_nothing(acme: Organization, alice: User, member: Client, sign_in: SignIn) -> None:
    member.post("/o/acme/ask/", {"reason": ""})
    sign_in(alice).post(f"/o/acme/asks/{asked(acme).code}/answer/", {"answer": "decline"})
    assert runs_of(acme) == []
    assert asked(acme).state == "declined"


def test_where_another_limit_is_in_the_way_it_is_said(
    acme: Organization, alice: User, member: Client, sign_in: SignIn
) -> None:
    member.post("/o/acme/ask/", {"reason": ""})
    allow(acme, alice, Subject.ORGANIZATION, money_month=0)
    answer = sign_in(alice).post(f"/o/acme/asks/{asked(acme).code}/answer/", {"answer": "once"}, follow=True)
    assert "something else is in its way" in answer.content.decode()
    assert runs_of(acme) == []


def test_a_refusal_is_told_as_all_used_up_once(acme: Organization, member: Client) -> None:
    generate(member)
    with tenancy.tenant(acme.pk):
        assert list(LimitAlert.objects.values_list("percent", "subject")) == [(100, "member")]


def test_without_a_refusal_there_is_nothing_to_ask_for(acme: Organization, bob: User, sign_in: SignIn) -> None:
    client = sign_in(bob)
    assert "None of your runs was refused" in client.get("/o/acme/ask/").content.decode()
    assert client.post("/o/acme/ask/", {"reason": "just so"}).status_code == 422
    with tenancy.tenant(acme.pk):
        assert not Ask.objects.exists()


def test_a_member_cannot_grant_and_a_stranger_finds_nothing(
    acme: Organization, rival: Organization, member: Client, charlie: User, sign_in: SignIn
) -> None:
    member.post("/o/acme/ask/", {"reason": ""})
    code = asked(acme).code
    assert member.post(f"/o/acme/asks/{code}/answer/", {"answer": "once"}).status_code == 403
    assert sign_in(charlie).post(f"/o/rival/asks/{code}/answer/", {"answer": "once"}).status_code == 404
    assert asked(acme).state == "open"
    assert runs_of(acme) == []
