from uuid import UUID

from django.contrib import messages
from django.core.files.storage import default_storage
from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from accounts.access import OrgRequest, member_required
from accounts.errors import Refused
from accounts.models import Role
from billing import exports, tasks
from billing.models import ExportState, Format
from billing.views.tabs import usage_tabs
from billing.views.usage import scope_of

MIME = {
    "csv": "text/csv; charset=utf-8",
    "jsonl": "application/x-ndjson",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


@require_safe
@member_required(Role.VIEWER)
def exports_page(request: OrgRequest) -> HttpResponse:
    found = list(exports.visible_to(request.member).order_by("-pk")[:50])
    context = {
        "exports": [{"export": one, "rows": one.rows or exports.rows_so_far(one)} for one in found],
        "is_making": any(one.state == ExportState.MAKING for one in found),
        "formats": Format.choices,
        "scope": scope_of(request),
        "subnav": usage_tabs(request, "exports"),
    }
    name = "billing/_exports.html" if request.headers.get("HX-Request") else "billing/exports.html"
    return render(request, name, context)


@require_POST
@member_required(Role.MEMBER)
def make_export(request: OrgRequest) -> HttpResponse:
    form = request.POST.get("format", "")
    if form not in Format.values:
        raise Http404
    try:
        tasks.request_export(scope=scope_of(request, request.POST), form=Format(form), by=request.member)
    except Refused as refusal:
        messages.error(request, refusal.sentence)
    return redirect("exports", request.org.slug)


@require_safe
@member_required(Role.VIEWER)
def export_file(request: OrgRequest, code: UUID) -> FileResponse:
    """The right is asked again: who lost it between asking and now gets nothing."""
    export = get_object_or_404(exports.visible_to(request.member), code=code, state=ExportState.READY)
    try:
        file = default_storage.open(export.file)
    except FileNotFoundError as error:
        raise Http404 from error
    response = FileResponse(file, content_type=MIME[Format(export.format).extension])
    response["Content-Disposition"] = f'attachment; filename="{export.filename}"'
    response["Cache-Control"] = "private, no-store"
    return response
