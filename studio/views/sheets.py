"""Show sheets, make them of tables, and steer them."""

from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_POST, require_safe
from django.views.decorators.vary import vary_on_headers

from accounts.access import OrgRequest, member_required
from accounts.errors import NotAllowed, Refused
from accounts.models import Role
from saas.database import tenancy
from saas.web.pagination import cursor_page
from studio.catalogue.fields import SpecRefused
from studio.files import names as file_names
from studio.files import zip_stream
from studio.gallery import organize
from studio.imaging.inspection import UploadRefused
from studio.models import Output, Sheet, SheetLane
from studio.sheets import board, fix_row, make_sheet, print_proofs, read_request, read_table, results, steer
from studio.views.forms import NewSheetForm, StartSheetForm

LISTED = 24


@require_safe
@member_required(Role.VIEWER)
def sheet_list(request: OrgRequest) -> HttpResponse:
    return _list(request, NewSheetForm())


@require_POST
@member_required(Role.MEMBER, is_alone=True)
def new_sheet(request: OrgRequest) -> HttpResponse:
    """Make a sheet of the posted table, and show its dry run."""
    form = NewSheetForm(request.POST, request.FILES)
    if form.is_valid():
        table, packed = request.FILES.get("file"), request.FILES.get("pictures")
        data = table.read(read_table.MOST_BYTES + 1) if table is not None else None
        try:
            wanted = read_request.wanted_of(form.said(), file=data)
            sheet = make_sheet.make(by=request.member, api_key=None, wanted=wanted, packed=packed)
        except NotAllowed:
            raise
        except SpecRefused as refusal:
            for fault in refusal.errors:
                form.add_error(fault.field if fault.field in form.fields else None, fault.sentence)
        except Refused as refusal:
            form.add_error(None, refusal.sentence)
        else:
            return redirect("sheet", request.org.slug, sheet.code)
    with tenancy.tenant(request.org.pk):
        return _list(request, form, status=HTTPStatus.UNPROCESSABLE_ENTITY)


@require_safe
@vary_on_headers("HX-Request")
@member_required(Role.VIEWER)
def sheet(request: OrgRequest, code: UUID) -> HttpResponse:
    """Show a sheet: what it will cost, how far it is, and its pictures as a contact sheet or as a table. `part=board`
    and `part=rows` are pieces of an open page."""
    found = _sheet(request, code)
    part = request.GET.get("part", "")
    context: dict[str, Any] = {"sheet": found, "may_steer": _may_steer(request, found)}
    if part != "rows":
        context["board"] = board.board_of(found, request.member)
        context["start_form"] = StartSheetForm(initial={"lane": found.lane}, most=context["board"].most_at_once)
    if part != "board":
        context["page"] = board.page_of(
            found,
            after=request.GET.get("after", ""),
            state=request.GET.get("state", ""),
            view=request.GET.get("view", ""),
        )
    piece = {"board": "studio/sheets/_board.html", "rows": "studio/sheets/_rows.html"}
    return render(request, piece.get(part, "studio/sheets/sheet.html"), context)


@require_POST
@member_required(Role.MEMBER)
def start_sheet(request: OrgRequest, code: UUID) -> HttpResponse:
    found = _sheet(request, code)
    form = StartSheetForm(request.POST, most=steer.MOST_AT_ONCE)
    if not form.is_valid():
        messages.error(request, "Choose how many rows at once, as a whole number.")
        return redirect("sheet", request.org.slug, code)
    said = form.cleaned_data
    at, lane, at_once = said["at"], SheetLane(said["lane"]), said["concurrency"] or 0
    try:
        if at is not None:
            steer.start_later(sheet=found, by=request.member, at=at, lane=lane, concurrency=at_once)
        else:
            sample = said["sample"] if "first" in request.POST else None
            reuses = bool(said["reuse"])
            steer.start(sheet=found, by=request.member, lane=lane, concurrency=at_once, sample=sample, reuses=reuses)
    except NotAllowed:
        raise
    except Refused as refusal:
        messages.error(request, refusal.sentence)
    return redirect("sheet", request.org.slug, code)


@require_POST
@member_required(Role.MEMBER)
def pause_sheet(request: OrgRequest, code: UUID) -> HttpResponse:
    return _steered(request, code, steer.pause)


@require_POST
@member_required(Role.MEMBER)
def resume_sheet(request: OrgRequest, code: UUID) -> HttpResponse:
    return _steered(request, code, steer.resume)


@require_POST
@member_required(Role.MEMBER)
def cancel_sheet(request: OrgRequest, code: UUID) -> HttpResponse:
    return _steered(request, code, steer.cancel)


@require_POST
@member_required(Role.MEMBER)
def rerun_sheet(request: OrgRequest, code: UUID) -> HttpResponse:
    """Make the failed rows of one reason again, or all that trying again can help."""
    found = _sheet(request, code)
    reason = request.POST.get("reason", "")
    rows = found.rows.filter(error_code=reason[:60]) if reason else None
    try:
        count = steer.rerun(sheet=found, by=request.member, rows=rows)
    except NotAllowed:
        raise
    except Refused as refusal:
        messages.error(request, refusal.sentence)
    else:
        messages.success(request, f"{count:,} row{'' if count == 1 else 's'} will be made again.")
    return redirect("sheet", request.org.slug, code)


