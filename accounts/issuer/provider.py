"""Define the issuer for allauth, stricter than allauth's own provider: a request carries a nonce and a PKCE challenge,
the id token and the userinfo must be of one person, and nothing but `true` verifies an address."""

from typing import Any

from allauth.account.models import EmailAddress
from allauth.socialaccount.internal.statekit import STATE_ID_LENGTH
from allauth.socialaccount.models import SocialLogin
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.openid_connect.provider import OpenIDConnectProvider
from allauth.utils import get_request_param
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare, get_random_string, salted_hmac

from accounts.issuer.client import IssuerClient

NONCE_SALT = "accounts.issuer.nonce"
SUBJECT_LENGTH = 191  # of allauth's column
Answers = dict[str, dict[str, Any]]


class IssuerProvider(OpenIDConnectProvider):  # type: ignore[misc]  # allauth is untyped
    package = "accounts.issuer"  # where its urls are
    oauth2_adapter_class = IssuerClient
    pkce_enabled_default = True

    def redirect(self, request: HttpRequest, process: str, **kwargs: Any) -> HttpResponse:
        state_id = get_random_string(STATE_ID_LENGTH)
        kwargs["auth_params"] = {**self.get_auth_params(), "nonce": nonce_of(state_id)}
        response: HttpResponse = super().redirect(request, process, state_id=state_id, **kwargs)
        return response

    def get_scope_from_request(self, request: HttpRequest) -> list[str]:
        """Return the usual scope. allauth would add a scope that a link to the sign-in page names."""
        scope: list[str] = self.get_scope()
        return scope

    def sociallogin_from_response(self, request: HttpRequest, response: Answers) -> SocialLogin:
        _check(response["id_token"], response["userinfo"], client_id=self.app.client_id)
        # allauth has found the state in this browser's session, which works once. The nonce is made of the state, so it
        # ties the id token to this session.
        expected = nonce_of(get_request_param(request, "state"))
        if not constant_time_compare(str(response["id_token"].get("nonce", "")), expected):
            raise OAuth2Error("The id token was not made for this sign-in.")
        return super().sociallogin_from_response(request, response)

    def extract_common_fields(self, data: Answers) -> dict[str, str]:
        fields = super().extract_common_fields(data)
        return {name: value for name, value in fields.items() if isinstance(value, str)}

    def extract_email_addresses(self, data: Answers) -> list[EmailAddress]:
        """Return the person's address, verified only if the issuer says `true`: not "true", which some issuers send
        (and "false"), and not 1."""
        claims = data["userinfo"]
        email = claims.get("email")
        if not isinstance(email, str):
            return []
        return [EmailAddress(email=email, verified=claims.get("email_verified") is True, primary=True)]


def nonce_of(state_id: str) -> str:
    return salted_hmac(NONCE_SALT, state_id, algorithm="sha256").hexdigest()


def _check(token: Any, userinfo: Any, *, client_id: str) -> None:
    """Refuse answers that are incomplete, or that are of two people."""
    if not isinstance(token, dict) or not isinstance(userinfo, dict):
        raise OAuth2Error("The issuer's answer is not a set of claims.")
    subject = token.get("sub")
    if not isinstance(subject, str) or not 0 < len(subject) <= SUBJECT_LENGTH:
        raise OAuth2Error("The id token has no usable subject.")
    if userinfo.get("sub") != subject:
        raise OAuth2Error("The id token and the userinfo name different subjects.")
    if "exp" not in token:
        raise OAuth2Error("The id token does not expire.")
    if token.get("azp", client_id) != client_id:
        raise OAuth2Error("The id token was made for another client.")


provider_classes = [IssuerProvider]
