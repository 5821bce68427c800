"""Let the staff of an event release, hide and delete captures, and hold the line."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST, require_safe

from accounts.access import OrgRequest, member_required
from accounts.errors import Refused
from accounts.models import Role
from saas.database import tenancy
from studio.booth import moderate, run_event, withdraw
from studio.files import shown
from studio.models import Capture, Event, Output


@require_POST
@member_required(Role.MEMBER)
def pause_event(request: OrgRequest, code: UUID) -> HttpResponse:
    run_event.pause(by=request.member, event=_event(request, code))
    return redirect("event", request.org.slug, code)


@require_POST
@member_required(Role.MEMBER)
def resume_event(request: OrgRequest, code: UUID) -> HttpResponse:
    run_event.resume(by=request.member, event=_event(request, code))
    return redirect("event", request.org.slug, code)


@require_POST
@member_required(Role.MEMBER, is_alone=True)
def clear_queue(request: OrgRequest, code: UUID) -> HttpResponse:
    with tenancy.tenant(request.org.pk):
        event = _event(request, code)
    try:
        count = moderate.clear_queue(by=request.member, event=event, pin=request.POST.get("pin", ""))
    except Refused as refusal:
        messages.error(request, refusal.sentence)
    else:
        messages.success(request, f"{count} capture{'' if count == 1 else 's'} stopped. Their money is free again.")
    return redirect("event", request.org.slug, code)


@require_POST
@member_required(Role.MEMBER)
def release_capture(request: OrgRequest, code: UUID) -> HttpResponse:
    capture = _capture(request, code)
    moderate.release(by=request.member, capture=capture)
    return redirect("event", request.org.slug, capture.event.code)


@require_POST
@member_required(Role.MEMBER)
def hide_capture(request: OrgRequest, code: UUID) -> HttpResponse:
    capture = _capture(request, code)
    moderate.hide(by=request.member, capture=capture)
    return redirect("event", request.org.slug, capture.event.code)


@require_POST
@member_required(Role.MEMBER)
def delete_as_staff(request: OrgRequest, code: UUID) -> HttpResponse:
    capture = _capture(request, code)
    withdraw.delete(capture, by=request.member)
    messages.success(request, f"{capture.short_code} is being deleted.")
    return redirect("event", request.org.slug, capture.event.code)


@require_safe
@member_required(Role.MEMBER)
def capture_file(request: OrgRequest, code: UUID, index: int) -> HttpResponseBase:
    """Send the preview of a picture. The run is its maker's own, so staff see it by the capture."""
    capture = _capture(request, code)
    found = Output.objects.filter(org=request.org, run=capture.run_id, slot__index=index).not_in_bin()
    return shown.send(request, get_object_or_404(found), "preview", download_as=f"{capture.short_code}-{index + 1}")


def _event(request: OrgRequest, code: UUID) -> Event:
    return get_object_or_404(request.org.events.select_related("org", "budget"), code=code)


def _capture(request: OrgRequest, code: UUID) -> Capture:
    found = request.org.captures.not_deleted().select_related("event", "run")
    return get_object_or_404(found, code=code)
