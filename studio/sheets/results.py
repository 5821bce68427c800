"""Hand out what a sheet has made: the result sheet, which may be sent in again, and a ZIP of the pictures."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

from django.conf import settings
from django.db.models import Q, QuerySet
from django.urls import reverse

from saas.text import csv_cells, money
from studio.files import names
from studio.files.zip_stream import Archive, Member
from studio.models import Output, RowState, Sheet, SheetRow
from studio.sheets import file_names
from studio.sheets.read_table import RESULT_COLUMNS, ROW_ID

AT_ONCE = 500
JOINED = "; "


def rows_of(sheet: Sheet) -> "QuerySet[SheetRow]":
    return SheetRow.objects.filter(sheet=sheet).order_by("number", "variant")


def after(rows: "QuerySet[SheetRow]", last: SheetRow) -> "QuerySet[SheetRow]":
    """Narrow to the rows behind this one."""
    return rows.filter(Q(number__gt=last.number) | Q(number=last.number, variant__gt=last.variant))


def stems_on_page(sheet: Sheet, rows: Iterable[SheetRow]) -> dict[int, list[str]]:
    """Return the names of these rows' pictures. All rows before count, since a name may be taken; but they are read
    without what names do not need."""
    last = max((row.number for row in rows), default=0)
    before = rows_of(sheet).filter(number__lte=last).only("number", "variant", "cells", "asked", "pictures")
    return file_names.stems_of(sheet, before)


def outputs_of(rows: Iterable[SheetRow]) -> dict[int, list[Output]]:
    """Return the pictures of rows by their runs, in order, without those in the bin."""
    runs = [row.run_id for row in rows if row.run_id]
    found: dict[int, list[Output]] = defaultdict(list)
    kept = Output.objects.not_in_bin().filter(run__in=runs).select_related("composite", "slot")
    for output in kept.order_by("run_id", "slot__index"):
        found[output.run_id].append(output)
    return found


def lines(sheet: Sheet, *, with_mark: bool = False) -> Iterator[str]:
    """Yield the result sheet as CSV: the columns that came in, harmless for spreadsheets, and what became of each
    row."""
    rows = list(rows_of(sheet))
    stems = file_names.stems_of(sheet, rows)
    yield ("\ufeff" if with_mark else "") + csv_cells.lines([[*sheet.columns, *RESULT_COLUMNS, ROW_ID]])
    for first in range(0, len(rows), AT_ONCE):
        some = rows[first : first + AT_ONCE]
        outputs = outputs_of(some)
        yield csv_cells.lines(_line(sheet, row, outputs.get(row.run_id or 0, []), stems[row.pk]) for row in some)


def _line(sheet: Sheet, row: SheetRow, outputs: list[Output], stems: list[str]) -> list[object]:
    files = [name for name, _ in named(row, outputs, stems)]
    links = [settings.PUBLIC_URL + reverse("picture", args=[sheet.org.slug, output.code]) for output in outputs]
    cost = money.exact(row.cost_micros) if row.run_id else ""
    return [*row.cells, row.state, cost, JOINED.join(files), JOINED.join(links), error_of(row), row.code]


def error_of(row: SheetRow) -> str:
    if row.state == RowState.FAULTY:
        return " ".join(f"{fault['column']}: {fault['message']}".removeprefix(": ") for fault in row.faults)
    return row.error_sentence


def archive_of(sheet: Sheet) -> Archive:
    """List the pictures of a sheet by the names that its result sheet says, with a manifest."""
    rows = list(rows_of(sheet))
    stems = file_names.stems_of(sheet, rows)
    members: list[Member] = []
    listed: list[dict[str, Any]] = []
    for first in range(0, len(rows), AT_ONCE):
        some = rows[first : first + AT_ONCE]
        outputs = outputs_of(some)
        for row in some:
            for name, output in named(row, outputs.get(row.run_id or 0, []), stems[row.pk]):
                members.append(Member(name, output.shown.file))
                listed.append(_entry(sheet, row, name, output))
    document = {"sheet": str(sheet.code), "name": sheet.name, "state": sheet.state, "pictures": listed}
    return Archive(names.safe(sheet.name) or "sheet", sheet.created_at, document, tuple(members), "manifest.json")


def named(row: SheetRow, outputs: list[Output], stems: list[str]) -> Iterator[tuple[str, Output]]:
    """Yield the pictures with their names. Each has that of its place in the run."""
    for output in outputs:
        index = output.slot.index
        stem = stems[index] if index < len(stems) else f"{stems[-1]}-{index + 1}"
        yield f"{stem}.{names.extension(output.shown.format)}", output


def _entry(sheet: Sheet, row: SheetRow, name: str, output: Output) -> dict[str, Any]:
    shown = output.shown
    return {
        "file": name,
        "row": row.number,
        "variant": row.variant,
        "row_id": str(row.code),
        "cells": dict(zip(sheet.columns, row.cells, strict=False)),
        "prompt": row.asked.get("prompt", ""),
        "image": str(output.code),
        "sha256": shown.sha256,
        "width": shown.width,
        "height": shown.height,
        "size_bytes": shown.size_bytes,
        "cost": money.exact(output.cost_micros),
    }
