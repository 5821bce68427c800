"""Answer errors with sentences of Darkroom's own, as a page or as JSON, never with a traceback."""

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import Resolver404

from saas.fairness import visitors

MACHINE_PATHS = ("/api/", "/v1/", "/sandbox/")
OPENAI_PATHS = ("/images/", "/responses", "/models", "/files")  # as they are called without /v1
LONGEST_PATH = 200
UNEXPLAINED = "You are signed in, but your role does not allow this."


@login_not_required
def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _page(request, 400, "bad_request", "The request could not be understood.")


@login_not_required
def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    sentence = str(exception) if str(exception).endswith(".") else UNEXPLAINED
    return _page(request, 403, "forbidden", sentence)


@login_not_required
def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    return _page(request, 403, "csrf", "This form was open for too long. Go back, reload the page and send it again.")


@login_not_required
def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    if isinstance(exception, Resolver404) and _is_program(request):
        return _no_such_call(request)
    return _page(request, 404, "not_found", "Nothing was found here, or you do not have access to it.")


@login_not_required
def server_error(request: HttpRequest) -> HttpResponse:
    """Say why the request failed, and whether to come again. The database may be what broke, so the page is drawn
    without loading the user."""
    if visitors.was_crowded():
        return _come_again(request, "crowded", "Your organization is doing too much at once. Try again in a moment.")
    if visitors.was_locked():
        return _come_again(request, "locked", "Another change is being saved right now. Try again in a moment.")
    if visitors.was_kept_out():
        return _come_again(request, "database_away", "The database is not answering right now. Try again in a moment.")
    if request.path.startswith(MACHINE_PATHS):
        return _page(request, 500, "server_error", "Something broke on our side. It has been noted.")
    return HttpResponse(render_to_string("500.html"), status=500)


def _come_again(request: HttpRequest, code: str, sentence: str) -> HttpResponse:
    """Return a 503 that asks to come again, because nothing was done. An answer that says itself what was done, and
    whether to come again, must never be replaced by this one: a program would pay twice."""
    if request.path.startswith(MACHINE_PATHS):
        response: HttpResponse = JsonResponse({"error": {"code": code, "message": sentence}}, status=503)
    else:
        response = HttpResponse(render_to_string("503.html", {"sentence": sentence}), status=503)
    response["Retry-After"] = "2"
    return response


def _is_program(request: HttpRequest) -> bool:
    """Return whether a program sent the request. Browsers accept HTML, and send neither a key nor JSON to an address
    that does not exist."""
    has_key = "Authorization" in request.headers
    is_call = request.path.startswith(OPENAI_PATHS) and "text/html" not in request.headers.get("Accept", "")
    is_json = request.content_type == "application/json" or not request.accepts("text/html")
    return has_key or is_call or is_json


def _no_such_call(request: HttpRequest) -> JsonResponse:
    """Say that the base URL should end in `/v1`, the usual mistake, in OpenAI's format, which its SDK shows."""
    sentence = (
        f"Invalid URL ({request.method} {request.path[:LONGEST_PATH]}). "
        f"The OpenAI-compatible API is under /v1: set the base URL to {settings.PUBLIC_URL}/v1."
    )
    error = {"message": sentence, "type": "invalid_request_error", "param": None, "code": "unknown_url"}
    return JsonResponse({"error": error}, status=404)


def _page(request: HttpRequest, status: int, code: str, sentence: str) -> HttpResponse:
    if request.path.startswith(MACHINE_PATHS):
        return JsonResponse({"error": {"code": code, "message": sentence}}, status=status)
    return render(request, f"{status}.html", {"sentence": sentence}, status=status)
