"""Export the ledger and the runs. Read and set limits, for callers with the scope `manage`."""

from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from django.http import Http404, HttpResponseBase
from django.shortcuts import get_object_or_404
from ninja import Field, Router, Schema, Status
from pydantic import ConfigDict, field_validator

from accounts.limits import rules
from accounts.models import Quota, Role, Scope, Subject
from billing import downloads, exports, tasks, usage
from billing.downloads import MIME
from billing.models import Export, ExportState, Format
from billing.sources import SOURCES
from billing.spans import LONGEST_DAYS, OWN, Span
from saas.text import money
from saas.text.codes import code_or_none
from studio.api.door import ApiRequest, inside, may
from studio.api.errors import ApiRefused
from studio.api.paging import Paging, page
from studio.api.runs import REFUSALS
from studio.api.shapes import Page

router = Router(tags=["Money"])
FILE: dict[str, Any] = {"responses": {200: {"content": {mime.partition(";")[0]: {} for mime in MIME.values()}}}}


class ExportIn(Schema):
    """Days of the organization's own calendar, both included."""

    model_config = ConfigDict(extra="forbid")

    what: str = Field("ledger", max_length=10, description="`ledger` or `runs`")
    format: Format = Format.CSV
    first: date
    last: date
    play: bool = Field(False, description="Sandbox play money")


class ExportOut(Schema):
    id: UUID
    what: str
    state: ExportState
    format: Format
    first: date
    last: date
    is_play: bool
    rows: int | None = Field(description="While it is being made: the rows written so far")
    cost: str | None
    size_bytes: int | None
    created_at: datetime
    expires_at: datetime
    url: str | None = Field(description="The file; needs the same rights as this answer")

    @classmethod
    def from_export(cls, export: Export) -> "ExportOut":
        is_ready = export.state == ExportState.READY
        return cls(
            id=export.code,
            what=export.what,
            state=ExportState(export.state),
            format=Format(export.format),
            first=export.first,
            last=export.last,
            is_play=export.is_play,
            rows=export.rows if is_ready else exports.rows_so_far(export),
            cost=None if export.micros is None else money.exact(export.micros),
            size_bytes=export.size_bytes,
            created_at=export.created_at,
            expires_at=export.expires_at,
            url=f"/api/v1/exports/{export.code}/file" if is_ready else None,
        )


class QuotaIn(Schema):
    """Null is unlimited; what is left out stays as it is."""

    model_config = ConfigDict(extra="forbid")

    money_day: str | None = Field(None, examples=["12.50"], max_length=30)
    money_month: str | None = Field(None, max_length=30)
    images_day: int | None = Field(None, ge=0, le=10**12)
    images_month: int | None = Field(None, ge=0, le=10**12)
    most_pixels: int | None = Field(None, ge=1, le=2**31 - 1)
    highest_quality: Literal["low", "medium", "high", "xhigh", "max", ""] | None = None
    most_pictures: int | None = Field(None, ge=1, le=10)
    model_names: list[str] | None = Field(None, max_length=100)
    runs_at_once: int | None = Field(None, ge=0, le=10_000)
    runs_per_minute: int | None = Field(None, ge=0, le=10_000)

    @field_validator("money_day", "money_month")
    @classmethod
    def is_money(cls, value: str | None) -> str | None:
        if value is not None:
            money.parse(value)
        return value

    @field_validator("model_names")
    @classmethod
    def are_names(cls, value: list[str] | None) -> list[str] | None:
        if value is not None and any(not 0 < len(name) <= 80 or not name.isprintable() for name in value):  # noqa: PLR2004 the column's
            raise ValueError("A model's name has 1 to 80 plain characters.")
        return value

    def values(self) -> dict[str, Any]:
        said = self.model_dump(exclude_unset=True)
        for name in ("money_day", "money_month"):
            if said.get(name) is not None:
                said[name] = money.parse(said[name])
        if "highest_quality" in said:
            said["highest_quality"] = said["highest_quality"] or ""
        return said


class QuotaOut(Schema):
    """Null is unlimited."""

    subject: Subject
    name: str = Field(description="`all`, a role, or the id of a member or a key")
    money_day: str | None
    money_month: str | None
    images_day: int | None
    images_month: int | None
    most_pixels: int | None
    highest_quality: str | None
    most_pictures: int | None
    model_names: list[str] | None
    runs_at_once: int | None
    runs_per_minute: int | None

    @classmethod
    def from_quota(cls, quota: Quota) -> "QuotaOut":
        same = {name: getattr(quota, name) for name in cls.model_fields if hasattr(quota, name)}
        amounts = {
            name: None if same[name] is None else money.exact(same[name]) for name in ("money_day", "money_month")
        }
        quality = {"highest_quality": quota.highest_quality or None}
        return cls(**{**same, **amounts, **quality, "name": _name(quota)})


