"""A person's own page, and the look."""

import pytest
from django.test import Client

from accounts.models import Organization, User
from tests.accounts.conftest import Post
from tests.conftest import SignIn
from tests.support.snapshot import nothing_changes


def test_a_person_changes_their_name_and_nothing_else(dora: User, post: Post) -> None:
    answer = post(dora, "/me/", {"name": " Dora Maar ", "email": "x@example.com", "is_staff": "on", "look": "crayon"})
    assert answer["Location"] == "/me/"
    dora.refresh_from_db()
    assert (dora.name, dora.email, dora.is_staff, dora.look) == ("Dora Maar", "dora@example.com", False, "system")


@pytest.mark.parametrize("name", ["a" * 81, "two\nlines", "nul\x00", "bell\x07"])
def test_a_bad_name_is_refused(name: str, dora: User, post: Post) -> None:
    with nothing_changes():
        assert post(dora, "/me/", {"name": name}).status_code == 422


def test_a_name_may_be_empty_and_the_address_stands_in(dora: User, post: Post) -> None:
    post(dora, "/me/", {"name": ""})
    dora.refresh_from_db()
    assert (dora.name, dora.display_name) == ("", "dora")


def test_the_page_lists_one_s_own_organizations(
    acme: Organization, rival: Organization, bob: User, sign_in: SignIn
) -> None:
    page = sign_in(bob).get("/me/").content.decode()
    assert "/o/acme/" in page
    assert "rival" not in page.lower()


@pytest.mark.parametrize("look", ["system", "gallery", "darkroom", "crayon"])
def test_a_look_is_kept_with_the_person(look: str, dora: User, post: Post) -> None:
    assert post(dora, "/me/look/", {"look": look})["Location"] == "/"
    dora.refresh_from_db()
    assert dora.look == look


def test_a_look_is_kept_in_the_session_of_who_is_not_signed_in(db: None) -> None:
    client = Client()
    client.post("/me/look/", {"look": "crayon"})
    assert 'data-look="crayon"' in client.get("/").content.decode()
    assert 'data-look="system"' in Client().get("/").content.decode()


@pytest.mark.parametrize("look", ["", "neon", "DARKROOM", "../x", "crayon "])
def test_a_look_that_does_not_exist_is_refused(look: str, dora: User, post: Post) -> None:
    with nothing_changes():
        assert post(dora, "/me/look/", {"look": look})["Location"] == "/"


def test_the_look_changes_by_post_alone(dora: User, sign_in: SignIn) -> None:
    with nothing_changes():
        assert sign_in(dora).get("/me/look/", {"look": "crayon"}).status_code == 405


@pytest.mark.parametrize("back", ["/o/acme/keys/", "/me/", "http://testserver/me/", "/?a=b"])
def test_the_person_comes_back_to_where_they_were(back: str, dora: User, post: Post) -> None:
    path = back.removeprefix("http://testserver")
    assert post(dora, "/me/look/", {"look": "crayon", "next": back})["Location"] == path
    assert post(dora, "/me/look/", {"look": "crayon"}, referer=back)["Location"] == path


@pytest.mark.parametrize(
    "back",
    [
        "https://evil.example/",
        "//evil.example/",
        "///evil.example/",
        "\\\\evil.example/",
        "/\\evil.example/",
        "http:///evil.example",
        "javascript:alert(1)",
        "http://testserver@evil.example/",
        "http://testserver.evil.example/",
        "\x08//evil.example",
        "ftp://testserver/",
    ],
)
def test_nobody_is_sent_to_another_site(back: str, dora: User, post: Post) -> None:
    assert post(dora, "/me/look/", {"look": "crayon", "next": back})["Location"] == "/"
    assert post(dora, "/me/look/", {"look": "crayon"}, referer=back)["Location"] == "/"
