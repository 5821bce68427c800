"""The only door to an organization: for browsers, for API keys and for sockets. Each asks the same three things in the
same order: who are you, are you of this organization (a stranger gets 404), may you do this (403)."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from allauth.mfa.utils import is_mfa_enabled
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import redirect
from django.views.decorators.csrf import csrf_exempt

from accounts import api_keys
from accounts.errors import NotAllowed
from accounts.models import ApiKey, Membership, Organization, Role, Scope, User
from saas import tenancy

P = ParamSpec("P")
NO_SECOND_FACTOR = "The organization asks for a second factor, and whoever made this key has set up none."


class PersonRequest(HttpRequest):
    """What a signed-in page gets."""

    user: User


class OrgRequest(PersonRequest):
    """What a page of an organization gets: `org` and `member` are asked for and found."""

    org: Organization
    member: Membership
    memberships: list[Membership]


class KeyRequest(HttpRequest):
    """What a call with an API key gets."""

    org: Organization
    member: Membership
    api_key: ApiKey


OrgView = Callable[Concatenate[OrgRequest, P], HttpResponseBase]
KeyView = Callable[Concatenate[KeyRequest, P], HttpResponse]
AnyView = Callable[..., HttpResponseBase]


def memberships_of(user: User) -> list[Membership]:
    """A person's organizations by name. Needs the person's wall."""
    found = Membership.objects.filter(user=user, org__deleted_at=None).select_related("org").order_by("org__name")
    return list(found)


def member_required(role: Role = Role.VIEWER) -> Callable[[OrgView[P]], AnyView]:
    """The view runs inside the organization's wall, in one transaction."""

    def decorate(view: OrgView[P]) -> AnyView:
        @wraps(view)
        def inner(request: OrgRequest, slug: str, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            with tenancy.person(request.user.pk):
                _resolve(request, slug)
                if _lacks_second_factor(request):
                    return redirect("second_factor_needed", slug)
                if not request.member.is_at_least(role):
                    raise PermissionDenied(f"This needs the role {role.label.lower()}.")
                try:
                    return view(request, *args, **kwargs)
                except NotAllowed as refusal:
                    raise PermissionDenied(refusal.sentence) from refusal

        inner.role = role  # type: ignore[attr-defined]  # read by the permission matrix
        return inner

    return decorate


def _resolve(request: OrgRequest, slug: str) -> None:
    request.memberships = memberships_of(request.user)
    member = next((member for member in request.memberships if member.org.slug == slug), None)
    if member is None:
        raise Http404
    if member.org.is_suspended:
        raise PermissionDenied("This organization is suspended. Ask the operator of this Darkroom.")
    tenancy.enter(member.org_id)
    member.user = request.user
    request.member, request.org = member, member.org
    if request.session.get("org") != slug:
        request.session["org"] = slug  # home leads back to it


def _lacks_second_factor(request: OrgRequest) -> bool:
    return request.org.requires_second_factor and not is_mfa_enabled(request.user)


def key_required(scope: Scope) -> Callable[[KeyView[P]], AnyView]:
    """An API key in `Authorization: Bearer …`; never in an address, where logs would keep it."""

    def decorate(view: KeyView[P]) -> AnyView:
        @csrf_exempt
        @login_not_required
        @wraps(view)
        def inner(request: KeyRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            try:
                key, member = let_in(_bearer(request), scope)
            except KeyRefused as refusal:
                return _refusal(refusal.status, refusal.code, refusal.sentence)
            with tenancy.tenant(key.org_id):
                request.api_key, request.member, request.org = key, member, member.org
                return view(request, *args, **kwargs)

        return inner

    return decorate


class KeyRefused(Exception):
    def __init__(self, status: int, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.status, self.code, self.sentence = status, code, sentence


def let_in(token: str, scope: Scope) -> tuple[ApiKey, Membership]:
    """The key that this token opens and the member whose key it is; or KeyRefused."""
    with api_keys.presented(token) as key:
        if key is None:
            raise _no_key()
        tenancy.enter(key.org_id)
        member = member_behind(key)
        if member is None:
            raise _no_key()
        if member.org.requires_second_factor and not is_mfa_enabled(member.user):
            raise KeyRefused(403, "second_factor_required", NO_SECOND_FACTOR)
        if not may_use(key, member, scope):
            raise KeyRefused(403, "scope_missing", f"This key does not have the scope {scope.value}.")
        api_keys.note_use(key)
        return key, member


def _no_key() -> KeyRefused:
    return KeyRefused(401, "invalid_api_key", "The API key is missing, wrong, expired or revoked.")


def member_behind(key: ApiKey) -> Membership | None:
    """The maker, who must still be a member of a living organization. Needs the organization's wall."""
    return (
        Membership.objects.filter(
            org_id=key.org_id,
            user=key.maker_id,
            user__is_active=True,
            org__deleted_at=None,
            org__suspended_at=None,
        )
        .select_related("org", "user")
        .first()
    )


def may_use(key: ApiKey, member: Membership, scope: Scope) -> bool:
    return scope in key.scopes and member.is_at_least(api_keys.ROLE_FOR_SCOPE[scope])


def socket_member(user_id: int, slug: str) -> Membership | None:
    """Who may open a socket of this organization; asked once, at connect."""
    with tenancy.person(user_id):
        member = (
            Membership.objects.filter(
                user=user_id,
                user__is_active=True,
                org__slug=slug,
                org__deleted_at=None,
                org__suspended_at=None,
            )
            .select_related("org", "user")
            .first()
        )
        if member and member.org.requires_second_factor and not is_mfa_enabled(member.user):
            return None
        return member


def _bearer(request: HttpRequest) -> str:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def _refusal(status: int, code: str, message: str) -> JsonResponse:
    response = JsonResponse({"error": {"code": code, "message": message}}, status=status)
    if status == 401:  # noqa: PLR2004 the one status with a challenge
        response["WWW-Authenticate"] = 'Bearer realm="Darkroom"'
    return response
