from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe
from django.views.decorators.vary import vary_on_headers

from accounts.access import OrgRequest, member_required
from accounts.errors import Refused
from accounts.limits import periods
from accounts.models import Role
from billing import downloads, exports, subscriptions, tasks
from billing.models import ExportState, Format
from billing.sources import SOURCES
from billing.views.tabs import usage_tabs
from billing.views.usage import is_play, only_shown, scope_of


@require_safe
@vary_on_headers("HX-Request")
@member_required(Role.VIEWER)
def exports_page(request: OrgRequest) -> HttpResponse:
    found = list(exports.visible_to(request.member).order_by("-pk")[:50])
    scope = scope_of(request)
    context = {
        "exports": [{"export": one, "rows": one.rows or exports.rows_so_far(one)} for one in found],
        "is_making": any(one.state == ExportState.MAKING for one in found),
        "sources": SOURCES.values(),
        "formats": Format.choices,
        "scope": scope,
        "only": only_shown(scope),
        "subscriptions": _subscriptions(request) if request.member.is_admin else [],
        "next_month": periods.today(request.org).month,
        "subnav": usage_tabs(request, "exports"),
    }
    name = "billing/_exports.html" if request.htmx else "billing/exports.html"
    return render(request, name, context)


@require_POST
@member_required(Role.MEMBER)
def make_export(request: OrgRequest) -> HttpResponse:
    what, form = _asked(request)
    try:
        tasks.request_export(scope=scope_of(request, request.POST), what=what, form=form, by=request.member)
    except Refused as refusal:
        messages.error(request, refusal.sentence)
    return redirect("exports", request.org.slug)


@require_POST
@member_required(Role.ADMIN)
def subscribe_export(request: OrgRequest) -> HttpResponse:
    what, form = _asked(request)
    play = is_play(request, request.POST.get("play"))
    try:
        tasks.check(what, form)
        subscriptions.subscribe(org=request.org, by=request.member, what=what, form=form, is_play=play)
        messages.success(request, "On the first of each month you get a link to the month before.")
    except Refused as refusal:
        messages.error(request, refusal.sentence)
    return redirect("exports", request.org.slug)


@require_POST
@member_required(Role.ADMIN)
def unsubscribe_export(request: OrgRequest, code: UUID) -> HttpResponse:
    found = request.org.export_subscriptions.select_related("org", "user")
    subscriptions.unsubscribe(subscription=get_object_or_404(found, code=code), by=request.member)
    messages.success(request, "This monthly export has ended.")
    return redirect("exports", request.org.slug)


@require_safe
@member_required(Role.VIEWER)
def export_file(request: OrgRequest, code: UUID) -> HttpResponseBase:
    """Send the file. The right is checked again: a person who has lost it since asking gets nothing."""
    export = get_object_or_404(exports.visible_to(request.member), code=code, state=ExportState.READY)
    return downloads.send(export)


def _asked(request: OrgRequest) -> tuple[str, Format]:
    what, form = request.POST.get("what", "ledger"), request.POST.get("format", "")
    if form not in Format.values or what not in SOURCES:
        raise Http404
    return what, Format(form)


def _subscriptions(request: OrgRequest) -> list[dict[str, Any]]:
    found = request.org.export_subscriptions.select_related("user").order_by("pk")
    return [{"subscription": one, "title": subscriptions.title(one)} for one in found]
