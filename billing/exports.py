"""Files of ledger entries. PostgreSQL writes the rows; they pass through in pieces, so a million of them need no more
memory than a hundred."""

import shutil
import tempfile
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any, BinaryIO

import xlsxwriter
from django.core.cache import cache
from django.core.files import File
from django.core.files.storage import default_storage
from django.db import connection, transaction
from django.db.models import QuerySet, Sum
from django.utils import timezone

from accounts import deliveries
from accounts.models import Membership, Organization, WebhookEvent
from billing import sheets, usage
from billing.models import Entry, Export, ExportState, Format
from billing.models.exports import KEPT_FOR
from billing.spans import OWN, Span
from billing.usage import Scope
from saas import money

BYTE_ORDER_MARK = "\N{ZERO WIDTH NO-BREAK SPACE}".encode()  # tells a spreadsheet that the text is UTF-8
ROWS_PER_SHEET = 1_000_000  # Excel ends a little above
TELL_EVERY = 10_000
BUFFER_BYTES = 1 << 20
# A line of JSON has no control characters, so with these as quote and delimiter it is written as it is.
AS_IT_IS = "(FORMAT csv, QUOTE e'\\x01', DELIMITER e'\\x02')"


def visible_to(member: Membership) -> QuerySet[Export]:
    """One's own; those of everybody's entries as long as one may see everybody's."""
    own = Export.objects.filter(org=member.org_id, maker=member.user_id, created_at__gt=timezone.now() - KEPT_FOR)
    return own if member.is_admin else own.filter(user_id=member.user_id)


def newest_entry(org: Organization) -> int:
    """Behind the lock that every entry on its way shares: whatever has a smaller number is written by now."""
    with transaction.atomic():
        org.locked()
        return Entry.objects.filter(org=org).order_by("-pk").values_list("pk", flat=True).first() or 0


def make(export: Export, *, upto: int) -> None:
    """Inside the organization's wall. Rows and sum are those of the entries up to `upto`."""
    scope = scope_of(export)
    where, values = usage.conditions(scope)
    where = f"{where.format(day='counted_on')} AND id <= %(upto)s"
    values |= {
        "upto": upto,
        "zone": scope.org.time_zone,
        "account": str(scope.org.code),
        "account_name": scope.org.name,
    }
    with tempfile.TemporaryFile() as file:
        write = _write_workbook if export.format == Format.XLSX else _write_copy
        rows = write(file, export, where, values)
        size = file.tell()
        file.seek(0)
        name = f"{scope.org.code}/exports/{export.code}.{Format(export.format).extension}"
        stored = default_storage.save(name, File(file))
    micros = usage.entries(scope).filter(pk__lte=upto).aggregate(sum=Sum("micros", default=0))["sum"]
    made = {"state": ExportState.READY, "file": stored, "rows": rows, "size_bytes": size, "micros": micros}
    if Export.objects.filter(pk=export.pk, state=ExportState.MAKING).update(**made):
        _announce(export, rows, micros)


def _announce(export: Export, rows: int, micros: int) -> None:
    """Where it is, and no link that works without rights."""
    data = {
        "export": str(export.code),
        "format": export.format,
        "from": str(export.first),
        "to": str(export.last),
        "is_play": export.is_play,
        "rows": rows,
        "cost": money.exact(micros),
        "made_for": str(export.maker.code),
        "url": f"/api/v1/exports/{export.code}",
    }
    deliveries.announce(export.org_id, WebhookEvent.EXPORT_READY, data)


def fail(export: Export) -> None:
    Export.objects.filter(pk=export.pk, state=ExportState.MAKING).update(state=ExportState.FAILED)


def rows_so_far(export: Export) -> int:
    """While it is being made; a hint beside the truth."""
    return int(cache.get(_progress_key(export), 0))


def tidy(org: Organization) -> int:
    """Deletes what is older than a week; answers how many."""
    old = list(Export.objects.filter(org=org, created_at__lte=timezone.now() - KEPT_FOR))
    for export in old:
        if export.file:
            default_storage.delete(export.file)
        export.delete()
    return len(old)


