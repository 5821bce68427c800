import json
from collections.abc import AsyncIterator

from asgiref.sync import sync_to_async
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone

from accounts import audit
from accounts.access import OrgRequest, member_required
from accounts.models import AuditEntry, Role
from saas.database import tenancy
from saas.text import csv_cells
from saas.web.pagination import cursor_page

COLUMNS = ["at", "actor", "action", "target", "details", "address", "agent", "request_id"]
CHUNK = 2000


@member_required(Role.ADMIN)
def audit_log(request: OrgRequest) -> HttpResponse:
    page = cursor_page(request.org.audit_entries.all(), before=request.GET.get("before", ""))
    return render(request, "accounts/audit.html", {"page": page, "entries": [_row(entry) for entry in page.items]})


def _row(entry: AuditEntry) -> dict[str, object]:
    name, _, address = entry.actor_label.partition(" <")
    words = audit.ACTIONS.get(entry.action, entry.action)
    return {"entry": entry, "name": name, "address": address.rstrip(">"), "words": words, "details": _details(entry)}


def _details(entry: AuditEntry) -> list[tuple[str, str]]:
    return [
        (name, ", ".join(map(str, value)) if isinstance(value, list) else str(value))
        for name, value in entry.details.items()
    ]


@member_required(Role.ADMIN)
def audit_export(request: OrgRequest) -> StreamingHttpResponse:
    audit.record(org=request.org, by=request.user, action="audit.exported", target=request.org.name)
    response = StreamingHttpResponse(_file(request.org.pk), content_type="text/csv; charset=utf-8")
    stamp = timezone.now().strftime("%Y-%m-%d")
    response["Content-Disposition"] = f'attachment; filename="audit-{request.org.slug}-{stamp}.csv"'
    response["Cache-Control"] = "private, no-store"
    return response


async def _file(org_id: int) -> AsyncIterator[str]:
    yield csv_cells.lines([COLUMNS])
    last_id = 0
    while True:
        text, last_id = await sync_to_async(_chunk)(org_id, last_id)
        if not text:
            return
        yield text


def _chunk(org_id: int, after_id: int) -> tuple[str, int]:
    """Read the next rows as CSV, in one short transaction. It runs after the view has returned, so it opens the wall
    itself."""
    with tenancy.tenant(org_id):
        entries = list(AuditEntry.objects.filter(org=org_id, pk__gt=after_id).order_by("pk")[:CHUNK])
    if not entries:
        return "", after_id
    return csv_cells.lines(_cells(entry) for entry in entries), entries[-1].pk


def _cells(entry: AuditEntry) -> list[object]:
    return [
        entry.at.isoformat(),
        entry.actor_label,
        entry.action,
        entry.target,
        json.dumps(entry.details, ensure_ascii=False, sort_keys=True),
        entry.address or "",
        entry.agent,
        entry.request_id,
    ]
