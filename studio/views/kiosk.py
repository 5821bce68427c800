"""Show a kiosk its event, and take its captures. No sign-in is needed: the kiosk's token opens its event, and there it
can do nothing but capture and look at what is released."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import wraps
from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.utils.dateparse import parse_datetime
from django.utils.safestring import mark_safe
from django.utils.timezone import is_aware
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe
from django_htmx.middleware import HtmxDetails

from saas.database import tenancy
from saas.web import after_transaction
from saas.web.after_transaction import Afterwards
from saas.web.devices import with_camera
from studio.booth import branding, doors, facts, qr, run_event
from studio.booth import capture as captures
from studio.booth import wall as walls
from studio.booth.capture import CaptureRefused, Wanted
from studio.files import serving
from studio.models import Event, StyleVersion
from studio.styles import samples, shelf

PEOPLE = [(1, "One"), (3, "Two to four"), (6, "More")]
MOST_DIGITS = 3
MOST_ON_WALL = 60


@dataclass(frozen=True, slots=True)
class Told:
    """What a kiosk is answered."""

    said: dict[str, Any]
    status: int

    def as_json(self) -> JsonResponse:
        return JsonResponse(self.said, status=self.status)


class EventRequest(HttpRequest):
    htmx: HtmxDetails


KioskView = Callable[..., HttpResponseBase]
STATUSES = {"invalid": 422, "no_consent": 422, "busy": 503, "not_possible": 503}  # else 409, or 422 of a photo
AS_KIOSK = {
    "X-Robots-Tag": "noindex, nofollow, noarchive",
    "Referrer-Policy": "same-origin",
}


def with_event(view: KioskView) -> KioskView:
    """Call the view inside the wall of the kiosk's organization, with the event."""

    @login_not_required
    @wraps(view)
    def inner(request: HttpRequest, token: str, **kwargs: Any) -> HttpResponseBase:
        try:
            event = doors.event_of(token)
        except doors.DoorClosed as refusal:
            return private(render(request, "studio/booth/closed.html", {"sentence": refusal.sentence}, status=404))
        with tenancy.tenant(event.org_id):
            response = view(request, event, token=token, **kwargs)
        return private(after_transaction.made(response))

    return inner


def private(response: HttpResponseBase) -> HttpResponseBase:
    """Keep the response out of search indexes and shared caches, and its address from other sites."""
    for name, value in AS_KIOSK.items():
        response[name] = value
    response.headers.setdefault("Cache-Control", "private, no-store")
    return response


@require_safe
@with_event
@with_camera
def kiosk(request: HttpRequest, event: Event, token: str) -> HttpResponse:
    consent = run_event.consent_of(event, event.language)
    context = {
        "event": event,
        "token": token,
        "styles": offered_by(event),
        "consent": consent,
        "people": PEOPLE,
    }
    return render(request, "studio/booth/kiosk.html", context)


@csrf_exempt  # the token is the right; no cookie is one
@login_not_required
@require_POST
def take_capture(request: HttpRequest, token: str) -> HttpResponseBase:
    """Take a capture. The answer is JSON, as docs/booth.md says, or a page for a form that was sent without script."""
    try:
        event = doors.event_of(token)
        photo = request.FILES.get("photo")
        if photo is None:
            raise CaptureRefused("invalid", "There is no photo.", "photo")
        capture = captures.take(event=event, wanted=_wanted(request), name=photo.name or "", data=photo.read())
    except doors.DoorClosed as refusal:
        return private(_answer(request, token, _refusal(HTTPStatus.NOT_FOUND, "closed", refusal.sentence)))
    except CaptureRefused as refusal:
        status = STATUSES.get(refusal.code, 422 if refusal.field else 409)
        return private(_answer(request, token, _refusal(status, refusal.code, refusal.sentence, refusal.field)))
    link = doors.guest_link(capture)
    told = {"code": capture.short_code, "link": link, "qr": mark_safe(qr.draw(link))}  # noqa: S308 drawn here, of numbers
    return private(_answer(request, token, Told(told, HTTPStatus.CREATED)))


def _answer(request: HttpRequest, token: str, told: Told) -> HttpResponse:
    """Answer as JSON, or as a page where the browser asks for one."""
    if request.get_preferred_type(["application/json", "text/html"]) == "text/html":
        context = {"told": told.said, "token": token}
        return render(request, "studio/booth/captured.html", context, status=told.status)
    return told.as_json()