@require_POST
@member_required(Role.MEMBER)
def star_sheet_row(request: OrgRequest, code: UUID, row: UUID) -> HttpResponse:
    """Star the picture of a row, or take the star away. Return the star, or a redirect without script."""
    found = _sheet(request, code)
    (tile,) = board.tiles_of([get_object_or_404(found.rows.select_related("run"), code=row)])
    if tile.first is None:
        raise Http404
    tile.first.stars = 0 if tile.first.stars else 1
    visible = Output.objects.visible_to(request.member).filter(pk=tile.first.pk)
    organize.star(by=request.member, outputs=visible, stars=tile.first.stars)
    if not request.htmx:
        return redirect("sheet", request.org.slug, code)
    return render(request, "studio/sheets/_star.html", {"sheet": found, "tile": tile})


@require_POST
@member_required(Role.MEMBER, is_alone=True)
def print_sheet(request: OrgRequest, code: UUID) -> HttpResponse:
    """Print the starred proofs, larger and in the quality that their rows ask for."""
    with tenancy.tenant(request.org.pk):
        found = _sheet(request, code)
    try:
        count = print_proofs.print_starred(sheet=found, by=request.member)
    except NotAllowed as refusal:
        raise PermissionDenied(refusal.sentence) from None
    except UploadRefused as refusal:
        messages.error(request, refusal.sentence)
    except Refused as refusal:
        messages.error(request, refusal.sentence)
    else:
        messages.success(request, f"{count:,} proof{'' if count == 1 else 's'} will be printed.")
    return redirect("sheet", request.org.slug, code)


@require_POST
@member_required(Role.MEMBER)
def fix_sheet_row(request: OrgRequest, code: UUID, row: UUID) -> HttpResponse:
    """Change the prompt of a row that failed or has a fault, and make it again."""
    found = _sheet(request, code)
    chosen = get_object_or_404(found.rows.select_related("sheet__org", "sheet__api_key"), code=row)
    try:
        fix_row.fix(row=chosen, by=request.member, prompt=request.POST.get("prompt", ""))
    except NotAllowed:
        raise
    except SpecRefused as refusal:
        messages.error(request, " ".join(fault.sentence for fault in refusal.errors))
    except Refused as refusal:
        messages.error(request, refusal.sentence)
    else:
        messages.success(request, f"Row {chosen.number} is made with the new prompt.")
    return redirect("sheet", request.org.slug, code)


@require_POST
@member_required(Role.MEMBER)
def delete_sheet(request: OrgRequest, code: UUID) -> HttpResponse:
    found = _sheet(request, code)
    steer.delete(sheet=found, by=request.member)
    messages.success(request, f"“{found.name}” is deleted. Its pictures stay in the gallery.")
    return redirect("sheets", request.org.slug)


@require_safe
@member_required(Role.VIEWER)
def sheet_result(request: OrgRequest, code: UUID) -> HttpResponse:
    """Download the result sheet, with a mark by which a spreadsheet knows its encoding."""
    found = _sheet(request, code)
    response = HttpResponse("".join(results.lines(found, with_mark=True)), content_type="text/csv; charset=utf-8")
    name = f"{file_names.safe(found.name) or 'sheet'}-result.csv"
    response["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=name) or ""
    response["Cache-Control"] = "private, no-store"
    return response


@require_safe
@member_required(Role.VIEWER, is_alone=True)
def sheet_archive(request: OrgRequest, code: UUID) -> HttpResponseBase:
    with tenancy.tenant(request.org.pk):
        archive = results.archive_of(_sheet(request, code))
    return zip_stream.send_zip(archive, org_id=request.org.pk)


def _steered(request: OrgRequest, code: UUID, act: Any) -> HttpResponse:
    found = _sheet(request, code)
    try:
        act(sheet=found, by=request.member)
    except NotAllowed:
        raise
    except Refused as refusal:
        messages.error(request, refusal.sentence)
    return redirect("sheet", request.org.slug, code)


def _sheet(request: OrgRequest, code: UUID) -> Sheet:
    visible = Sheet.objects.visible_to(request.member)
    return get_object_or_404(visible.select_related("org", "maker", "api_key"), code=code)


def _may_steer(request: OrgRequest, found: Sheet) -> bool:
    is_member = request.member.is_at_least(Role.MEMBER)
    return is_member and (found.maker_id == request.user.pk or request.member.is_admin)


def _list(request: OrgRequest, form: NewSheetForm, *, status: int = 200) -> HttpResponse:
    visible = Sheet.objects.visible_to(request.member).select_related("maker")
    page = cursor_page(visible, before=request.GET.get("before", ""), size=LISTED)
    context = {"form": form, "page": page, "entries": board.entries_of(page.items)}
    return render(request, "studio/sheets/sheets.html", context, status=status)
