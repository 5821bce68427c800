"""bin/manage rotate_encryption_keys: everything sealed is sealed anew, in every organization."""

import io
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.core.management import call_command

from accounts.connections import registry
from accounts.models import Organization, ProviderConnection, User
from saas.crypto import sealing
from saas.database import tenancy
from tests.accounts.conftest import PROVIDER_KEY, Connect
from tests.support.snapshot import nothing_changes

NEW = "bmV3IG5ldyBuZXcgbmV3IG5ldyBuZXcgbmV3IG5ldyE="


def rotate() -> str:
    out = io.StringIO()
    call_command("rotate_encryption_keys", stdout=out)
    return out.getvalue().strip()


def key_of(org: Organization, made: ProviderConnection) -> str:
    with tenancy.tenant(org.pk):
        found = ProviderConnection.objects.select_related("org").get(pk=made.pk)
    return registry.reveal_key(found).reveal()


def test_after_it_the_old_key_can_be_dropped(
    acme: Organization, alice: User, rival: Organization, connect: Connect, settings: Any
) -> None:
    made, secret = connect(), generate_totp_secret()
    TOTP.activate(alice, secret)
    codes = RecoveryCodes.activate(alice).get_unused_codes()
    settings.ENCRYPTION_KEYS = [NEW, *settings.ENCRYPTION_KEYS]
    assert rotate() == "Encrypted again: 1 provider keys, 2 second factors, 0 mails."
    settings.ENCRYPTION_KEYS = [NEW]
    assert key_of(acme, made) == PROVIDER_KEY
    totp = Authenticator.objects.get(type="totp")
    assert sealing.unseal(totp.data["secret"], context="second-factor").reveal() == secret
    recovery = Authenticator.objects.get(type="recovery_codes")
    assert RecoveryCodes(recovery).get_unused_codes() == codes


def test_asked_again_it_changes_nothing(acme: Organization, alice: User, connect: Connect) -> None:
    connect()
    TOTP.activate(alice, generate_totp_secret())
    with nothing_changes():
        assert rotate() == "Encrypted again: 0 provider keys, 0 second factors, 0 mails."


def test_a_second_factor_lies_sealed_in_the_database(alice: User) -> None:
    secret = generate_totp_secret()
    TOTP.activate(alice, secret)
    RecoveryCodes.activate(alice)
    kept = str(list(Authenticator.objects.values("data")))
    assert secret not in kept
    for code in RecoveryCodes(Authenticator.objects.get(type="recovery_codes")).get_unused_codes():
        assert code not in kept


def test_a_value_that_no_key_opens_stops_it_and_changes_nothing(
    acme: Organization, connect: Connect, settings: Any
) -> None:
    connect()
    settings.ENCRYPTION_KEYS = [NEW]
    with nothing_changes(), pytest.raises(sealing.CannotUnseal):
        rotate()


def test_a_fresh_key_can_be_used_at_once(db: None, settings: Any) -> None:
    out = io.StringIO()
    call_command("new_encryption_key", stdout=out)
    sealing.check_keys([out.getvalue().strip()])
