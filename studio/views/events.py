"""Let admins make and run events."""

from typing import cast
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import OrgRequest, member_required
from accounts.errors import Refused
from accounts.limits import budgets
from accounts.limits.periods import zone
from accounts.models import Role
from studio.booth import capture, doors, run_event
from studio.catalogue import image_models
from studio.imaging.inspection import UploadRefused
from studio.inputs import uploads
from studio.inputs.uploads import Ready
from studio.models import Event
from studio.styles import shelf
from studio.views.event_form import EventForm

Read = dict[str, Ready | UploadRefused]
PICTURES = ("logo", "overlay")


@require_safe
@member_required(Role.ADMIN)
def event_list(request: OrgRequest) -> HttpResponse:
    found = request.org.events.select_related("budget", "maker").order_by("-pk")
    with timezone.override(zone(request.org)):
        return render(request, "studio/booth/events.html", {"events": found})


def _read_pictures(request: OrgRequest) -> Read:
    """Read the pictures that are posted with the form."""
    read: Read = {}
    for name in PICTURES:
        if file := request.FILES.get(name):
            try:
                read[name] = uploads.store_picture(org=request.org, name=file.name or "", data=file.read())
            except UploadRefused as refusal:
                read[name] = refusal
    return read


@require_http_methods(["GET", "HEAD", "POST"])
@member_required(Role.ADMIN, before=_read_pictures)
def new_event(request: OrgRequest) -> HttpResponse:
    with timezone.override(zone(request.org)):
        form = _form(request)
        if request.method == "POST":
            made = _make(request, form)
            if made is not None:
                messages.success(request, f"“{made.name}” is ready. Open its link on the kiosk.")
                return redirect("event", request.org.slug, made.code)
        return render(request, "studio/booth/new_event.html", {"form": form}, status=422 if form.errors else 200)


@require_safe
@member_required(Role.ADMIN)
def event(request: OrgRequest, code: UUID) -> HttpResponse:
    found = _event(request, code)
    context = {
        "event": found,
        "link": doors.kiosk_link(found),
        "standing": budgets.standing(found.budget, is_play=capture.is_play(found)),
        "captures": found.captures.select_related("run").order_by("-pk")[:100],
    }
    with timezone.override(zone(request.org)):
        return render(request, "studio/booth/event.html", context)


@require_POST
@member_required(Role.ADMIN)
def end_event(request: OrgRequest, code: UUID) -> HttpResponse:
    found = _event(request, code)
    run_event.end(by=request.member, event=found)
    messages.success(request, f"“{found.name}” has ended. Guests keep their pages.")
    return redirect("event", request.org.slug, code)


@require_POST
@member_required(Role.ADMIN)
def new_kiosk_link(request: OrgRequest, code: UUID) -> HttpResponse:
    run_event.replace_link(by=request.member, event=_event(request, code))
    messages.success(request, "The kiosk has another link. The one before opens nothing any more.")
    return redirect("event", request.org.slug, code)


def _event(request: OrgRequest, code: UUID) -> Event:
    return get_object_or_404(request.org.events.select_related("org", "budget"), code=code)


def _form(request: OrgRequest) -> EventForm:
    posted = (request.POST, request.FILES) if request.method == "POST" else ()
    styles = shelf.usable_by(request.member)
    today = timezone.localtime().replace(hour=9, minute=0, second=0, microsecond=0)
    initial = {
        "starts_at": today,
        "ends_at": today.replace(hour=23),
        "styles": [str(one.style.code) for one in styles[:6]],
        "size": "1024x1536",
        "quality": "medium",
    }
    return EventForm(*posted, model=image_models.at(timezone.now()).default, styles=styles, initial=initial)


def _make(request: OrgRequest, form: EventForm) -> Event | None:
    """Make the event. Return None if that is refused; the form then has the reasons."""
    read = cast("Read", request.prepared)
    for name, one in read.items():
        if isinstance(one, UploadRefused):
            form.add_error(name, one.sentence)
    ready = {name: one for name, one in read.items() if isinstance(one, Ready)}
    try:
        if not form.is_valid():
            raise Refused("")
        said = form.cleaned_data
        kept = {name: uploads.keep(one, by=request.user) for name, one in ready.items()}
        return run_event.make(
            by=request.member,
            settings=form.settings(),
            styles=form.style_codes,
            budget_micros=said["budget"],
            consent=said["consent"],
            pin=said["pin"],
            **kept,
        )
    except Refused as refusal:
        if refusal.sentence:
            form.add_error(None, refusal.sentence)
        for one in ready.values():
            uploads.forget(one)
        return None
