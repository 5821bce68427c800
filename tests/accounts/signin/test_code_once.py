"""A code of an authenticator app opens once, also where the cache that remembers it has lost its memory."""

import time

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, generate_totp_secret, hotp_value
from django.test import Client

from accounts.models import User
from saas.crypto import sealing
from tests.conftest import PASSWORD
from tests.support.snapshot import together

STEP_SECONDS = 30


@pytest.fixture(autouse=True)
def _cache_remembers_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(TOTP, "_mark_code_used", lambda *_: True)


@pytest.fixture
def noon(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time by allauth's clock, which stands still."""
    now = [time.time() // STEP_SECONDS * STEP_SECONDS]
    monkeypatch.setattr("allauth.mfa.totp.internal.auth.time.time", lambda: now[0])
    return now


@pytest.fixture
def secret(alice: User) -> str:
    made: str = generate_totp_secret()
    TOTP.activate(alice, made)
    return made


def code_at(secret: str, moment: float) -> str:
    return str(format_hotp_value(hotp_value(secret, int(moment) // STEP_SECONDS)))


def half_signed_in(user: User) -> Client:
    client = Client()
    answer = client.post("/accounts/login/", {"login": user.email, "password": PASSWORD})
    assert (answer.status_code, answer["Location"]) == (302, "/accounts/2fa/authenticate/")
    return client


def is_let_in(client: Client, code: str) -> bool:
    answer = client.post("/accounts/2fa/authenticate/", {"code": code})
    is_in = "_auth_user_id" in client.session
    assert answer.status_code == (302 if is_in else 200)
    assert is_in or "Incorrect code." in answer.content.decode()
    return is_in


def test_a_code_opens_once_and_the_next_one_again(alice: User, secret: str, noon: list[float]) -> None:
    first = code_at(secret, noon[0])
    assert is_let_in(half_signed_in(alice), first)
    assert not is_let_in(half_signed_in(alice), first)
    noon[0] += STEP_SECONDS
    assert is_let_in(half_signed_in(alice), code_at(secret, noon[0]))
    noon[0] -= STEP_SECONDS  # a machine whose clock is behind
    assert not is_let_in(half_signed_in(alice), first)


def test_a_code_that_signed_in_does_not_prove_anything_again(alice: User, secret: str, noon: list[float]) -> None:
    client, code = half_signed_in(alice), code_at(secret, noon[0])
    assert is_let_in(client, code)
    answer = client.post("/accounts/2fa/reauthenticate/", {"code": code})
    assert (answer.status_code, "Incorrect code." in answer.content.decode()) == (200, True)
    noon[0] += STEP_SECONDS
    assert client.post("/accounts/2fa/reauthenticate/", {"code": code_at(secret, noon[0])}).status_code == 302


def test_what_is_remembered_leaves_the_secret_sealed(alice: User, secret: str, noon: list[float]) -> None:
    assert is_let_in(half_signed_in(alice), code_at(secret, noon[0]))
    data = Authenticator.objects.get(user=alice).data
    assert sealing.unseal(data.pop("secret"), context="second-factor").reveal() == secret
    assert data == {"newest_step": int(noon[0]) // STEP_SECONDS}


def test_a_wrong_code_uses_nothing_up(alice: User, secret: str, noon: list[float]) -> None:
    right = code_at(secret, noon[0])
    wrong = f"{(int(right) + 1) % 10**6:06}"
    assert not is_let_in(half_signed_in(alice), wrong)
    assert "newest_step" not in Authenticator.objects.get(user=alice).data
    assert is_let_in(half_signed_in(alice), right)


def test_recovery_codes_open_as_before(alice: User, secret: str) -> None:
    code = RecoveryCodes.activate(alice).get_unused_codes()[0]
    assert is_let_in(half_signed_in(alice), code)
    assert not is_let_in(half_signed_in(alice), code)


@pytest.mark.django_db(transaction=True)
def test_of_many_at_once_one_is_let_in(alice: User, secret: str, noon: list[float]) -> None:
    clients, code = [half_signed_in(alice) for _ in range(4)], code_at(secret, noon[0])
    found = together(*[lambda client=client: is_let_in(client, code) for client in clients])
    assert sorted(found) == [False, False, False, True]
