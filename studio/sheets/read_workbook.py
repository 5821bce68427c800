"""Read the first sheet of an XLSX workbook, row by row, within bounds. A workbook is a ZIP that anybody can pack: what
it unpacks to is bounded before anything is read."""

import io
import zipfile
from collections.abc import Iterator
from datetime import date, datetime, time

import openpyxl
import structlog

from studio.sheets.refusals import SheetRefused

ZIP_START = b"PK\x03\x04"
OLD_EXCEL_START = b"\xd0\xcf\x11\xe0"
MOST_UNPACKED_BYTES = 64_000_000
MOST_PARTS = 2000
MOST_EMPTY_ROWS = 100_000  # in a row; a sheet that was formatted to its end has a million

log = structlog.get_logger("darkroom.sheets")


def is_workbook(data: bytes) -> bool:
    if data.startswith(OLD_EXCEL_START):
        raise SheetRefused("old_workbook", "This is a workbook of Excel 97. Save it as XLSX or CSV.")
    return data.startswith(ZIP_START)


def rows_of(data: bytes, *, most_columns: int) -> Iterator[list[str]]:
    """Yield the rows of the first sheet as text. Raise SheetRefused if it cannot be read."""
    check_size(data)
    try:
        book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True, keep_links=False)
        if not book.worksheets:
            raise SheetRefused("no_rows", "This workbook has no sheet.")
        sheet = book.worksheets[0]
        sheet.reset_dimensions()  # what the file says of its size may be wrong
        empty = 0
        for row in sheet.iter_rows(values_only=True, max_col=most_columns):
            cells = [_text(cell) for cell in row]
            empty = 0 if any(cells) else empty + 1
            if empty > MOST_EMPTY_ROWS:
                return
            yield cells
    except SheetRefused:
        raise
    except Exception as error:  # the library raises many kinds for files that are not what they say
        log.info("workbook not read", error=type(error).__name__)
        raise SheetRefused("unreadable", "This workbook cannot be read. Save it again as XLSX, or as CSV.") from None


def check_size(data: bytes) -> None:
    """Refuse a workbook that unpacks to too much. Python's zipfile stops at the size that an entry claims, so the
    claims can be trusted."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            parts = packed.infolist()
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError):
        raise SheetRefused("unreadable", "This workbook cannot be read. Save it again as XLSX, or as CSV.") from None
    if not any(part.filename.lower() == "[content_types].xml" for part in parts):
        raise SheetRefused("not_a_workbook", "This ZIP is no workbook. Send pictures as “pictures”, beside the table.")
    if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > MOST_UNPACKED_BYTES:
        most = MOST_UNPACKED_BYTES // 1_000_000
        raise SheetRefused("too_large", f"This workbook unpacks to more than {most} MB. Split it, or send CSV.")


def _text(cell: object) -> str:
    """Return a cell as people see it: whole numbers without a point, days without midnight."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, datetime):
        return str(cell.date()) if cell.time() == time() else cell.isoformat(sep=" ")
    if isinstance(cell, date | time):
        return cell.isoformat()
    return str(cell).replace("\0", "")
