"""Write pieces of a streamed CSV that a spreadsheet opens without running a cell as a formula."""

import csv
import io
from collections.abc import Iterable, Sequence


def lines(rows: Iterable[Sequence[object]]) -> str:
    buffer = io.StringIO()
    csv.writer(buffer).writerows([plain_cell(cell) for cell in row] for row in rows)
    return buffer.getvalue()


# Full-width forms too: some spreadsheets treat them like the plain characters.
FORMULA_STARTS = frozenset("=+-@\t\r\n＝＋－＠")  # noqa: RUF001 intended


def plain_cell(value: object) -> str:
    """Return the cell's text, after an apostrophe if it begins like a formula, which a spreadsheet would run."""
    cell = str(value)
    return f"'{cell}" if cell[:1] in FORMULA_STARTS else cell