@router.post("/exports", auth=may(Scope.USAGE), response={202: ExportOut, **REFUSALS}, url_name="api_exports")
@inside
def ask_for_export(request: ApiRequest, body: ExportIn) -> "Status[ExportOut]":
    """Ask for the ledger, or all runs, as a file

    A worker makes it; an admin's key gets everybody's entries, another one its maker's."""
    if not 0 <= (body.last - body.first).days < LONGEST_DAYS or body.first.year < 2000:  # noqa: PLR2004 long before us
        raise ApiRefused(
            422, "invalid", f"An export covers 1 to {LONGEST_DAYS:,} days, and cannot end before it begins."
        )
    member = request.auth.member
    span = Span(OWN, body.first, body.last)
    own = None if member.is_admin else member.user_id
    if body.what not in SOURCES:
        raise ApiRefused(422, "invalid", f"What is exported is one of {', '.join(SOURCES)}.")
    scope = usage.Scope(org=member.org, span=span, is_play=body.play, only={}, user_id=own)
    return Status(
        202, ExportOut.from_export(tasks.request_export(scope=scope, what=body.what, form=body.format, by=member))
    )


@router.get("/exports", auth=may(Scope.USAGE), response={200: Page[ExportOut], **REFUSALS}, url_name="api_exports")
@inside
def list_exports(request: ApiRequest, paging: Paging) -> dict[str, Any]:
    """List your exports of the last week, the newest first"""
    return page(exports.visible_to(request.auth.member), paging, ExportOut.from_export)


@router.get("/exports/{uuid:code}", auth=may(Scope.USAGE), response={200: ExportOut, **REFUSALS}, url_name="api_export")
@inside
def read_export(request: ApiRequest, code: UUID) -> ExportOut:
    """Read how far an export is"""
    return ExportOut.from_export(get_object_or_404(exports.visible_to(request.auth.member), code=code))


@router.get(
    "/exports/{uuid:code}/file",
    auth=may(Scope.USAGE),
    response=REFUSALS,
    url_name="api_export_file",
    openapi_extra=FILE,
)
@inside
def export_file(request: ApiRequest, code: UUID) -> HttpResponseBase:
    """Download an export"""
    export = get_object_or_404(exports.visible_to(request.auth.member), code=code, state=ExportState.READY)
    return downloads.send(export)


@router.get("/quotas", auth=may(Scope.MANAGE), response={200: Page[QuotaOut], **REFUSALS}, url_name="api_quotas")
@inside
def list_quotas(request: ApiRequest) -> dict[str, Any]:
    """List the limits that were set: of the organization, of roles, members and keys"""
    found = request.auth.org.quotas.exclude(subject=Subject.LOAN).select_related("user", "api_key").order_by("pk")
    return {"data": [QuotaOut.from_quota(quota) for quota in found], "next": None}


@router.get(
    "/quotas/{subject}/{name}", auth=may(Scope.MANAGE), response={200: QuotaOut, **REFUSALS}, url_name="api_quota"
)
@inside
def read_quota(request: ApiRequest, subject: Subject, name: str) -> QuotaOut:
    """Read what was set for one

    `organization/all`, `role/<role>`, `member/<id>` or `key/<id>`."""
    return QuotaOut.from_quota(_quota(request, subject, name))


@router.put(
    "/quotas/{subject}/{name}", auth=may(Scope.MANAGE), response={200: QuotaOut, **REFUSALS}, url_name="api_quota"
)
@inside
def set_quota(request: ApiRequest, subject: Subject, name: str, body: QuotaIn) -> QuotaOut:
    """Set limits of one

    Below what is spent, a limit stops new runs and nothing else."""
    rules.change(
        org=request.auth.org,
        by=request.auth.member,
        quota=_quota(request, subject, name),
        values=body.values(),
    )
    return QuotaOut.from_quota(_quota(request, subject, name))


@router.delete(
    "/quotas/{subject}/{name}", auth=may(Scope.MANAGE), response={204: None, **REFUSALS}, url_name="api_quota"
)
@inside
def remove_quota(request: ApiRequest, subject: Subject, name: str) -> "Status[None]":
    """Reset to the role's limits, or to no limit at all"""
    rules.remove(org=request.auth.org, by=request.auth.member, quota=_quota(request, subject, name))
    return Status(204, None)


def _quota(request: ApiRequest, subject: Subject, name: str) -> Quota:
    """Return the row, or a new one that is not saved and sets no limits."""
    named = _named(request, subject, name)
    found = request.auth.org.quotas.filter(subject=subject, **named).select_related("user", "api_key").first()
    return found or Quota(org=request.auth.org, subject=subject, **named)


def _named(request: ApiRequest, subject: Subject, name: str) -> dict[str, Any]:
    org = request.auth.org
    if subject == Subject.ORGANIZATION and name == "all":
        return {}
    if subject == Subject.ROLE and name in {Role.MEMBER, Role.ADMIN, Role.OWNER}:
        return {"role": name}
    code = code_or_none(name)
    if code is None:
        raise Http404
    if subject == Subject.MEMBER:
        return {"user": get_object_or_404(org.memberships.select_related("user"), user__code=code).user}
    if subject == Subject.KEY:
        return {"api_key": get_object_or_404(org.api_keys, code=code)}
    raise Http404


def _name(quota: Quota) -> str:
    if quota.subject == Subject.ROLE:
        return quota.role
    if quota.user:
        return str(quota.user.code)
    return str(quota.api_key.code) if quota.api_key else "all"
