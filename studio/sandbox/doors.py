"""Check the key and the method at every URL of the sandbox, and write refusals as OpenAI's API does."""

import functools
from collections.abc import Callable, Coroutine
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, JsonResponse
from django.http.response import HttpResponseBase
from django.views.decorators.csrf import csrf_exempt

from saas.web import bearer
from studio.openai_wire.errors import OpenAIError
from studio.sandbox import faults, paint_queue

View = Callable[..., Coroutine[Any, Any, HttpResponseBase]]


def door(method: str) -> Callable[[View], View]:
    def decorate(view: View) -> View:
        @functools.wraps(view)
        async def guarded(request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
            try:
                key = _key(request)
                if method not in {request.method, "*"}:
                    raise _wrong_method(request)
                return await view(request, key, **kwargs)
            except OpenAIError as refused:
                return JsonResponse(refused.envelope, status=refused.status, headers=refused.headers)

        return csrf_exempt(login_not_required(guarded))

    return decorate


def _key(request: HttpRequest) -> str:
    """Return the key. A public sandbox accepts any, because nothing here belongs to anyone; a key that begins with
    "invalid" is refused, for practice. A sandbox that is not public accepts only Darkroom's own workers."""
    key = bearer.key_of(request)
    if not key:
        message = "You didn't provide an API key. Provide it in an Authorization header using Bearer auth."
        raise OpenAIError(message, status=401)
    is_strangers = paint_queue.tenant_of_key(key) == paint_queue.STRANGERS
    if key.lower().startswith("invalid") or (is_strangers and not settings.IS_SANDBOX_PUBLIC):
        raise faults.invalid_key(key)
    return key


def _wrong_method(request: HttpRequest) -> OpenAIError:
    path = request.path.removeprefix("/sandbox")
    return OpenAIError(f"Not allowed to {request.method} on {path}.", status=405, code="method_not_supported")
