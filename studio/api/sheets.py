import json
from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.db.models import QuerySet
from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.http.multipartparser import MultiPartParserError
from django.shortcuts import get_object_or_404
from django.utils.http import content_disposition_header
from ninja import Query, Router, Status
from ninja.errors import HttpError

from accounts.models import Scope
from saas.database import tenancy
from saas.text import money
from studio.api.door import ApiCaller, ApiRequest, inside, may
from studio.api.errors import ApiRefused
from studio.api.paging import Paging, page
from studio.api.run_bodies import FORM
from studio.api.runs import REFUSALS
from studio.api.shapes import Page, SlotError
from studio.api.sheet_shapes import (
    DESCRIBED,
    PictureOut,
    QuoteOut,
    RowFaultOut,
    RowsPage,
    SheetOut,
    SheetRowOut,
    SheetSummary,
    StartIn,
)
from studio.files import names as file_names
from studio.files import zip_stream
from studio.models import RowState, Sheet, SheetLane, SheetRow
from studio.sheets import make_sheet, print_proofs, quote, read_request, read_table, results, steer
from studio.sheets.refusals import MOST_FAULTS, SheetRefused

router = Router(tags=["Sheets"])
MOST_JSON_BYTES = read_table.MOST_BYTES
NO_DEADLINE = "Only what is made overnight has a deadline."


@router.post(
    "/sheets",
    auth=may(Scope.GENERATE),
    response={201: SheetOut, **REFUSALS},
    url_name="api_sheets",
    openapi_extra=DESCRIBED,
)
def make(request: ApiRequest) -> "Status[SheetOut]":
    """Make a sheet of a table

    A `file` (CSV, TSV, XLSX) with a ZIP of `pictures`, or `rows` as JSON. Columns that are called like parameters map
    themselves. Each row is checked and priced; nothing is held or spent before the sheet is started. A result sheet
    that is sent in again makes only what is missing."""
    caller = request.auth
    said, file, packed = _read(request)
    wanted = read_request.wanted_of(said, file=file)
    sheet = make_sheet.make(by=caller.member, api_key=caller.api_key, wanted=wanted, packed=packed)
    with tenancy.tenant(caller.org.pk):
        return Status(201, _described(sheet, caller))


@router.get("/sheets", auth=may(Scope.READ), response={200: Page[SheetSummary], **REFUSALS}, url_name="api_sheets")
@inside
def list_sheets(request: ApiRequest, paging: Paging) -> dict[str, Any]:
    """List sheets, the newest first"""
    rows = Sheet.objects.visible_to(request.auth.member).select_related("maker")
    return page(rows, paging, lambda sheet: SheetSummary(**SheetSummary.said_of(sheet)))


@router.get("/sheets/{uuid:code}", auth=may(Scope.READ), response={200: SheetOut, **REFUSALS}, url_name="api_sheet")
@inside
def read(request: ApiRequest, code: UUID) -> SheetOut:
    """Read a sheet, and how far it is"""
    return _described(_sheet(request, code), request.auth)


@router.delete("/sheets/{uuid:code}", auth=may(Scope.GENERATE), response={204: None, **REFUSALS}, url_name="api_sheet")
@inside
def delete(request: ApiRequest, code: UUID) -> "Status[None]":
    """Delete a sheet

    What it is making is stopped. Its pictures stay in the gallery."""
    steer.delete(sheet=_sheet(request, code), by=request.auth.member)
    return Status(204, None)


@router.post(
    "/sheets/{uuid:code}/start",
    auth=may(Scope.GENERATE),
    response={200: SheetOut, **REFUSALS},
    url_name="api_start_sheet",
)
@inside
def start(request: ApiRequest, code: UUID, body: StartIn) -> SheetOut:
    """Begin to make a sheet

    Rows with faults are left out. Rows begin in their order while the hold fits; then the sheet waits for money."""
    sheet, at_once = _sheet(request, code), body.concurrency or 0
    by, morning = request.auth.member, _morning(body)
    if body.at is not None:
        steer.start_later(sheet=sheet, by=by, at=body.at, lane=body.lane, concurrency=at_once, **morning)
    else:
        steer.start(
            sheet=sheet, by=by, lane=body.lane, concurrency=at_once, sample=body.sample, reuses=body.reuse, **morning
        )
    return _described(sheet, request.auth)


