"""Where allauth asks us: the form's extra field, addresses already proved by an invitation, and the second factor."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from django import forms
from django.http import HttpRequest

from accounts.models import User
from saas import sealing


class SignupForm(forms.Form):
    name = forms.CharField(max_length=80, label="Your name", widget=forms.TextInput(attrs={"autocomplete": "name"}))

    field_order = ("name", "email", "password1")

    def signup(self, request: HttpRequest, user: User) -> None:
        user.name = self.cleaned_data["name"].strip()
        user.save(update_fields=["name"])


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth is untyped
    pass


class SecondFactorAdapter(DefaultMFAAdapter):  # type: ignore[misc]  # allauth is untyped
    def encrypt(self, text: str) -> str:
        """TOTP secrets and recovery seeds rest sealed, like provider keys."""
        return sealing.seal(text, context="second-factor")

    def decrypt(self, encrypted_text: str) -> str:
        return sealing.unseal(encrypted_text, context="second-factor").reveal()

    def get_public_key_credential_rp_entity(self) -> dict[str, Any]:
        return {**super().get_public_key_credential_rp_entity(), "name": "Darkroom"}
