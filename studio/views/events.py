"""Let admins make and run events."""

from typing import Any, cast
from uuid import UUID

from django.contrib import messages
from django.db.models import Prefetch
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import OrgRequest, member_required
from accounts.errors import Refused
from accounts.limits.periods import zone
from accounts.models import Role
from saas.text import csv_cells
from studio.booth import doors, facts, run_event
from studio.booth.run_event import Settings
from studio.catalogue import image_models
from studio.imaging.inspection import UploadRefused
from studio.inputs import uploads
from studio.inputs.uploads import Ready
from studio.models import Event, Slot
from studio.styles import shelf
from studio.views.event_form import BudgetForm, EventForm

Read = dict[str, Ready | UploadRefused]
PICTURES = ("logo", "overlay")
NOT_CHANGED = (*PICTURES, "budget", "pin")
MOST_SHOWN = 200  # captures on the staff's page


@require_safe
@member_required(Role.MEMBER)
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
@member_required(Role.MEMBER)
def event(request: OrgRequest, code: UUID) -> HttpResponse:
    """Show the staff how the event goes, and its captures."""
    found = _event(request, code)
    slots: Prefetch[Any] = Prefetch("run__slots", Slot.objects.select_related("output").order_by("index"))
    captures = found.captures.not_deleted().select_related("run").prefetch_related(slots).order_by("-pk")
    context = {
        "event": found,
        "link": doors.kiosk_link(found) if request.member.is_admin else "",
        "standing": facts.standing_of(found),
        "captures": captures[:MOST_SHOWN],
        "budget_form": BudgetForm(initial={"budget": found.budget.micros}),
    }
    with timezone.override(zone(request.org)):
        return render(request, "studio/booth/event.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@member_required(Role.ADMIN)
def change_event(request: OrgRequest, code: UUID) -> HttpResponse:
    found = _event(request, code)
    with timezone.override(zone(request.org)):
        form = _form(request, found)
        if request.method == "POST" and form.is_valid():
            said = {"settings": form.settings(), "styles": form.style_codes, "consent": form.cleaned_data["consent"]}
            try:
                run_event.change(by=request.member, event=found, **said)
            except Refused as refusal:
                form.add_error(None, refusal.sentence)
            else:
                messages.success(request, "Saved. The kiosk shows it from the next guest on.")
                return redirect("event", request.org.slug, code)
        context = {"form": form, "event": found}
        return render(request, "studio/booth/new_event.html", context, status=422 if form.errors else 200)


@require_POST
@member_required(Role.ADMIN)
def set_event_budget(request: OrgRequest, code: UUID) -> HttpResponse:
    found, form = _event(request, code), BudgetForm(request.POST)
    if form.is_valid():
        run_event.set_budget(by=request.member, event=found, micros=form.cleaned_data["budget"])
        messages.success(request, "The budget is set. It counts from the next capture on.")
    else:
        messages.error(request, "Enter an amount in dollars, like 12.50.")
    return redirect("event", request.org.slug, code)


@require_safe
@member_required(Role.ADMIN)
def event_facts(request: OrgRequest, code: UUID) -> HttpResponse:
    found = _event(request, code)
    return render(request, "studio/booth/facts.html", {"event": found, "facts": facts.facts_of(found)})


@require_safe
@member_required(Role.ADMIN)
def event_facts_csv(request: OrgRequest, code: UUID) -> HttpResponse:
    found = _event(request, code)
    response = HttpResponse(csv_cells.lines(facts.rows_of(found)), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="event-{found.code}.csv"'
    response["Cache-Control"] = "private, no-store"
    return response


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


def _form(request: OrgRequest, event: Event | None = None) -> EventForm:
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
    if event is not None:
        said = run_event.consent_of(event, event.language)
        initial = {name: getattr(event, name) for name in Settings.__dataclass_fields__}
        initial |= {"styles": [str(one) for one in event.styles], "consent": said.text if said else ""}
    form = EventForm(*posted, model=image_models.at(timezone.now()).default, styles=styles, initial=initial)
    if event is not None:
        form.leave_out(*NOT_CHANGED)
    return form


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