@router.post(
    "/sheets/{uuid:code}/pause",
    auth=may(Scope.GENERATE),
    response={200: SheetOut, **REFUSALS},
    url_name="api_pause_sheet",
)
@inside
def pause(request: ApiRequest, code: UUID) -> SheetOut:
    """Let no more rows begin. What is being made is finished"""
    return _steered(request, code, steer.pause)


@router.post(
    "/sheets/{uuid:code}/resume",
    auth=may(Scope.GENERATE),
    response={200: SheetOut, **REFUSALS},
    url_name="api_resume_sheet",
)
@inside
def resume(request: ApiRequest, code: UUID) -> SheetOut:
    """Go on with a paused sheet"""
    return _steered(request, code, steer.resume)


@router.post(
    "/sheets/{uuid:code}/cancel",
    auth=may(Scope.GENERATE),
    response={200: SheetOut, **REFUSALS},
    url_name="api_cancel_sheet",
)
@inside
def cancel(request: ApiRequest, code: UUID) -> SheetOut:
    """Make nothing more

    What is finished stays; what a provider works on may still be charged."""
    return _steered(request, code, steer.cancel)


@router.post(
    "/sheets/{uuid:code}/rerun",
    auth=may(Scope.GENERATE),
    response={200: SheetOut, **REFUSALS},
    url_name="api_rerun_sheet",
)
@inside
def rerun(request: ApiRequest, code: UUID) -> SheetOut:
    """Make failed rows again, where that can help"""
    return _steered(request, code, steer.rerun)


@router.post(
    "/sheets/{uuid:code}/print",
    auth=may(Scope.GENERATE),
    response={200: SheetOut, **REFUSALS},
    url_name="api_print_sheet",
)
def print_starred(request: ApiRequest, code: UUID) -> SheetOut:
    """Print the starred proofs of a sheet of proofs

    Each becomes a row of its own, larger and in the quality that its cells ask for, with the proof as the reference.
    Star proofs by `PATCH /images/<id>`."""
    with tenancy.tenant(request.auth.org.pk):
        sheet = _sheet(request, code)
    print_proofs.print_starred(sheet=sheet, by=request.auth.member)
    with tenancy.tenant(request.auth.org.pk):
        return _described(_sheet(request, code), request.auth)


@router.get(
    "/sheets/{uuid:code}/rows",
    auth=may(Scope.READ),
    response={200: Page[SheetRowOut], **REFUSALS},
    url_name="api_sheet_rows",
)
@inside
def read_rows(request: ApiRequest, code: UUID, paging: Query[RowsPage]) -> dict[str, Any]:
    """Read the rows of a sheet, in their order"""
    sheet = _sheet(request, code)
    rows = results.rows_of(sheet).select_related("run")
    if paging.state:
        rows = rows.filter(state=paging.state)
    if paging.cursor:
        rows = results.after(rows, get_object_or_404(sheet.rows, code=paging.cursor))
    found = list(rows[: paging.limit + 1])
    shown = found[: paging.limit]
    return {
        "data": _rows_out(sheet, shown),
        "next": str(shown[-1].code) if len(found) > paging.limit else None,
    }


