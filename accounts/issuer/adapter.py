"""Decide which account a person from the issuer gets: the one that is connected to the subject, a new one, or none
until the owner of the account has proved that it is theirs."""

from typing import Any

from allauth.account.models import EmailAddress
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialAccount, SocialLogin
from allauth.socialaccount.providers.base.constants import AuthProcess
from django.http import HttpRequest
from django.shortcuts import render

from accounts.models import User
from accounts.people import sign_up_rules
from saas.database.release import released


class IssuerAdapter(DefaultSocialAccountAdapter):  # type: ignore[misc]  # allauth is untyped
    def is_open_for_signup(self, request: HttpRequest, sociallogin: SocialLogin) -> bool:
        return sign_up_rules.is_open_for_issuer(request, _proved(sociallogin))

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        """Refuse to open an account by its address alone: its owner signs in once as before, and connects the issuer.
        Say so only if the issuer has verified the address; otherwise the person reads what every stranger reads, and
        the owner of the account gets an e-mail."""
        if sociallogin.is_existing or sociallogin.state.get("process") == AuthProcess.CONNECT:
            return
        known = [email for email in _proved(sociallogin) if _is_known(email)]
        if known:
            context = {"email": known[0], "provider": sociallogin.provider}
            raise ImmediateHttpResponse(render(request, "socialaccount/known_address.html", context, status=409))

    def populate_user(self, request: HttpRequest, sociallogin: SocialLogin, data: dict[str, Any]) -> User:
        """Clean the name that the issuer sends, which is as untrusted as a form's: one line, at most 80 characters."""
        user: User = super().populate_user(request, sociallogin, data)
        user.name = " ".join(str(data.get("name") or "").split())[:80]
        return user

    def get_requests_session(self) -> Any:
        """Hand the database connection back before each wait for the issuer."""
        with released():
            return super().get_requests_session()


def drop_unproved_links(user: User) -> None:
    """Disconnect the issuer from an account whose address was never confirmed: the issuer's subject may be another
    person, who gave the address before its owner came."""
    if not EmailAddress.objects.filter(user=user, verified=True).exists():
        SocialAccount.objects.filter(user=user).delete()


def _proved(sociallogin: SocialLogin) -> list[str]:
    return [address.email for address in sociallogin.email_addresses if address.verified]


def _is_known(email: str) -> bool:
    return EmailAddress.objects.lookup([email]).exists() or User.objects.filter(email=email.lower()).exists()
