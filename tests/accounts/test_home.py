"""Where a person lands."""

from django.test import Client

from accounts.models import Organization, Role, User
from accounts.people import organizations
from tests.accounts.conftest import InviteSomebody, Post
from tests.conftest import SignIn, join, make_person


def test_a_stranger_sees_the_landing_page(db: None) -> None:
    answer = Client().get("/")
    assert answer.status_code == 200
    assert "/accounts/signup/" in answer.content.decode()


def test_who_has_no_organization_is_asked_to_found_one(dora: User, sign_in: SignIn) -> None:
    assert sign_in(dora).get("/")["Location"] == "/o/new/"


def test_who_has_one_lands_there(acme: Organization, bob: User, sign_in: SignIn) -> None:
    assert sign_in(bob).get("/")["Location"] == "/o/acme/"


def test_of_several_the_first_by_name_is_taken_until_one_was_visited(
    acme: Organization, rival: Organization, bob: User, sign_in: SignIn
) -> None:
    join(rival, bob, Role.VIEWER)
    client = sign_in(bob)
    assert client.get("/")["Location"] == "/o/acme/"
    client.get("/o/rival/")
    assert client.get("/")["Location"] == "/o/rival/"
    client.get("/o/acme/team/")
    assert client.get("/")["Location"] == "/o/acme/"


def test_an_organization_that_was_only_tried_is_not_remembered(
    acme: Organization, rival: Organization, bob: User, sign_in: SignIn
) -> None:
    client = sign_in(bob)
    assert client.get("/o/rival/").status_code == 404
    assert client.get("/")["Location"] == "/o/acme/"


def test_one_that_was_left_is_not_gone_back_to(acme: Organization, rival: Organization, bob: User, post: Post) -> None:
    join(rival, bob, Role.VIEWER)
    client = Client()
    client.force_login(bob)
    client.get("/o/rival/")
    post(client, "/o/rival/team/leave/")
    assert client.get("/")["Location"] == "/o/acme/"


def test_a_suspended_one_is_not_where_a_person_with_another_lands(
    acme: Organization, rival: Organization, bob: User, sign_in: SignIn
) -> None:
    join(rival, bob, Role.VIEWER)
    organizations.suspend(org=acme, by=make_person("Olga", is_staff=True))
    assert sign_in(bob).get("/")["Location"] == "/o/rival/"


def test_a_pending_invitation_comes_first(rival: Organization, charlie: User, invite_somebody: InviteSomebody) -> None:
    _, link = invite_somebody("charlie@example.com")
    client = Client()
    client.get(link)
    client.force_login(charlie)
    assert client.get("/")["Location"] == link