@router.get(
    "/sheets/{uuid:code}/result.csv",
    auth=may(Scope.READ),
    response=REFUSALS,
    url_name="api_sheet_result",
    openapi_extra={"responses": {200: {"content": {"text/csv": {}}}}},
)
def read_result(request: ApiRequest, code: UUID) -> HttpResponse:
    """Download the result sheet

    The columns that came in, and state, cost, file, link, error of each row. Sent in again, it makes what is
    missing."""
    with tenancy.tenant(request.auth.org.pk):
        sheet = _sheet(request, code)
        text = "".join(results.lines(sheet))
    response = HttpResponse(text, content_type="text/csv; charset=utf-8")
    name = f"{file_names.safe(sheet.name) or 'sheet'}-result.csv"
    response["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=name) or ""
    response["Cache-Control"] = "private, no-store"
    return response


@router.get(
    "/sheets/{uuid:code}/archive.zip",
    auth=may(Scope.READ),
    response=REFUSALS,
    url_name="api_sheet_archive",
    openapi_extra={"responses": {200: {"content": {"application/zip": {}}}}},
)
def read_archive(request: ApiRequest, code: UUID) -> HttpResponseBase:
    """Download the pictures of a sheet as a ZIP, with `manifest.json`"""
    with tenancy.tenant(request.auth.org.pk):
        archive = results.archive_of(_sheet(request, code))
    response: StreamingHttpResponse = zip_stream.send_zip(archive, org_id=request.auth.org.pk)
    return response


def _read(request: ApiRequest) -> tuple[dict[str, Any], bytes | None, Any]:
    """Return the fields, the bytes of the table and the ZIP of pictures."""
    if request.content_type != FORM:
        return _json(request), None, None
    try:
        texts, files = request.POST, request.FILES
    except (MultiPartParserError, RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent):
        raise HttpError(400, "Cannot parse request body") from None
    for name in files:
        if name not in {"file", "pictures"}:
            raise SheetRefused("unknown_parameter", "A sheet has a “file” and “pictures”.", name[:80], "file")
    table = files.get("file")
    data = table.read(read_table.MOST_BYTES + 1) if table is not None else None
    return dict(texts.items()), data, files.get("pictures")


def _json(request: ApiRequest) -> dict[str, Any]:
    """Read a body that may be larger than Django's own bound for forms."""
    body = request.read(MOST_JSON_BYTES + 1)
    if len(body) > MOST_JSON_BYTES:
        raise ApiRefused(413, "request_too_large", f"A sheet may have {MOST_JSON_BYTES // 1_000_000} MB at most.")
    try:
        said = json.loads(body or b"{}")
    except (ValueError, RecursionError):
        raise HttpError(400, "Cannot parse request body") from None
    if not isinstance(said, dict):
        raise HttpError(400, "Cannot parse request body")
    return said


def _sheet(request: ApiRequest, code: UUID) -> Sheet:
    rows: QuerySet[Sheet] = Sheet.objects.visible_to(request.auth.member)
    return get_object_or_404(rows.select_related("org", "maker", "api_key"), code=code)


def _steered(request: ApiRequest, code: UUID, act: Callable[..., object]) -> SheetOut:
    sheet = _sheet(request, code)
    act(sheet=sheet, by=request.auth.member)
    return _described(sheet, request.auth)


def _morning(body: StartIn) -> dict[str, Any]:
    """Return what becomes in the morning of what is made overnight."""
    if body.lane == SheetLane.OVERNIGHT:
        return {"deadline_at": body.deadline, "goes_live": body.goes_live}
    if body.deadline is not None or body.goes_live:
        raise SheetRefused("unsupported", NO_DEADLINE, "lane", "overnight")
    return {}


def _described(sheet: Sheet, caller: ApiCaller) -> SheetOut:
    faulty = sheet.rows.filter(state=RowState.FAULTY).order_by("number", "variant")
    faults = [fault for row in faulty[:MOST_FAULTS] for fault in _faults(row)][:MOST_FAULTS]
    return SheetOut(
        **SheetSummary.said_of(sheet),
        concurrency=sheet.concurrency,
        template=sheet.template,
        names=sheet.names,
        counts=quote.counts_of(sheet),
        faults=faults,
        quote=QuoteOut.from_quote(quote.quote_of(sheet, caller.member, sheet.api_key)),
        alike=0 if sheet.is_moving or sheet.has_ended else make_sheet.count_alike(sheet, caller.member),
        cost=money.exact(quote.cost_of(sheet)),
    )


def _faults(row: SheetRow) -> list[RowFaultOut]:
    return [RowFaultOut(row=row.number, **fault) for fault in row.faults]


def _rows_out(sheet: Sheet, rows: list[SheetRow]) -> list[SheetRowOut]:
    outputs = results.outputs_of(rows)
    named = results.stems_on_page(sheet, rows)
    return [
        SheetRowOut(
            id=row.code,
            row=row.number,
            variant=row.variant,
            state=RowState(row.state),
            cells=dict(zip(sheet.columns, row.cells, strict=False)),
            prompt=str(row.asked.get("prompt", "")),
            pictures=[
                PictureOut(id=output.code, file=name, url=f"/api/v1/images/{output.code}/original")
                for name, output in results.named(row, outputs.get(row.run_id or 0, []), named[row.pk])
            ],
            run=row.run.code if row.run else None,
            is_reused=row.is_reused,
            seconds=row.seconds,
            cost=money.exact(row.cost_micros),
            error=SlotError(code=row.error_code, message=row.error_sentence) if row.error_code else None,
            faults=_faults(row),
        )
        for row in rows
    ]
