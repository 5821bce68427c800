"""Check passkeys and security keys beside allauth's forms: for which page a key has signed, whether its count grows,
and how many keys a person may register. Input from a browser is checked here first, because allauth trusts its form."""

import json
from collections.abc import Mapping
from typing import Any

import structlog
from allauth.core import context
from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn import forms
from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator
from django.db import transaction
from fido2.cose import CoseKey
from fido2.webauthn import AuthenticationResponse, CollectedClientData, RegistrationResponse

from saas.server import origin_check

MOST_KEYS = 20  # of one person; each sign-in reads all of them
LARGEST_CREDENTIAL = 16_000  # characters; mostly certificates of hardware keys
LONGEST_NAME = 80
SIGN_COUNT = "sign_count"  # of a key, in its authenticator's data
ALGORITHM = 3  # the field of a COSE key with its algorithm

log = structlog.get_logger("darkroom.accounts")


class Answered:
    """A form with what a key has signed. `credential` arrives as the browser's JSON and is cleaned into the
    authenticator."""

    cleaned_data: dict[str, Any]

    def clean_credential(self) -> Authenticator:
        answer = _read(AuthenticationResponse, self.cleaned_data["credential"])
        _refuse_other_pages(answer.response.client_data)
        authenticator: Authenticator = super().clean_credential()  # type: ignore[misc]  # allauth's form
        if not _counts_on(authenticator, answer.response.authenticator_data.counter):
            log.warning(
                "the key's counter did not increase; the key may have been copied", authenticator=authenticator.pk
            )
            raise _refusal()
        return authenticator


class LoginForm(Answered, forms.LoginWebAuthnForm):  # type: ignore[misc]  # allauth is untyped
    pass


class AuthenticateForm(Answered, forms.AuthenticateWebAuthnForm):  # type: ignore[misc]  # allauth is untyped
    pass


class ReauthenticateForm(Answered, forms.ReauthenticateWebAuthnForm):  # type: ignore[misc]  # allauth is untyped
    pass


class AddForm(forms.AddWebAuthnForm):  # type: ignore[misc]  # allauth is untyped
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].max_length = LONGEST_NAME
        self.fields["name"].validators.append(MaxLengthValidator(LONGEST_NAME))

    def clean_credential(self) -> dict[str, Any]:
        credential: dict[str, Any] = self.cleaned_data["credential"]
        made = _read(RegistrationResponse, credential)
        _refuse_other_pages(made.response.client_data)
        if not _can_sign_in(made) or len(json.dumps(credential)) > LARGEST_CREDENTIAL:
            raise _refusal()
        if Authenticator.objects.filter(user=self.user, type=Authenticator.Type.WEBAUTHN).count() >= MOST_KEYS:
            raise ValidationError(
                f"You have {MOST_KEYS} keys, the most that an account can have. Remove one that you no longer use."
            )
        return credential


def _read(kind: Any, credential: object) -> Any:
    """Parse what the browser sent. It may be anything, and the parser raises many kinds of errors on it."""
    try:
        return kind.from_dict(credential)
    except Exception:
        raise _refusal() from None


def _can_sign_in(made: RegistrationResponse) -> bool:
    """Return whether pages can show this key, and later sign-ins verify it."""
    key = made.response.attestation_object.auth_data.credential_data
    if key is None or key.credential_id != made.raw_id:
        return False
    is_verifiable = key.public_key.get(ALGORITHM) in CoseKey.supported_algorithms()
    return is_verifiable and isinstance(made.client_extension_results.get("credProps", {}), Mapping)


def _refuse_other_pages(client_data: CollectedClientData) -> None:
    """Refuse a signature for a page of another site. fido2 ignores the port, allows every subdomain, and is not asked
    at all where Darkroom runs without TLS."""
    host = context.request.get_host()
    if client_data.cross_origin or not origin_check.is_ours(client_data.origin, [host]):
        raise _refusal()


def _counts_on(authenticator: Authenticator, count: int) -> bool:
    """Store the key's count of its signatures. Return False if the count has not grown: the key may have been copied. A
    count that is always zero, as of keys synchronized between devices, proves nothing and passes."""
    with transaction.atomic():
        row = Authenticator.objects.select_for_update(no_key=True).filter(pk=authenticator.pk).first()
        if row is None:
            return False  # removed a moment ago
        before = row.data.get(SIGN_COUNT, row.wrap().authenticator_data.counter)
        if count == before == 0:
            return True
        if count <= before:
            return False
        row.data[SIGN_COUNT] = count
        row.save(update_fields=["data"])
    authenticator.data = row.data
    return True


def _refusal() -> ValidationError:
    refusal: ValidationError = get_adapter().validation_error("incorrect_code")
    return refusal
