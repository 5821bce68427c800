"""What failed tries are counted by: no client chooses it."""

from typing import Any

import pytest
from django.test import Client, RequestFactory

from accounts.models import User
from saas.ops import request_info
from tests.conftest import PASSWORD

TOO_MANY = "Too many failed login attempts"


def try_to_sign_in(user: User, password: str, **headers: str) -> tuple[int, bool]:
    """The status, and whether it was refused for its number."""
    answer = Client().post("/accounts/login/", {"login": user.email, "password": password}, **headers)  # type: ignore[arg-type]
    return answer.status_code, TOO_MANY in answer.content.decode()


def test_the_port_in_the_host_does_not_buy_more_tries(alice: User) -> None:
    for number in range(5):
        assert try_to_sign_in(alice, "wrong", HTTP_HOST=f"testserver:{number + 1}") == (200, False)
    for host in ("testserver:6", "testserver", "localhost", "127.0.0.1:80"):
        assert try_to_sign_in(alice, PASSWORD, HTTP_HOST=host) == (200, True)


def test_headers_that_no_trusted_proxy_wrote_do_not_buy_more_tries(alice: User, bob: User) -> None:
    for number in range(10):
        names = ("X_FORWARDED_FOR", "X_REAL_IP", "FORWARDED", "CF_CONNECTING_IP", "TRUE_CLIENT_IP", "X_CLIENT_IP")
        headers = {f"HTTP_{name}": f"198.51.100.{number}" for name in names}
        user = alice if number < 5 else bob
        assert try_to_sign_in(user, "wrong", **headers) == (200, False)
    dora = User.objects.create_user("dora@example.com", PASSWORD)
    assert try_to_sign_in(dora, PASSWORD, HTTP_X_FORWARDED_FOR="198.51.100.99") == (200, True)


def test_the_addresses_of_one_ipv6_network_count_as_one(alice: User, bob: User) -> None:
    for number in range(10):
        user = alice if number < 5 else bob
        assert try_to_sign_in(user, "wrong", REMOTE_ADDR=f"2001:db8:1:2::{number + 1:x}") == (200, False)
    dora = User.objects.create_user("dora@example.com", PASSWORD)
    assert try_to_sign_in(dora, PASSWORD, REMOTE_ADDR="2001:db8:1:2:ffff::1") == (200, True)
    assert try_to_sign_in(dora, "wrong", REMOTE_ADDR="2001:db8:1:3::1") == (200, False)


@pytest.mark.parametrize(
    ("forwarded", "expected"),
    [
        ("", "192.0.2.1"),
        ("198.51.100.7", "198.51.100.7"),
        ("1.1.1.1, 198.51.100.7", "198.51.100.7"),
        ("1.1.1.1,,198.51.100.7,", "198.51.100.7"),
        ("198.51.100.7:5678", "198.51.100.7"),
        ("[2001:db8::7]:5678", "2001:db8::7"),
        ("2001:db8::7", "2001:db8::7"),
        ("fe80::1%eth0", "fe80::1"),
    ],
)
def test_the_nearest_proxy_names_the_client(settings: Any, forwarded: str, expected: str) -> None:
    settings.TRUSTED_PROXIES = 1
    request = RequestFactory().get("/", REMOTE_ADDR="192.0.2.1", HTTP_X_FORWARDED_FOR=forwarded)
    assert request_info.client_address(request) == expected


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        ("::1", "::"),
    ],
)
def test_what_counts_as_one_client(address: str, expected: str) -> None:
    assert request_info.network_of(address) == expected


@pytest.mark.parametrize(
    ("location", "expected"),
    [
        ("/accounts/", "http://testserver/accounts/"),
        ("https://evil.example/accounts/?a=b#c", "http://testserver/accounts/?a=b#c"),
        ("//evil.example/accounts/", "http://testserver/accounts/"),
        ("////evil.example/", "http://testserver/evil.example/"),
        ("http:evil", "http://testserver/evil"),
        ("", "http://testserver/"),
    ],
)
def test_an_address_of_ours_begins_with_public_url(location: str, expected: str) -> None:
    assert request_info.public_url(location) == expected


@pytest.mark.django_db(transaction=True)  # mails go out on commit
def test_the_host_does_not_lead_a_mail_elsewhere(mailoutbox: list[object], alice: User) -> None:
    for email, page in ((alice.email, "password/reset/"), ("new@example.com", "password/reset/")):
        Client().post(f"/accounts/{page}", {"email": email}, HTTP_HOST="localhost:1234")
    bodies = [str(getattr(mail, "body")) for mail in mailoutbox]  # noqa: B009 mails are untyped here
    assert len(bodies) == 2
    assert all("http://testserver/accounts/" in body and "localhost" not in body for body in bodies)
