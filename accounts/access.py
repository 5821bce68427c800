"""Check the rights of every request to an organization, from browsers, API keys and sockets. Each way in asks the same
three questions in the same order: who is the caller, is the caller a member of this organization (on a page, a stranger
gets 404), may the caller do this (403)."""

from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from functools import wraps
from typing import Any, Concatenate, ParamSpec

from allauth.mfa.models import Authenticator
from django.contrib.auth.decorators import login_not_required
from django.contrib.sessions.models import Session
from django.core.exceptions import PermissionDenied
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django_htmx.middleware import HtmxDetails

from accounts import api_keys
from accounts.errors import NotAllowed
from accounts.models import ApiKey, Membership, Organization, Role, Scope, User
from saas.crypto import tokens
from saas.database import functions, tenancy
from saas.database.guesses import Guesses
from saas.fairness import visitors
from saas.web import after_transaction, bearer

P = ParamSpec("P")
MOST_GUESSED = 1000  # keys
GUESSED_SECONDS = 5.0  # in which a new name or e-mail address may be missing from the books
PERSON = "SELECT accounts_person(%(user)s)"
NO_SECOND_FACTOR = "This organization requires a second factor, and the person who made this key has not set one up."


class PersonRequest(HttpRequest):
    """The request of a page for signed-in people."""

    user: User
    htmx: HtmxDetails  # true if htmx, or a script of ours, wants a piece of the page


class OrgRequest(PersonRequest):
    """The request of an organization's page: `member_required` has found `org` and `member`."""

    org: Organization
    member: Membership
    memberships: list[Membership]
    prepared: object  # what `before` of member_required returned


class KeyRequest(HttpRequest):
    """The request of a call with an API key."""

    org: Organization
    member: Membership
    api_key: ApiKey


OrgView = Callable[Concatenate[OrgRequest, P], HttpResponseBase]
KeyView = Callable[Concatenate[KeyRequest, P], HttpResponse]
AnyView = Callable[..., HttpResponseBase]


def memberships_of(user: User) -> list[Membership]:
    """Return a person's memberships, ordered by the organization's name. Call inside the person's wall."""
    found = Membership.objects.filter(user=user, org__deleted_at=None).select_related("org").order_by("org__name")
    return list(found)


@dataclass(frozen=True)
class Standing:
    """What a person may enter, as it was when it was read."""

    memberships: list[Membership]
    has_second_factor: bool


def read_person(user_id: int) -> User | None:
    """Return a person with their `standing`, by one question. The sign-in calls this once a request."""
    told = functions.ask_whose(PERSON, {"user": user_id})
    if told is None:
        return None
    user = functions.row(User, told["user"])
    memberships = list[Membership]()
    for one in told["memberships"]:
        member = functions.row(Membership, one["member"])
        member.org, member.user = functions.row(Organization, one["org"]), user
        memberships.append(member)
    user.standing = Standing(memberships, told["has_second_factor"])  # type: ignore[attr-defined]  # no field
    return user


