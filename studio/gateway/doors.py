"""Check the key and the method at every URL of the gateway, and write refusals as OpenAI does."""

import functools
import re
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from functools import cached_property
from http import HTTPStatus
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, JsonResponse
from django.http.response import HttpResponseBase
from django.views.decorators.csrf import csrf_exempt

from accounts import access, rate_limit
from accounts.errors import NotAllowed, Refused
from accounts.limits.refusals import LimitReached
from accounts.models import ApiKey, Membership, Organization, Scope
from accounts.rate_limit import Allowance, AskedTooOften
from saas import broadcast
from saas.database.threads import in_thread
from saas.web import bearer
from studio.gateway import failure_answers
from studio.gateway.retrying import GatewayCall
from studio.openai_wire.errors import REQUEST, OpenAIError
from studio.runs import submit_run
from studio.runs.outages import LeftAlone
from studio.waiting import places
from studio.waiting.ahead import Ahead
from studio.waiting.places import NoPlace

KEY_IN_AN_ADDRESS = re.compile(r"(^|&)(api[-_]?key|key|access_token|token|authorization)=|\b(dk_|sk-)", re.IGNORECASE)
NEVER_AGAIN = {"x-should-retry": "false"}
WRONG_KEY = "Incorrect API key provided: it is wrong, expired or revoked."

View = Callable[..., Coroutine[Any, Any, HttpResponseBase]]


@dataclass(frozen=True)
class GatewayCaller:
    api_key: ApiKey
    member: Membership
    call: GatewayCall = field(default_factory=GatewayCall, compare=False)
    is_guessed: bool = False

    @property
    def org(self) -> Organization:
        return self.member.org

    @cached_property
    def ahead(self) -> Ahead:
        """Return the caller's listener for the run that the call makes. All runs but private ones are the team's."""
        return Ahead(broadcast.org_group(self.org.pk))


