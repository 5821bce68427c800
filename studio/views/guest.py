"""Show guests their pictures while they develop, to download or delete. No sign-in is needed."""

from collections.abc import Callable
from dataclasses import asdict
from functools import wraps
from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_POST, require_safe
from django_htmx.middleware import HtmxDetails

from saas.database import tenancy
from saas.web import after_transaction
from studio.booth import branding, doors, guests, withdraw
from studio.files import serving
from studio.models import Capture
from studio.views.kiosk import private

SHAPES = {"preview", "original"}


class GuestRequest(HttpRequest):
    htmx: HtmxDetails


GuestView = Callable[..., HttpResponseBase]


def with_capture(view: GuestView) -> GuestView:
    """Call the view inside the wall of the guest's organization, with the capture."""

    @login_not_required
    @wraps(view)
    def inner(request: HttpRequest, token: str, **kwargs: Any) -> HttpResponseBase:
        try:
            capture = doors.capture_of(token)
        except doors.DoorClosed:
            return private(render(request, "studio/booth/gone.html", status=404))
        with tenancy.tenant(capture.org_id):
            response = view(request, capture, token=token, **kwargs)
        return private(after_transaction.made(response))

    return inner


@require_safe
@with_capture
def guest(request: GuestRequest, capture: Capture, token: str) -> HttpResponse:
    context = {
        "capture": capture,
        "event": capture.event,
        "view": guests.view_of(capture),
        "token": token,
    }
    return render(request, f"studio/booth/{'_guest_pictures' if request.htmx else 'guest'}.html", context)


@require_POST
@with_capture
def delete_capture(request: HttpRequest, capture: Capture, token: str) -> HttpResponse:
    withdraw.delete(capture)
    return render(request, "studio/booth/deleted.html")


@require_safe
@with_capture
def guest_state(request: HttpRequest, capture: Capture, token: str) -> HttpResponse:
    return JsonResponse({"code": capture.short_code, **asdict(guests.view_of(capture))})


@require_safe
@with_capture
def guest_file(request: HttpRequest, capture: Capture, token: str, code: UUID, shape: str) -> HttpResponseBase:
    if shape not in SHAPES:
        return serving.placeholder("Not here")
    output = get_object_or_404(guests.outputs_of(capture), code=code)
    if "download" in request.GET:
        guests.note_download(capture)
    return branding.send(
        request, output, capture.event, shape, download_as=f"{capture.short_code}-{output.slot.index + 1}"
    )


@require_safe
@with_capture
def guest_partial(request: HttpRequest, capture: Capture, token: str, code: UUID) -> HttpResponseBase:
    partial = get_object_or_404(guests.partials_of(capture), code=code)
    name = partial.small_file
    return serving.send(request, name, download_as=f"{code}.{name.rpartition('.')[2]}")
