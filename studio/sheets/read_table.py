"""Read a table: CSV or TSV in whatever encoding, a workbook, pasted cells, or rows as JSON. All of them become the same
columns and rows of text."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from saas.text.csv_cells import FORMULA_STARTS
from studio.catalogue.fields import quote
from studio.models.sheets import COLUMN_CHARACTERS
from studio.sheets import decode_text, read_workbook
from studio.sheets.refusals import SheetRefused

MOST_BYTES = 20_000_000
MOST_ROWS, MOST_COLUMNS, LONGEST_CELL = 10_000, 100, 40_000
DELIMITERS = (",", ";", "\t")
SNIFFED_CHARACTERS, SNIFFED_ROWS = 64 * 1024, 20
# What a result sheet has beyond the columns that came in.
RESULT_COLUMNS = ("state", "cost", "file", "link", "error")
ROW_ID = "row_id"


@dataclass(frozen=True, slots=True)
class TableRow:
    """A row with its number in the table, from 1 without the header, and what a result sheet says of it."""

    number: int
    cells: list[str]
    told: dict[str, str]
    has_too_many: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    columns: list[str]
    rows: list[TableRow]
    is_result: bool = False  # it was downloaded as the result of a sheet


def read_file(data: bytes) -> Table:
    """Read a file. Raise SheetRefused if it is no table."""
    if len(data) > MOST_BYTES:
        raise SheetRefused("too_large", f"A table may have {MOST_BYTES // 1_000_000} MB at most.")
    if read_workbook.is_workbook(data):
        return _table(read_workbook.rows_of(data, most_columns=MOST_COLUMNS + 1))
    return read_text(decode_text.decode(data))


def read_text(text: str) -> Table:
    """Read the text of a file, or cells that were pasted from a spreadsheet."""
    head, _, rest = text.lstrip("\n\r").partition("\n")
    if head.lower().startswith("sep=") and len(head.strip()) == len("sep=") + 1:  # as Excel writes it
        return _table(_lines(rest, head[4]))
    return _table(_lines(text, _delimiter(text)))


def read_objects(said: Sequence[Any]) -> Table:
    """Read rows of JSON: objects, or lists of which the first one is the header."""
    if said and all(isinstance(row, list) for row in said):
        return _table(([_cell(value, number) for value in row] for number, row in enumerate(said)), field="rows")
    columns: dict[str, None] = {}
    for number, row in enumerate(said, start=1):
        if not isinstance(row, dict):
            raise SheetRefused("invalid_type", f"Row {number} must be an object, like the others.", "rows")
        columns.update(dict.fromkeys(row))
    rows = ([_cell(row.get(name), number) for name in columns] for number, row in enumerate(said, start=1))
    return _table(iter([list(columns), *rows]), field="rows", skips_empty=False)


def _cell(value: Any, number: int) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str | int | float):
        return str(value).replace("\0", "")
    if isinstance(value, list) and all(isinstance(one, str | int | float) for one in value):
        return "|".join(str(one).replace("\0", "") for one in value)
    raise SheetRefused("invalid_type", f"Row {number} has a value that is neither text nor a number.", "rows")


def _lines(text: str, delimiter: str) -> Iterator[list[str]]:
    try:
        yield from csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    except csv.Error:
        sentence = "A cell of this table is too long. Perhaps a quotation mark is missing."
        raise SheetRefused("unreadable", sentence) from None


def _delimiter(text: str) -> str:
    """Return the delimiter by which most of the first rows have as many cells as the header, and more than one."""
    head = text[:SNIFFED_CHARACTERS]

    def score(delimiter: str) -> tuple[int, int]:
        try:
            rows = list(islice(csv.reader(io.StringIO(head, newline=""), delimiter=delimiter), SNIFFED_ROWS))
        except csv.Error:
            return 0, 0
        width = len(rows[0]) if rows else 0
        return (sum(len(row) == width for row in rows), width) if width > 1 else (0, 0)

    return max(DELIMITERS, key=score)


def _table(rows: Iterable[list[str]], field: str = "file", *, skips_empty: bool = True) -> Table:
    found = iter(rows)
    header = next((row for row in found if any(cell.strip() for cell in row)), None)
    if header is None:
        raise SheetRefused("no_rows", "This table is empty.", field)
    columns = _columns(header, field)
    is_result = set(RESULT_COLUMNS) <= {name.lower() for name in columns}
    kept: list[TableRow] = []
    for number, row in enumerate(found, start=1):
        if skips_empty and not any(cell.strip() for cell in row):
            continue
        if len(kept) >= MOST_ROWS:
            raise SheetRefused("too_many_rows", f"A sheet may have {MOST_ROWS:,} rows at most. Split this one.", field)
        kept.append(_row(number, row, columns, is_result=is_result))
    if not kept:
        raise SheetRefused("no_rows", "This table has a header and no rows below it.", field)
    own = [name for name in columns if not (is_result and _is_told(name))]
    return Table(own, kept, is_result)


def _columns(header: list[str], field: str) -> list[str]:
    names = [" ".join(name.replace("\ufeff", "").split()) for name in header]
    while names and not names[-1]:
        names.pop()
    if len(names) > MOST_COLUMNS:
        raise SheetRefused("too_many_columns", f"A sheet may have {MOST_COLUMNS} columns at most.", field)
    for name in names:
        if len(name) > COLUMN_CHARACTERS:
            sentence = f"The name of the column {quote(name)} is longer than {COLUMN_CHARACTERS} characters."
            raise SheetRefused("column_too_long", f"{sentence} Is the first row the header?", field)
    named = [name or f"column {place}" for place, name in enumerate(names, start=1)]
    seen: set[str] = set()
    for name in named:
        if name.casefold() in seen:
            sentence = f"The column {quote(name)} comes twice. Rename one of the two."
            raise SheetRefused("duplicate_column", sentence, field)
        seen.add(name.casefold())
    return named


def _row(number: int, row: list[str], columns: list[str], *, is_result: bool) -> TableRow:
    width = len(columns)
    cells = [*row[:width], *[""] * (width - len(row))]
    if is_result:
        cells = [_unescaped(cell) for cell in cells]
    own = [cell for name, cell in zip(columns, cells, strict=True) if not (is_result and _is_told(name))]
    told = {name.lower(): cell for name, cell in zip(columns, cells, strict=True) if is_result and _is_told(name)}
    return TableRow(number, own, told, has_too_many=any(cell.strip() for cell in row[width:]))


def _is_told(name: str) -> bool:
    return name.lower() in {*RESULT_COLUMNS, ROW_ID}


def _unescaped(cell: str) -> str:
    """Return what a cell of a result sheet was before it was made harmless for spreadsheets."""
    return cell[1:] if cell[:1] == "'" and cell[1:2] in FORMULA_STARTS and len(cell) > 1 else cell
