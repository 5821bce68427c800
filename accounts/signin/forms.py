"""Adapt allauth's forms: their labels, who may sign up, where a reset goes, and codes that work once."""

from typing import Any

from allauth.account import forms
from allauth.account.models import EmailAddress
from allauth.core import context
from allauth.core.internal.cryptokit import compare_user_code
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base import forms as second_factor_forms
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from allauth.mfa.utils import decrypt
from django.core.exceptions import ValidationError
from django.db import transaction

from accounts.models import User
from accounts.people import sign_up_rules


class SaysEmail:
    fields: dict[str, Any]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("login", "email"):
            if name in self.fields:
                self.fields[name].label = "E-mail"
        for field in self.fields.values():
            field.widget.attrs.pop("placeholder", None)  # the label says the same


class LoginForm(SaysEmail, forms.LoginForm):  # type: ignore[misc]  # allauth is untyped
    pass


class SignupForm(SaysEmail, forms.SignupForm):  # type: ignore[misc]  # allauth is untyped
    def clean_email(self) -> str:
        email: str = super().clean_email()
        if not sign_up_rules.may_use(context.request, email):
            raise ValidationError(
                f"Sign-up is by invitation. Yours is for {sign_up_rules.invited_address(context.request)}."
            )
        return email


class AddEmailForm(SaysEmail, forms.AddEmailForm):  # type: ignore[misc]  # allauth is untyped
    pass


class ResetPasswordForm(SaysEmail, forms.ResetPasswordForm):  # type: ignore[misc]  # allauth is untyped
    users: list[User]

    def clean_email(self) -> str:
        """Send the reset only to an address that its account has confirmed, or to the only one of an account that has
        confirmed none. An address that was added and never confirmed may be mistyped, and belong to another person."""
        email: str = super().clean_email()
        self.users = [user for user in self.users if _may_open(user, email)]
        return email


def _may_open(user: User, email: str) -> bool:
    confirmed = {address.email for address in EmailAddress.objects.filter(user=user, verified=True)}
    return email.lower() in (confirmed or {user.email})


class CodeOnce:
    """A form whose app code works once; no older code works afterwards. allauth remembers used codes only in the cache,
    which may lose them within the code's half minute."""

    authenticator: Authenticator

    def clean_code(self) -> str:
        code: str = super().clean_code()  # type: ignore[misc]  # allauth's form, beside which this stands
        if self.authenticator.type == Authenticator.Type.TOTP and not _is_first_use(self.authenticator, code):
            raise get_adapter().validation_error("incorrect_code")
        return code


class AuthenticateForm(CodeOnce, second_factor_forms.AuthenticateForm):  # type: ignore[misc]  # allauth is untyped
    pass


class ReauthenticateForm(CodeOnce, second_factor_forms.ReauthenticateForm):  # type: ignore[misc]  # allauth is untyped
    pass


NEWEST_STEP = "newest_step"  # counts half minutes since 1970: the one whose code was used last


def _is_first_use(authenticator: Authenticator, code: str) -> bool:
    with transaction.atomic():
        row = Authenticator.objects.select_for_update(no_key=True).get(pk=authenticator.pk)
        step = _step_of(decrypt(row.data["secret"]), code)
        if step is None or step <= row.data.get(NEWEST_STEP, 0):
            return False
        row.data[NEWEST_STEP] = step
        row.save(update_fields=["data"])
    authenticator.data = row.data
    return True


def _step_of(secret: str, code: str) -> int | None:
    """Return the half minute that the code is of. The code was checked a moment ago, so its half minute may have ended
    since."""
    steps: list[int] = list(yield_hotp_counters_from_time())
    for step in (*steps, steps[0] - 1):
        if compare_user_code(actual=code, expected=format_hotp_value(hotp_value(secret, step))):
            return step
    return None
