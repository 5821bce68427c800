"""Make the requests to the issuer. Its id tokens are trusted because they come straight from the issuer over TLS, so
where Darkroom is reached by https, no address of the issuer may be plain http."""

from typing import Any
from urllib.parse import urlsplit

from allauth.socialaccount.models import SocialApp, SocialLogin, SocialToken
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.conf import settings
from django.http import HttpRequest

ENDPOINTS = ("authorization_endpoint", "token_endpoint", "userinfo_endpoint")


class IssuerClient(OpenIDConnectOAuth2Adapter):  # type: ignore[misc]  # allauth is untyped
    @property
    def openid_config(self) -> dict[str, Any]:
        _refuse_plain_http(self.get_provider().server_url)
        config: dict[str, Any] = super().openid_config
        for name in ENDPOINTS:
            _refuse_plain_http(config.get(name))
        return config

    def complete_login(self, request: HttpRequest, app: SocialApp, token: SocialToken, **kwargs: Any) -> SocialLogin:
        if not kwargs["response"].get("id_token"):
            raise OAuth2Error("The issuer sent no id token.")
        return super().complete_login(request, app, token, **kwargs)


def _refuse_plain_http(url: Any) -> None:
    schemes = {"https"} if settings.IS_HTTPS else {"https", "http"}
    if not isinstance(url, str) or urlsplit(url).scheme not in schemes:
        raise OAuth2Error("An address of the issuer is missing or not https.")