def scope_of(export: Export) -> Scope:
    span = Span(OWN, export.first, export.last)
    return Scope(export.org, span, is_play=export.is_play, only=export.only, user_id=export.user_id)


def _write_copy(file: BinaryIO, export: Export, where: str, values: dict[str, Any]) -> int:
    """PostgreSQL's own COPY, a row at a time as it comes."""
    statement, options = _statement(export, where)
    if export.format == Format.CSV:
        file.write(BYTE_ORDER_MARK)
    rows, waiting = 0, bytearray()
    with connection.cursor() as cursor, cursor.copy(f"COPY ({statement}) TO STDOUT {options}", values) as copied:
        for line in copied:
            waiting += line
            rows += 1
            if len(waiting) > BUFFER_BYTES:
                file.write(waiting)
                waiting.clear()
            if rows % TELL_EVERY == 0:
                _tell(export, rows)
    file.write(waiting)
    return rows - (export.format != Format.JSONL)  # the first line is the header


def _statement(export: Export, where: str) -> tuple[str, str]:
    if export.format == Format.FOCUS:
        return sheets.select(sheets.FOCUS, f"{where} AND kind <> 'uncertain'"), "(FORMAT csv, HEADER)"
    if export.format == Format.JSONL:
        inner = sheets.select(sheets.LEDGER, where)
        return f"SELECT row_to_json(line) FROM ({inner}) line", AS_IT_IS  # noqa: S608 words of ours
    return sheets.select(sheets.FOR_SPREADSHEETS, where), "(FORMAT csv, HEADER)"


def _write_workbook(file: BinaryIO, export: Export, where: str, values: dict[str, Any]) -> int:
    """Cells of text are text, whatever they begin with, and amounts are numbers with every digit."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "export.xlsx"
        book = xlsxwriter.Workbook(path, {"constant_memory": True, "strings_to_formulas": False, "tmpdir": folder})
        amount = book.add_format({"num_format": "0.00####"})
        heading = book.add_format({"bold": True})
        rows, sheet = 0, None
        for row in _rows(sheets.select(sheets.LEDGER, where), values):
            line = rows % ROWS_PER_SHEET
            if line == 0:
                sheet = book.add_worksheet(f"Ledger {rows // ROWS_PER_SHEET + 1}")
                _head(sheet, heading)
            _put(sheet, line + 1, row, amount)
            rows += 1
            if rows % TELL_EVERY == 0:
                _tell(export, rows)
        if sheet is None:
            _head(book.add_worksheet("Ledger 1"), heading)
        book.close()
        with path.open("rb") as made:
            shutil.copyfileobj(made, file)
    return rows


def _rows(statement: str, values: dict[str, Any]) -> Iterator[tuple[Any, ...]]:
    """By a cursor of the server's, so that they are not all here at once."""
    with connection.chunked_cursor() as cursor:
        cursor.execute(statement, values)
        while chunk := cursor.fetchmany(2000):
            yield from chunk


def _head(sheet: Any, heading: Any) -> None:
    sheet.freeze_panes(1, 0)
    sheet.set_column(0, len(sheets.LEDGER) - 1, 16)
    for column, name in enumerate(sheets.LEDGER):
        sheet.write_string(0, column, name, heading)


def _put(sheet: Any, line: int, row: tuple[Any, ...], amount: Any) -> None:
    for column, value in enumerate(row):
        if isinstance(value, bool):
            sheet.write_boolean(line, column, value)
        elif isinstance(value, Decimal):
            sheet.write_number(line, column, value, amount)
        elif isinstance(value, int):
            sheet.write_number(line, column, value)
        elif value is not None:
            sheet.write_string(line, column, str(value))


def _tell(export: Export, rows: int) -> None:
    cache.set(_progress_key(export), rows, timeout=3600)


def _progress_key(export: Export) -> str:
    return f"darkroom:export:{export.code}"