def door(method: str, scope: Scope, *, is_awaited: bool = False, may_guess: bool = False) -> Callable[[View], View]:
    """Let a view's callers in by key, scope and method. If the call is awaited, it takes one of the places for callers
    who wait for a picture, until its answer has ended. Where the view only submits a run, which reads the rights of the
    key anyway, the key `may` be one that was good some seconds ago; before anything is refused, it is looked up."""

    def decorate(view: View) -> View:
        @csrf_exempt
        @login_not_required
        @functools.wraps(view)
        async def guarded(request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
            try:
                _refuse_key_in_address(request)
                if request.method != method:
                    raise OpenAIError(
                        f"Not allowed to {request.method} on {request.path}.", status=405, code="method_not_supported"
                    )
                caller, left = await in_thread(_let_in, request, scope, may_guess)
                try:
                    response = await (_waiting if is_awaited else _answering)(view, request, caller, **kwargs)
                except (OpenAIError, Refused):
                    if caller.is_guessed:
                        await in_thread(_identify, request, scope)  # what is wrong with the key comes first
                    raise
            except OpenAIError as refusal:
                return refuse(refusal)
            except Refused as act:
                return refuse(of_act(act))
            left.tell(response)
            return response

        return guarded

    return decorate


def by_method(**views: View) -> View:
    """Return a view that hands a request to the view for its method. A request with another method gets the first
    one's refusal."""
    first = next(iter(views.values()))

    @csrf_exempt
    @login_not_required
    async def chosen(request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
        return await views.get(str(request.method), first)(request, **kwargs)

    return chosen


async def _answering(view: View, request: HttpRequest, caller: GatewayCaller, **kwargs: Any) -> HttpResponseBase:
    return await view(request, caller, **kwargs)


async def _waiting(view: View, request: HttpRequest, caller: GatewayCaller, **kwargs: Any) -> HttpResponseBase:
    """Let the caller wait for a picture: with a place, and listening before its run is made."""
    with places.holding(caller.member, caller.api_key) as place, caller.call as call:
        async with caller.ahead:
            response = await view(request, caller, **kwargs)
        place.keep_for(response)
        call.keep_for(response)
    return response


def refuse(refusal: OpenAIError) -> JsonResponse:
    response = JsonResponse(refusal.envelope, status=refusal.status, headers=refusal.headers)
    if refusal.status == HTTPStatus.UNAUTHORIZED:
        response["WWW-Authenticate"] = bearer.CHALLENGE
    return response


def of_act(act: Refused) -> OpenAIError:
    """Write the refusal of an act as OpenAI would."""
    if isinstance(act, submit_run.KeyReused):
        message = "This Idempotency-Key was used with other parameters."
        return OpenAIError(message, status=409, code="idempotency_key_reused", headers=NEVER_AGAIN)
    if isinstance(act, LimitReached):
        return _of_limit(act)
    if isinstance(act, NoPlace):
        headers = {"Retry-After": str(act.wait_seconds)}
        return OpenAIError(act.sentence, status=429, kind="requests", code="rate_limit_exceeded", headers=headers)
    if isinstance(act, LeftAlone):
        return failure_answers.left_alone(act)
    if isinstance(act, access.RightsEnded):
        return OpenAIError(WRONG_KEY, status=401, code="invalid_api_key")
    if isinstance(act, NotAllowed):
        return OpenAIError(act.sentence, status=403, code="not_allowed")
    return OpenAIError(act.sentence, kind=REQUEST, code="refused", headers=NEVER_AGAIN)


def _of_limit(act: LimitReached) -> OpenAIError:
    """Write the refusal of a reached limit. Runs at once and runs per minute have room again soon; at any other limit
    a retry would be refused alike, so a header tells SDKs not to make one."""
    kind, headers = "insufficient_quota", NEVER_AGAIN
    if act.wait_seconds is not None:
        kind, headers = "requests", {"Retry-After": str(act.wait_seconds)}
    return OpenAIError(act.sentence, status=429, kind=kind, code=act.code, headers=headers | _anew(act))


def _anew(act: LimitReached) -> dict[str, str]:
    left = {} if act.left is None else {"x-darkroom-limit-left": str(act.left)}
    return left | ({"x-darkroom-limit-resets-at": act.resets_at.isoformat()} if act.resets_at else {})


def _let_in(request: HttpRequest, scope: Scope, may_guess: bool) -> tuple[GatewayCaller, Allowance]:
    caller = _identify(request, scope, may_guess=may_guess)
    try:
        return caller, rate_limit.count(caller.api_key)
    except AskedTooOften as often:
        if caller.is_guessed:
            _identify(request, scope)
        raise OpenAIError(
            str(often), status=429, kind="requests", code="rate_limit_exceeded", headers=often.headers
        ) from None


def _identify(request: HttpRequest, scope: Scope, *, may_guess: bool = False) -> GatewayCaller:
    key = bearer.key_of(request)
    if not key:
        message = (
            "You didn't provide an API key. You need to provide your API key in an Authorization header using Bearer "
            "auth (i.e. Authorization: Bearer YOUR_KEY)."
        )
        raise OpenAIError(message, status=401, code="invalid_api_key")
    guessed = access.guess(key, scope) if may_guess else None
    if guessed is not None:
        return GatewayCaller(*guessed, is_guessed=True)
    try:
        return GatewayCaller(*access.let_in(key, scope))
    except access.KeyRefused as refusal:
        raise _of_key(refusal, scope) from None


def _of_key(refusal: access.KeyRefused, scope: Scope) -> OpenAIError:
    if refusal.status == HTTPStatus.UNAUTHORIZED:
        return OpenAIError(WRONG_KEY, status=401, code=refusal.code)
    if refusal.code != "scope_missing":
        return OpenAIError(refusal.sentence, status=403, code=refusal.code)
    message = f"You have insufficient permissions for this operation. Missing scopes: {scope.value}."
    return OpenAIError(message, status=403, code="insufficient_permissions")


def _refuse_key_in_address(request: HttpRequest) -> None:
    if KEY_IN_AN_ADDRESS.search(request.META.get("QUERY_STRING", "")):
        message = "Do not put an API key in an address, where logs store it. Revoke this key and send a new one in the "
        raise OpenAIError(message + "Authorization header.", status=401, code="key_in_address")
