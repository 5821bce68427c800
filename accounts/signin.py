"""Where allauth asks us: the form's extra field, addresses already proved by an invitation, and the second factor."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialLogin
from django import forms
from django.contrib.sites.shortcuts import get_current_site
from django.http import HttpRequest

from accounts.forms import single_line
from accounts.models import User
from saas import live, mail, sealing
from saas.transactions import after_commit

SEALING_CONTEXT = "second-factor"
SEALED_FIELDS = ("secret", "seed")  # of a TOTP app, of recovery codes


class SignupForm(forms.Form):
    name = forms.CharField(
        max_length=80,
        label="Your name",
        validators=[single_line],
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )

    field_order = ("name", "email", "password1")

    def signup(self, request: HttpRequest, user: User) -> None:
        user.name = self.cleaned_data["name"].strip()
        user.save(update_fields=["name"])


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth is untyped
    def set_password(self, user: User, password: str) -> None:
        """Every session but the one that did this ends with the old password, and so do their sockets."""
        super().set_password(user, password)
        after_commit(live.announce, live.person_everywhere(user.pk), {"type": "access.ended"})

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """By a worker, like every mail."""
        context = {"request": self.request, "email": email, "current_site": get_current_site(self.request), **context}
        message = self.render_mail(template_prefix, email, context)
        mail.send(subject=message.subject, body=message.body, to=message.to)


class IssuerAdapter(DefaultSocialAccountAdapter):  # type: ignore[misc]  # allauth is untyped
    def populate_user(self, request: HttpRequest, sociallogin: SocialLogin, data: dict[str, Any]) -> User:
        """The issuer's words are as foreign as a form's: one line, no longer than a name may be."""
        user: User = super().populate_user(request, sociallogin, data)
        user.name = " ".join(str(data.get("name") or "").split())[:80]
        return user


class SecondFactorAdapter(DefaultMFAAdapter):  # type: ignore[misc]  # allauth is untyped
    def encrypt(self, text: str) -> str:
        """TOTP secrets and recovery seeds rest sealed, like provider keys."""
        return sealing.seal(text, context=SEALING_CONTEXT)

    def decrypt(self, encrypted_text: str) -> str:
        return sealing.unseal(encrypted_text, context=SEALING_CONTEXT).reveal()

    def get_public_key_credential_rp_entity(self) -> dict[str, Any]:
        return {**super().get_public_key_credential_rp_entity(), "name": "Darkroom"}


def reseal_second_factor(authenticator: Authenticator) -> bool:
    """Seals its secret under the newest encryption key; answers whether anything changed."""
    was_changed = False
    for field in SEALED_FIELDS:
        if field in authenticator.data:
            authenticator.data[field], was_changed = sealing.reseal(authenticator.data[field], context=SEALING_CONTEXT)
    if was_changed:
        authenticator.save(update_fields=["data"])
    return was_changed
