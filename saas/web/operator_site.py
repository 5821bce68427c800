"""The operator's corner: Django's admin behind Darkroom's sign-in, for staff alone.

The wall opens for organizations, memberships and the operator's own audit rows; keys, connections and pictures stay
closed. Opening an organization leaves a row in that organization's audit log."""

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

from saas import tenancy

View = TypeVar("View", bound=Callable[..., HttpResponseBase])

M = TypeVar("M", bound=Model)


class ForOperators(ModelAdmin[M]):
    """Nothing is made or removed here; only classes that say so by this base stand in the corner at all."""

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
        """Libraries register their own tables, and an address marked as verified there, or a second factor removed,
        would be a way into every organization that no audit row tells of."""
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
                # Rendering asks the database, so it happens before the wall closes.
                return response.render() if isinstance(response, TemplateResponse) else response

        return cast("View", inside_the_wall)

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Darkroom's own sign-in, with its throttle and second factor."""
        following = urlencode({"next": request.GET.get("next") or reverse("admin:index")})
        return redirect(f"{reverse('account_login')}?{following}")
