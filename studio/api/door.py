"""Decide who may call the API: a program with its key, or a signed-in person, with the CSRF protection of a form."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar
from uuid import UUID

from django.http import HttpRequest
from ninja.security.base import AuthBase
from ninja.utils import check_csrf

from accounts import access, rate_limit
from accounts.api_keys import ROLE_FOR_SCOPE
from accounts.models import ApiKey, Membership, Organization, Role, Scope
from saas.database import tenancy
from saas.web import after_transaction, bearer
from studio.api.errors import ApiRefused

P = ParamSpec("P")
R = TypeVar("R")
ORGANIZATION_HEADER = "X-Organization"


@dataclass(frozen=True)
class ApiCaller:
    member: Membership
    api_key: ApiKey | None = None

    @property
    def org(self) -> Organization:
        return self.member.org

    @property
    def code(self) -> UUID:
        """Return the code that keeps this caller's idempotency keys apart from those of others."""
        return self.api_key.code if self.api_key else self.member.user.code


class ApiRequest(HttpRequest):
    auth: ApiCaller
    allowance: rate_limit.Allowance


class KeyAuth(AuthBase):
    openapi_type = "http"
    openapi_scheme = "bearer"
    openapi_description = "An API key of an organization: `Authorization: Bearer dk_…`."

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        super().__init__()

    def __call__(self, request: Any) -> ApiCaller | None:
        if not request.headers.get("Authorization"):
            return None  # perhaps a signed-in person
        try:
            key, member = access.let_in(bearer.key_of(request), self.scope)
        except access.KeyRefused as refusal:
            raise ApiRefused(refusal.status, refusal.code, refusal.sentence) from None
        request.allowance = rate_limit.count(key)
        return ApiCaller(member, key)


class SessionAuth(AuthBase):
    openapi_type = "apiKey"
    openapi_in = "cookie"
    openapi_name = "darkroom_session"
    openapi_description = (
        f"A signed-in browser. `{ORGANIZATION_HEADER}` names the organization; acts need the CSRF token."
    )

    def __init__(self, scope: Scope, role: Role | None = None) -> None:
        self.role = role or ROLE_FOR_SCOPE[scope]
        super().__init__()

    def __call__(self, request: Any) -> ApiCaller | None:
        if not request.user.is_authenticated:
            return None
        if check_csrf(request) is not None:
            raise ApiRefused(403, "csrf", "The CSRF token is missing or wrong.")
        slug = request.headers.get(ORGANIZATION_HEADER) or request.session.get("org", "")
        member = access.socket_member(request.user.pk, slug)
        if member is None:
            raise ApiRefused(404, "not_found", "Nothing was found here, or you do not have access to it.")
        if not member.is_at_least(self.role):
            raise ApiRefused(403, "forbidden", f"This needs the role {self.role.label.lower()}.")
        return ApiCaller(member)


def may(scope: Scope) -> list[AuthBase]:
    return [KeyAuth(scope), SessionAuth(scope)]


def inside(view: Callable[Concatenate[ApiRequest, P], R]) -> Callable[Concatenate[ApiRequest, P], R]:
    """Run the view inside the organization's wall, in one transaction."""

    @wraps(view)
    def inner(request: ApiRequest, *args: P.args, **kwargs: P.kwargs) -> R:
        with tenancy.tenant(request.auth.org.pk):
            response = view(request, *args, **kwargs)
        return after_transaction.made(response)

    return inner  # type: ignore[return-value]  # wraps() gives the argument a name, which mypy takes for another type
