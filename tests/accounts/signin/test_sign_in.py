"""Signing in is throttled."""

import pytest
from django.test import Client

from accounts.models import Organization, User
from tests.conftest import PASSWORD


def sign_in(email: str, password: str, address: str = "192.0.2.1") -> tuple[int, bool]:
    """The status, and whether it let the person in."""
    client = Client(REMOTE_ADDR=address)
    answer = client.post("/accounts/login/", {"login": email, "password": password})
    return answer.status_code, "_auth_user_id" in client.session


@pytest.mark.parametrize("email", ["dora@example.com", "Dora@Example.com"])
def test_the_right_password_lets_in(email: str, dora: User) -> None:
    assert sign_in(email, PASSWORD) == (302, True)


def test_after_five_wrong_passwords_the_right_one_is_refused_too_from_anywhere(dora: User) -> None:
    for number in range(5):
        assert sign_in("dora@example.com", "wrong", f"192.0.2.{number}") == (200, False)
    assert sign_in("dora@example.com", PASSWORD, "192.0.2.9")[1] is False
    assert sign_in("DORA@example.com", PASSWORD, "192.0.2.10")[1] is False


def test_four_wrong_passwords_are_forgiven(dora: User) -> None:
    for _ in range(4):
        sign_in("dora@example.com", "wrong")
    assert sign_in("dora@example.com", PASSWORD) == (302, True)


def test_another_person_is_not_held_up(dora: User, charlie: User) -> None:
    for _ in range(6):
        sign_in("dora@example.com", "wrong", "192.0.2.1")
    assert sign_in("charlie@example.com", PASSWORD, "192.0.2.2") == (302, True)


def test_one_address_that_tries_many_people_is_held_up(dora: User) -> None:
    for number in range(10):
        sign_in(f"nobody{number}@example.com", "wrong", "192.0.2.1")
    assert sign_in("dora@example.com", PASSWORD, "192.0.2.1")[1] is False
    assert sign_in("dora@example.com", PASSWORD, "192.0.2.2") == (302, True)


def test_a_forwarded_address_that_no_trusted_proxy_wrote_is_not_believed(dora: User) -> None:
    for number in range(10):
        Client(REMOTE_ADDR="192.0.2.1").post(
            "/accounts/login/",
            {"login": f"nobody{number}@example.com", "password": "wrong"},
            headers={"X-Forwarded-For": f"198.51.100.{number}"},
        )
    assert sign_in("dora@example.com", PASSWORD, "192.0.2.1")[1] is False


def test_who_does_not_exist_and_who_errs_read_the_same(dora: User) -> None:
    pages = []
    for email in ("dora@example.com", "nobody@example.com"):
        page = Client().post("/accounts/login/", {"login": email, "password": "wrong"}).content.decode()
        assert "The email address and/or password you specified are not correct." in page
        pages.append(page)
    assert len(pages) == 2


def test_who_may_not_sign_in_does_not(acme: Organization, bob: User) -> None:
    User.objects.filter(pk=bob.pk).update(is_active=False)
    assert sign_in("bob@example.com", PASSWORD)[1] is False


def test_a_session_ends_when_the_person_may_not_sign_in(acme: Organization, bob: User) -> None:
    client = Client()
    client.force_login(bob)
    assert client.get("/o/acme/").status_code == 200
    User.objects.filter(pk=bob.pk).update(is_active=False)
    assert client.get("/o/acme/")["Location"].startswith("/accounts/login/")
