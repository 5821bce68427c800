"""What every URL of the gateway shares: the key, the method, and refusals as OpenAI writes them."""

import functools
import re
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, JsonResponse
from django.http.response import HttpResponseBase
from django.views.decorators.csrf import csrf_exempt

from accounts import access
from accounts.errors import NotAllowed
from accounts.errors import Refused as ActRefused
from accounts.models import ApiKey, Membership, Organization, Scope
from accounts.refusals import LimitReached
from saas.threads import in_thread
from studio import allowance, runs
from studio.allowance import Allowance, AskedTooOften
from studio.wire.refusals import REQUEST, Refused

KEY_IN_AN_ADDRESS = re.compile(r"(^|&)(api[-_]?key|key|access_token|token|authorization)=|\b(dk_|sk-)", re.IGNORECASE)
NEVER_AGAIN = {"x-should-retry": "false"}

View = Callable[..., Coroutine[Any, Any, HttpResponseBase]]


@dataclass(frozen=True)
class Caller:
    api_key: ApiKey
    member: Membership

    @property
    def org(self) -> Organization:
        return self.member.org


def door(method: str, scope: Scope) -> Callable[[View], View]:
    def decorate(view: View) -> View:
        @csrf_exempt
        @login_not_required
        @functools.wraps(view)
        async def guarded(request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
            try:
                _refuse_key_in_address(request)
                if request.method != method:
                    raise Refused(
                        f"Not allowed to {request.method} on {request.path}.", status=405, code="method_not_supported"
                    )
                caller, left = await in_thread(_let_in, request, scope)
                response = await view(request, caller, **kwargs)
            except Refused as refusal:
                return refuse(refusal)
            except ActRefused as act:
                return refuse(of_act(act))
            left.tell(response)
            return response

        return guarded

    return decorate


def refuse(refusal: Refused) -> JsonResponse:
    response = JsonResponse(refusal.envelope, status=refusal.status, headers=refusal.headers)
    if refusal.status == HTTPStatus.UNAUTHORIZED:
        response["WWW-Authenticate"] = 'Bearer realm="Darkroom"'
    return response


def of_act(act: ActRefused) -> Refused:
    """What a verb refused, as OpenAI would say it."""
    if isinstance(act, runs.KeyReused):
        message = "This Idempotency-Key was used with other parameters."
        return Refused(message, status=409, code="idempotency_key_reused", headers=NEVER_AGAIN)
    if isinstance(act, LimitReached):
        return _of_limit(act)
    if isinstance(act, NotAllowed):
        return Refused(act.sentence, status=403, code="not_allowed")
    return Refused(act.sentence, kind=REQUEST, code="refused", headers=NEVER_AGAIN)


def _of_limit(act: LimitReached) -> Refused:
    """A pace leaves room again in a moment; of anything else another try would be refused alike."""
    kind, headers = "insufficient_quota", NEVER_AGAIN
    if act.wait_seconds is not None:
        kind, headers = "requests", {"Retry-After": str(act.wait_seconds)}
    return Refused(act.sentence, status=429, kind=kind, code=act.code, headers=headers | _anew(act))


def _anew(act: LimitReached) -> dict[str, str]:
    left = {} if act.left is None else {"x-darkroom-limit-left": str(act.left)}
    return left | ({"x-darkroom-limit-resets-at": act.resets_at.isoformat()} if act.resets_at else {})


def _let_in(request: HttpRequest, scope: Scope) -> tuple[Caller, Allowance]:
    caller = _identify(request, scope)
    try:
        return caller, allowance.count(caller.api_key)
    except AskedTooOften as often:
        raise Refused(
            str(often), status=429, kind="requests", code="rate_limit_exceeded", headers=often.headers
        ) from None


def _identify(request: HttpRequest, scope: Scope) -> Caller:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        message = (
            "You didn't provide an API key. You need to provide your API key in an Authorization header using Bearer "
            "auth (i.e. Authorization: Bearer YOUR_KEY)."
        )
        raise Refused(message, status=401, code="invalid_api_key")
    try:
        return Caller(*access.let_in(token.strip(), scope))
    except access.KeyRefused as refusal:
        raise _of_key(refusal, scope) from None


def _of_key(refusal: access.KeyRefused, scope: Scope) -> Refused:
    if refusal.status == HTTPStatus.UNAUTHORIZED:
        return Refused("Incorrect API key provided: it is wrong, expired or revoked.", status=401, code=refusal.code)
    if refusal.code != "scope_missing":
        return Refused(refusal.sentence, status=403, code=refusal.code)
    message = f"You have insufficient permissions for this operation. Missing scopes: {scope.value}."
    return Refused(message, status=403, code="insufficient_permissions")


def _refuse_key_in_address(request: HttpRequest) -> None:
    if KEY_IN_AN_ADDRESS.search(request.META.get("QUERY_STRING", "")):
        message = "A key does not belong in an address, where logs keep it. Revoke it, and send its successor in the "
        raise Refused(message + "Authorization header.", status=401, code="key_in_address")
