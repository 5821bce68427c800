"""Serve the operator's pages: Django's admin behind Darkroom's sign-in, for staff only.

The wall opens for organizations, memberships and the operator's own audit rows; keys, connections and pictures stay
closed. Opening an organization adds a row to that organization's audit log."""

from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any, TypeVar, cast
from urllib.parse import urlencode

from django.contrib.admin import AdminSite, ModelAdmin
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse

from saas.database import tenancy

View = TypeVar("View", bound=Callable[..., HttpResponseBase])

M = TypeVar("M", bound=Model)


class ForOperators(ModelAdmin[M]):
    """The base of all admin classes on the operator's pages. It neither adds nor deletes rows."""

    actions_on_bottom = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class OperatorSite(AdminSite):
    site_header = "Darkroom · operator"
    site_title = "Darkroom operator"
    index_title = "Organizations and people"

    def register(
        self,
        model_or_iterable: type[Any] | Iterable[type[Any]],
        admin_class: type[ModelAdmin[Any]] | None = None,
        **options: Any,
    ) -> None:
        """Register an admin class only if it is ForOperators. Libraries register their own tables, and an address
        marked as verified there, or a second factor removed, would be a way into every organization that no audit row
        records."""
        if admin_class is not None and issubclass(admin_class, ForOperators):
            super().register(model_or_iterable, admin_class, **options)

    def admin_view(self, view: View, cacheable: bool = False) -> View:
        inner = super().admin_view(view, cacheable)

        @wraps(view)
        def inside_the_wall(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if request.user.is_authenticated and not self.has_permission(request):
                raise Http404
            with tenancy.operator():
                response = inner(request, *args, **kwargs)
                # Rendering queries the database, so it happens before the wall closes.
                return response.render() if isinstance(response, TemplateResponse) else response

        return cast("View", inside_the_wall)

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Redirect to Darkroom's own sign-in, with its throttle and second factor."""
        following = urlencode({"next": request.GET.get("next") or reverse("admin:index")})
        return redirect(f"{reverse('account_login')}?{following}")
