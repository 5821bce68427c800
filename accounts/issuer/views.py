"""Send people to the issuer and take them back, as allauth does, with IssuerClient."""

from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.helpers import render_authentication_error
from allauth.socialaccount.models import SocialApp
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView, OAuth2LoginView, OAuth2View
from csp.decorators import csp_update
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache

from accounts.issuer.client import IssuerClient

# Chromium applies the page's form-action to every redirect after a form, and the issuer may redirect to any address.
BEYOND = {"form-action": ["https:"] if settings.IS_HTTPS else ["https:", "http:"]}


@login_not_required
@never_cache
@csp_update(BEYOND)  # type: ignore[arg-type]  # typed for views without arguments
def login(request: HttpRequest, provider_id: str) -> HttpResponse:
    return _served(OAuth2LoginView, request, provider_id)


@login_not_required
@never_cache
def callback(request: HttpRequest, provider_id: str) -> HttpResponse:
    return _served(OAuth2CallbackView, request, provider_id)


def _served(view: type[OAuth2View], request: HttpRequest, provider_id: str) -> HttpResponse:
    client = IssuerClient(request, provider_id)
    try:
        response: HttpResponse = view.adapter_view(client)(request)
    except SocialApp.DoesNotExist:
        raise Http404 from None
    except (OAuth2Error, OSError) as error:  # raised while the issuer's documents are read: allauth catches neither
        provider = get_adapter(request).get_provider(request, provider_id)
        response = render_authentication_error(request, provider, exception=error)
    return response
