"""Error pages: our sentences, never the program's."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string

MACHINE_PATHS = ("/api/", "/v1/", "/sandbox/")
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
    return _page(request, 404, "not_found", "There is nothing here, or nothing that you may see.")


@login_not_required
def server_error(request: HttpRequest) -> HttpResponse:
    """What broke may be the database, so the page is drawn without asking who is there."""
    if request.path.startswith(MACHINE_PATHS):
        return _page(request, 500, "server_error", "Something broke on our side. It has been noted.")
    return HttpResponse(render_to_string("500.html"), status=500)


def _page(request: HttpRequest, status: int, code: str, sentence: str) -> HttpResponse:
    if request.path.startswith(MACHINE_PATHS):
        return JsonResponse({"error": {"code": code, "message": sentence}}, status=status)
    return render(request, f"{status}.html", {"sentence": sentence}, status=status)
