"""Pieces of a streamed CSV that a spreadsheet opens without harm."""

import csv
import io
from collections.abc import Iterable, Sequence


def lines(rows: Iterable[Sequence[object]]) -> str:
    buffer = io.StringIO()
    csv.writer(buffer).writerows([plain_cell(cell) for cell in row] for row in rows)
    return buffer.getvalue()


# Full-width forms too: some spreadsheets take them for their plain twins.
FORMULA_STARTS = frozenset("=+-@\t\r\n＝＋－＠")  # noqa: RUF001 meant so


def plain_cell(value: object) -> str:
    """A cell that begins like a formula would be run by a spreadsheet; an apostrophe makes it text."""
    cell = str(value)
    return f"'{cell}" if cell[:1] in FORMULA_STARTS else cell
