"""The operator's corner: Django's admin behind Darkroom's sign-in, for staff alone.

The wall opens for organizations, memberships and the operator's own audit rows; keys, connections and pictures stay
closed. Opening an organization leaves a row in that organization's audit log."""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast
from urllib.parse import urlencode

from django.contrib.admin import AdminSite
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse

from saas import tenancy

View = TypeVar("View", bound=Callable[..., HttpResponseBase])


class OperatorSite(AdminSite):
    site_header = "Darkroom · operator"
    site_title = "Darkroom operator"
    index_title = "Organizations and people"

    def admin_view(self, view: View, cacheable: bool = False) -> View:
        inner = super().admin_view(view, cacheable)

        @wraps(view)
        def inside_the_wall(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if request.user.is_authenticated and not self.has_permission(request):
                raise Http404
            with tenancy.operator():
                response = inner(request, *args, **kwargs)
                # Rendering asks the database, so it happens before the wall closes.
                return response.render() if isinstance(response, TemplateResponse) else response

        return cast("View", inside_the_wall)

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Darkroom's own sign-in, with its throttle and second factor."""
        following = urlencode({"next": request.GET.get("next") or reverse("admin:index")})
        return redirect(f"{reverse('account_login')}?{following}")
