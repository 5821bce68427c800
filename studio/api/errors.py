"""Write errors in one shape: {"error": {"code", "message", "fields": [{"field", "code", "message", "suggestion"}]}}."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError

from accounts.access import RightsEnded
from accounts.errors import NotAllowed, Refused
from accounts.limits.refusals import LimitReached
from accounts.rate_limit import AskedTooOften
from saas.idempotency import LONGEST_KEY, KeyTooLong
from saas.web import bearer
from studio.catalogue.fields import SpecRefused, quote
from studio.imaging.inspection import UploadRefused
from studio.runs.submit_run import KeyReused
from studio.waiting.places import NoPlace

NOTHING_HERE = "Nothing was found here, or you do not have access to it."


class ApiRefused(Exception):
    def __init__(self, status: int, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.status, self.code = status, code


def install(api: NinjaAPI) -> None:
    def answer(
        request: HttpRequest, status: int, code: str, message: str, fields: list[dict[str, Any]] | None = None
    ) -> HttpResponse:
        error = {"code": code, "message": message} | ({"fields": fields} if fields is not None else {})
        response = api.create_response(request, {"error": error}, status=status)
        if status == 401:  # noqa: PLR2004 the one status with a challenge
            response["WWW-Authenticate"] = bearer.CHALLENGE
        return response

    def refused(request: HttpRequest, error: Any) -> HttpResponse:
        return answer(request, error.status, error.code, str(error))

    def unknown(request: HttpRequest, error: Any) -> HttpResponse:
        return answer(request, 401, "invalid_api_key", "The API key is missing, wrong, expired or revoked.")

    def nothing(request: HttpRequest, error: Any) -> HttpResponse:
        return answer(request, 404, "not_found", NOTHING_HERE)

    def not_allowed(request: HttpRequest, error: Any) -> HttpResponse:
        return answer(request, 403, "forbidden", error.sentence)

    def rights_ended(request: HttpRequest, error: Any) -> HttpResponse:
        is_by_key = getattr(request.auth, "api_key", None) is not None  # type: ignore[attr-defined]  # ninja sets it
        return unknown(request, error) if is_by_key else not_allowed(request, error)

    def act_refused(request: HttpRequest, error: Any) -> HttpResponse:
        return answer(request, 409, getattr(error, "code", "refused"), error.sentence)

    def limit_reached(request: HttpRequest, error: Any) -> HttpResponse:
        return answer(request, 429, error.code, error.sentence)

    def key_reused(request: HttpRequest, error: Any) -> HttpResponse:
        return answer(request, 409, "idempotency_key_reused", error.sentence)

    def key_too_long(request: HttpRequest, error: Any) -> HttpResponse:
        return answer(request, 400, "invalid_idempotency_key", f"It has more than {LONGEST_KEY} characters.")

    def spec_refused(request: HttpRequest, error: Any) -> HttpResponse:
        fields = [
            {"field": one.field, "code": one.code, "message": one.sentence, "suggestion": one.suggestion}
            for one in error.errors
        ]
        return answer(request, 422, "invalid", error.errors[0].sentence, fields)

    def upload_refused(request: HttpRequest, error: Any) -> HttpResponse:
        if error.code == "busy":
            response = answer(request, 503, "busy", error.sentence)
            response["Retry-After"] = "5"
            return response
        return answer(request, 422, error.code, error.sentence)

    def invalid(request: HttpRequest, error: Any) -> HttpResponse:
        fields = [{"field": _field(one["loc"]), "code": one["type"], "message": _message(one)} for one in error.errors]
        return answer(request, 422, "invalid", "Some of the fields are invalid.", fields)

    def http_error(request: HttpRequest, error: Any) -> HttpResponse:
        return answer(request, error.status_code, "bad_request", str(error))

    def too_often(request: HttpRequest, error: Any) -> HttpResponse:
        response = answer(request, 429, "rate_limited", str(error))
        for name, value in error.headers.items():
            response[name] = value
        return response

    def no_place(request: HttpRequest, error: Any) -> HttpResponse:
        response = answer(request, 429, "rate_limited", error.sentence)
        response["Retry-After"] = str(error.wait_seconds)
        return response

    for kind, handler in {
        ApiRefused: refused,
        AuthenticationError: unknown,
        Http404: nothing,
        NoPlace: no_place,
        NotAllowed: not_allowed,
        RightsEnded: rights_ended,
        LimitReached: limit_reached,
        KeyReused: key_reused,
        KeyTooLong: key_too_long,
        Refused: act_refused,
        SpecRefused: spec_refused,
        UploadRefused: upload_refused,
        ValidationError: invalid,
        HttpError: http_error,
        AskedTooOften: too_often,
    }.items():
        api.add_exception_handler(kind, handler)


def _field(loc: tuple[int | str, ...]) -> str:
    """Return the name of a field as the caller sent it: ninja puts the name of the view's argument before it."""
    return ".".join(str(part) for part in loc[2 if loc[:2] == ("body", "body") else 1 :])


def _message(error: dict[str, Any]) -> str:
    return f"There is no field {quote(str(error['loc'][-1]))}." if error["type"] == "extra_forbidden" else error["msg"]
