"""List what can be exported: the ledger, and the sources that apps above register when they start. A source defines its
columns and its rows; billing.files writes all of them in the same way."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from billing import sheets, usage
from billing.sheets import Column, Columns
from billing.usage import Scope


@dataclass(frozen=True, slots=True)
class ExportRange:
    """Whose rows of which days to export, for which reader, and up to which entry of the ledger."""

    scope: Scope
    reader_id: int
    upto: int

    def values(self) -> dict[str, Any]:
        org = self.scope.org
        named = {"zone": org.time_zone, "account": str(org.code), "account_name": org.name}
        return {**named, "upto": self.upto, "reader": self.reader_id}


Rows = Callable[[ExportRange], tuple[str, dict[str, Any]]]  # the SQL after SELECT and its columns, with its values


@dataclass(frozen=True, slots=True)
class Source:
    name: str
    title: str
    hint: str
    columns: Columns
    rows: Rows
    amount: str = "amount_usd"  # the column that the file's sum adds up


def register(source: Source) -> None:
    """Register a source, once, when an app starts."""
    SOURCES[source.name] = source


def rows_of_ledger(wanted: ExportRange) -> tuple[str, dict[str, Any]]:
    where, values = usage.conditions(wanted.scope)
    conditions = f"{where.format(day='counted_on')} AND id <= %(upto)s"
    return f"FROM billing_entry WHERE {conditions} ORDER BY id", {**values, **wanted.values()}


def rows_of_charges(wanted: ExportRange) -> tuple[str, dict[str, Any]]:
    """Select the ledger's rows except uncertain charges: what may have been charged is no cost yet."""
    rows, values = rows_of_ledger(wanted)
    return rows.replace(" ORDER BY", " AND kind <> 'uncertain' ORDER BY"), values


SOURCES: dict[str, Source] = {}
register(Source("ledger", "The ledger", "Every payment and correction.", sheets.LEDGER, rows_of_ledger))
FOCUS = Source(
    "focus",
    "FOCUS",
    "",
    {name: Column(sql) for name, sql in sheets.FOCUS.items()},
    rows_of_charges,
    amount="BilledCost",
)