def member_required(
    role: Role = Role.VIEWER, *, before: Callable[..., object] | None = None, is_alone: bool = False
) -> Callable[[OrgView[P]], AnyView]:
    """Run the view inside the organization's wall, in one transaction, for members who have at least this role. Storage
    is called after the transaction: see saas.web.after_transaction.

    Slow work, such as reading a picture, belongs in `before`: it runs once the rights are known, outside of any
    transaction. Then the rights are checked again, and the view finds what `before` returned in `request.prepared`.

    A view that `is_alone` opens the wall by itself where it needs one, and its verb checks the rights again."""

    def decorate(view: OrgView[P]) -> AnyView:
        @wraps(view)
        def inner(request: OrgRequest, slug: str, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            standing = _standing_of(request.user)
            if before is not None:
                if (refused := _let_in_person(request, slug, role, standing)) is not None:
                    return refused
                request.prepared = before(request, *args, **kwargs)
                standing = standing if is_alone else _read_standing(request.user)
            if (refused := _let_in_person(request, slug, role, standing)) is not None:
                return refused
            with nullcontext() if is_alone else tenancy.tenant(request.org.pk):
                try:
                    response = view(request, *args, **kwargs)
                except NotAllowed as refusal:
                    raise PermissionDenied(refusal.sentence) from refusal
            return after_transaction.made(response)

        inner.role = role  # type: ignore[attr-defined]  # read by the permission matrix
        return inner

    return decorate


def _standing_of(user: User) -> Standing:
    """Return what the sign-in has read at the beginning of this request."""
    standing: Standing | None = getattr(user, "standing", None)
    return standing or _read_standing(user)


def _read_standing(user: User) -> Standing:
    now = read_person(user.pk)
    return getattr(now, "standing", Standing([], has_second_factor=False))


def _let_in_person(request: OrgRequest, slug: str, role: Role, standing: Standing) -> HttpResponseBase | None:
    _resolve(request, slug, standing)
    if request.org.requires_second_factor and not standing.has_second_factor:
        return redirect("second_factor_needed", slug)
    if not request.member.is_at_least(role):
        raise PermissionDenied(f"This needs the role {role.label.lower()}.")
    return None


def _resolve(request: OrgRequest, slug: str, standing: Standing) -> None:
    request.memberships = standing.memberships
    member = next((member for member in request.memberships if member.org.slug == slug), None)
    if member is None:
        raise Http404
    visitors.learn(member.org_id)
    if member.org.is_suspended:
        raise PermissionDenied("This organization is suspended. Ask the operator of this Darkroom.")
    member.user = request.user
    request.member, request.org = member, member.org
    if request.session.get("org") != slug:
        request.session["org"] = slug  # home leads back to it


def key_required(scope: Scope) -> Callable[[KeyView[P]], AnyView]:
    """Run the view for calls with an API key in `Authorization: Bearer …`. The key is never read from an address, where
    logs would keep it."""

    def decorate(view: KeyView[P]) -> AnyView:
        @csrf_exempt
        @login_not_required
        @wraps(view)
        def inner(request: KeyRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            try:
                key, member = let_in(bearer.key_of(request), scope)
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
    """Return the key that this token opens and the member who made it. Raise KeyRefused if there is no such key, if it
    lacks the scope, or if its maker lacks a required second factor."""
    found = api_keys.look_up(token, scope)
    if found is None:
        raise _no_key()
    key, member = _rows_of(found)
    visitors.learn(key.org_id)
    if member.org.requires_second_factor and not found["has_second_factor"]:
        raise KeyRefused(403, "second_factor_required", NO_SECOND_FACTOR)
    if not may_use(key, member, scope):
        raise KeyRefused(403, "scope_missing", f"This key does not have the scope {scope.value}.")
    _let_in_lately.put((tokens.hash_token(token), scope), (key, member))
    return key, member


def guess(token: str, scope: Scope) -> tuple[ApiKey, Membership] | None:
    """Return what `let_in` has returned for this token within the last seconds, or None. Good only for a caller whose
    next step has the database read the same rights again, and who gets the answer of `let_in` to all that fails."""
    return _let_in_lately.get((tokens.hash_token(token), scope))


_let_in_lately = Guesses[tuple[str, Scope], tuple[ApiKey, Membership]](most=MOST_GUESSED, seconds=GUESSED_SECONDS)


def _rows_of(found: dict[str, Any]) -> tuple[ApiKey, Membership]:
    key, member = functions.row(ApiKey, found["key"]), functions.row(Membership, found["member"])
    key.org = member.org = functions.row(Organization, found["org"])
    key.maker = member.user = functions.row(User, found["user"])
    return key, member


def _no_key() -> KeyRefused:
    return KeyRefused(401, "invalid_api_key", "The API key is missing, wrong, expired or revoked.")


def may_use(key: ApiKey, member: Membership, scope: Scope) -> bool:
    return scope in key.scopes and member.is_at_least(api_keys.ROLE_FOR_SCOPE[scope])


class RightsEnded(NotAllowed):
    """A refusal because the rights that a request began with ended before it acted."""

    def __init__(self) -> None:
        super().__init__("You no longer have the right to do this.")


def read_again(member: Membership, key: ApiKey | None = None) -> Membership:
    """Return the member as stored now, by one query, inside the organization's wall. Raise RightsEnded if the
    membership has ended, or if `key` is no longer usable or has other scopes: a request that began with rights may have
    waited long, for its own pictures or for a link."""
    found = _in_good_standing().filter(pk=member.pk)
    if key is not None:
        found = found.filter(Exists(ApiKey.objects.usable(timezone.now()).filter(pk=key.pk, scopes=key.scopes)))
    now = found.first()
    if now is None:
        raise RightsEnded
    return now


def _in_good_standing() -> QuerySet[Membership]:
    """Select memberships of active people in organizations that are neither deleted nor suspended, with a second factor
    where the organization requires one."""
    has_second_factor = Exists(Authenticator.objects.filter(user=OuterRef("user")))
    return Membership.objects.filter(
        Q(org__requires_second_factor=False) | has_second_factor,
        user__is_active=True,
        org__deleted_at=None,
        org__suspended_at=None,
    ).select_related("org", "user")


def socket_member(user_id: int, slug: str) -> Membership | None:
    """Return the member who may open a socket of this organization, or None."""
    with tenancy.person(user_id):
        return _in_good_standing().filter(user=user_id, org__slug=slug).first()


@dataclass(frozen=True)
class Opened:
    """The rights that a socket was opened with."""

    user_id: int
    org_id: int
    role: str
    session_key: str | None
    session_hash: str  # changes with the password

    @classmethod
    def by(cls, member: Membership, session_key: str | None) -> "Opened":
        return cls(member.user_id, member.org_id, member.role, session_key, member.user.get_session_auth_hash())


def stands(opened: Opened) -> bool:
    """Return whether a socket may stay open. One query, by indexes, checks the membership with its role, its person and
    organization, the second factor where it is required, and the session. A changed password ends it too."""
    with tenancy.person(opened.user_id):
        lives = Session.objects.filter(session_key=opened.session_key, expire_date__gt=timezone.now())
        found = _in_good_standing().filter(Exists(lives), user=opened.user_id, org=opened.org_id, role=opened.role)
        member = found.first()
    return member is not None and member.user.get_session_auth_hash() == opened.session_hash


def _refusal(status: int, code: str, message: str) -> JsonResponse:
    response = JsonResponse({"error": {"code": code, "message": message}}, status=status)
    if status == 401:  # noqa: PLR2004 the one status with a challenge
        response["WWW-Authenticate"] = bearer.CHALLENGE
    return response