@require_safe
@with_event
def kiosk_state(request: HttpRequest, event: Event, token: str) -> HttpResponse:
    """Tell the kiosk whether it may capture, which text guests agree to, and how long the line is."""
    consent, standing = run_event.consent_of(event, event.language), facts.standing_of(event)
    told = {
        "is_open": event.is_open and consent is not None,
        "consent": str(consent) if consent else "",
        "pictures_left": standing.pictures_left,
        "waiting": standing.waiting,
    }
    return JsonResponse(told)


@csrf_exempt  # the token is the right; no cookie is one
@require_POST
@with_event
def leave_kiosk(request: HttpRequest, event: Event, token: str) -> HttpResponse:
    """Check the PIN by which staff leave the kiosk's page."""
    try:
        run_event.check_pin(event, request.POST.get("pin", ""))
    except run_event.TooManyTries as refusal:
        return _refusal(HTTPStatus.TOO_MANY_REQUESTS, "too_many_tries", refusal.sentence, "pin").as_json()
    except run_event.WrongPin as refusal:
        return _refusal(HTTPStatus.UNPROCESSABLE_ENTITY, "wrong_pin", refusal.sentence, "pin").as_json()
    return HttpResponse(status=HTTPStatus.NO_CONTENT)


@require_safe
@with_event
def wall(request: EventRequest, event: Event, token: str) -> HttpResponse:
    """Show the released pictures, newest first. The page asks for the piece again every few seconds."""
    context = {"event": event, "token": token, "pictures": walls.pictures(event)[:MOST_ON_WALL]}
    return render(request, f"studio/booth/{'_wall' if request.htmx else 'wall'}.html", context)


@require_safe
@with_event
def wall_file(request: HttpRequest, event: Event, token: str, code: UUID) -> HttpResponseBase:
    output = get_object_or_404(walls.pictures(event), code=code)
    return branding.send(request, output, event, "preview", download_as=str(code))


@require_safe
@with_event
def event_picture(request: HttpRequest, event: Event, token: str, name: str) -> HttpResponseBase:
    """Send the event's logo, or its overlay, which the kiosk may show over the camera's picture."""
    picture = {"logo": event.logo, "overlay": event.overlay}.get(name)
    if picture is None:
        raise Http404
    return serving.send(request, picture.sent_file, download_as=f"{name}.{picture.sent_file.rpartition('.')[2]}")


@require_safe
@with_event
def style_sample(request: HttpRequest, event: Event, token: str, code: UUID) -> HttpResponse:
    version = next((one for one in offered_by(event) if one.style.code == code), None)
    if version is None:
        raise Http404

    def answer() -> HttpResponse:
        try:
            sample = samples.sample_of(version)
        except samples.NotPainted:
            return HttpResponse(status=HTTPStatus.SERVICE_UNAVAILABLE, headers={"Retry-After": samples.RETRY_SECONDS})
        return HttpResponse(sample, content_type="image/webp", headers={"Cache-Control": "private, max-age=86400"})

    return Afterwards(answer)


def offered_by(event: Event) -> list[StyleVersion]:
    """Return the event's styles, in its order, without those that were retired meanwhile."""
    found = {version.style.code: version for version in shelf.all_of(event.org)}
    return [found[code] for code in event.styles if code in found]


def _wanted(request: HttpRequest) -> Wanted:
    said = request.POST
    people = said.get("people", "")
    return Wanted(
        key=said.get("key", ""),
        guest=said.get("guest", ""),
        styles=said.getlist("styles"),
        people=int(people) if people.isdecimal() and len(people) <= MOST_DIGITS else 0,
        consent=said.get("consent", ""),
        is_of_age=said.get("of_age") in {"1", "true", "on"},
        consented_at=_moment(said.get("consented_at", "")),
    )


def _moment(text: str) -> datetime | None:
    try:
        found = parse_datetime(text[:40])
    except ValueError:
        return None
    return found if found is not None and is_aware(found) else None


def _refusal(status: int, code: str, message: str, field: str = "") -> Told:
    fields = {field: message} if field else {}
    return Told({"error": {"code": code, "message": message, "fields": fields}}, status)
