"""Write rows into a file. PostgreSQL formats the rows; they pass through in pieces, so that a million of them need no
more memory than a hundred."""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, BinaryIO

import xlsxwriter
from django.db import connection

from billing import sheets
from billing.models import Format
from billing.sources import FOCUS, ExportRange, Source

BYTE_ORDER_MARK = "\N{ZERO WIDTH NO-BREAK SPACE}".encode()  # tells a spreadsheet that the text is UTF-8
ROWS_PER_SHEET = 1_000_000  # Excel's limit is a little higher
LONGEST_CELL = 32_767  # Excel's
TELL_EVERY = 10_000
BUFFER_BYTES = 1 << 20
CODE_WIDTH, STAMP_WIDTH, TEXT_WIDTH, NUMBER_WIDTH = 38, 20, 22, 13
# A line of JSON has no control characters, so with these as quote and delimiter COPY writes it unchanged.
AS_IT_IS = "(FORMAT csv, QUOTE e'\\x01', DELIMITER e'\\x02')"
Tell = Callable[[int], None]  # called with the count at each TELL_EVERY rows


def write(file: BinaryIO, form: Format, source: Source, wanted: ExportRange, tell: Tell) -> int:
    """Write the rows. Return how many there are."""
    if form == Format.XLSX:
        return _write_workbook(file, source, wanted, tell)
    if form == Format.FOCUS:
        return _write_copy(file, query(FOCUS, "plain", wanted), "(FORMAT csv, HEADER)", tell) - 1
    if form == Format.JSONL:
        inner, values = query(source, "plain", wanted)
        return _write_copy(file, (f"SELECT row_to_json(line) FROM ({inner}) line", values), AS_IT_IS, tell)  # noqa: S608 words of ours
    file.write(BYTE_ORDER_MARK)
    return _write_copy(file, query(source, "harmless", wanted), "(FORMAT csv, HEADER)", tell) - 1


def total(form: Format, source: Source, wanted: ExportRange) -> int:
    """Return the sum of the file's amounts, in micro-dollars."""
    meant = FOCUS if form == Format.FOCUS else source
    inner, values = query(meant, "plain", wanted)
    statement = f'SELECT coalesce(sum("{meant.amount}") * 1000000, 0)::bigint FROM ({inner}) line'  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return int(cursor.fetchone()[0])


def query(source: Source, how: str, wanted: ExportRange) -> tuple[str, dict[str, Any]]:
    """Return the query and its values. `how` names the method of Column that writes a column."""
    rows, values = source.rows(wanted)
    columns = {name: getattr(column, how)() for name, column in source.columns.items()}
    return f"SELECT {sheets.listed(columns)} {rows}", values


def _write_copy(file: BinaryIO, asked: tuple[str, dict[str, Any]], options: str, tell: Tell) -> int:
    """Write by PostgreSQL's own COPY, row by row as they come. Return how many lines there are."""
    lines, waiting = 0, bytearray()
    with connection.cursor() as cursor, cursor.copy(f"COPY ({asked[0]}) TO STDOUT {options}", asked[1]) as copied:
        for line in copied:
            waiting += line
            lines += 1
            if len(waiting) > BUFFER_BYTES:
                file.write(waiting)
                waiting.clear()
            if lines % TELL_EVERY == 0:
                tell(lines)
    file.write(waiting)
    return lines


def _write_workbook(file: BinaryIO, source: Source, wanted: ExportRange, tell: Tell) -> int:
    """Write an Excel workbook: text stays text, whatever it begins with; amounts are numbers with every digit; days are
    days. Return how many rows there are."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "export.xlsx"
        options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "tmpdir": folder}
        book = Book(xlsxwriter.Workbook(path, options), source)
        for row in _rows(query(source, "typed", wanted)):
            book.put(row)
            if book.rows % TELL_EVERY == 0:
                tell(book.rows)
        book.close()
        with path.open("rb") as made:
            shutil.copyfileobj(made, file)
    return book.rows


class Book:
    """A workbook with sheets of at most a million rows, one after another."""

    def __init__(self, book: Any, source: Source) -> None:
        self.book, self.source, self.rows = book, source, 0
        self.sheet: Any = None
        self.heading = book.add_format({"bold": True, "bottom": 1})
        self.formats = {
            Decimal: book.add_format({"num_format": "#,##0.00####"}),
            datetime: book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"}),
            date: book.add_format({"num_format": "yyyy-mm-dd"}),
        }
        self._begin()

    def put(self, row: tuple[Any, ...]) -> None:
        line = self.rows % ROWS_PER_SHEET
        if line == 0 and self.rows:
            self._end(ROWS_PER_SHEET)
            self._begin()
        for column, value in enumerate(row):
            self._put(line + 1, column, value)
        self.rows += 1

    def close(self) -> None:
        self._end(self.rows % ROWS_PER_SHEET or min(self.rows, ROWS_PER_SHEET))
        self.book.close()

    def _begin(self) -> None:
        self.sheet = self.book.add_worksheet(f"{self.source.name.capitalize()} {self.rows // ROWS_PER_SHEET + 1}")
        self.sheet.freeze_panes(1, 0)
        for number, (name, column) in enumerate(self.source.columns.items()):
            self.sheet.set_column(number, number, _width(name, column.kind))
            self.sheet.write_string(0, number, name, self.heading)

    def _end(self, lines: int) -> None:
        """Finish a sheet. Switch off Excel's warning about numbers stored as text, since a tag of “2027” is text."""
        last = len(self.source.columns) - 1
        self.sheet.autofilter(0, 0, max(1, lines), last)
        self.sheet.ignore_errors({"number_stored_as_text": f"A1:{_letters(last)}{lines + 1}"})

    def _put(self, line: int, number: int, value: Any) -> None:
        sheet = self.sheet
        if value is None:
            return
        if isinstance(value, bool):
            sheet.write_boolean(line, number, value)
        elif isinstance(value, (Decimal, int)):
            sheet.write_number(line, number, value, self.formats.get(type(value)))
        elif isinstance(value, datetime):
            sheet.write_datetime(line, number, value.astimezone(UTC).replace(tzinfo=None), self.formats[datetime])
        elif isinstance(value, date):
            sheet.write_datetime(line, number, value, self.formats[date])
        else:
            sheet.write_string(line, number, str(value)[:LONGEST_CELL])


def _rows(asked: tuple[str, dict[str, Any]]) -> Iterator[tuple[Any, ...]]:
    """Yield the rows by a server-side cursor, so that they are never all in memory."""
    with connection.chunked_cursor() as cursor:
        cursor.execute(*asked)
        while chunk := cursor.fetchmany(2000):
            yield from chunk


def _width(name: str, kind: str) -> int:
    if name in {"entry", "run", "slot", "parent"}:
        return CODE_WIDTH
    return {"stamp": STAMP_WIDTH, "text": TEXT_WIDTH}.get(kind, NUMBER_WIDTH)


def _letters(number: int) -> str:
    """Return the letters of a column: 0 is A, 26 is AA."""
    letters = ""
    while number >= 0:
        letters = chr(ord("A") + number % 26) + letters
        number = number // 26 - 1
    return letters
