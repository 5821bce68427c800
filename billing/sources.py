"""What can be exported: the ledger, and whatever an app above registers when it starts. A source knows its columns and
its rows; how they become a file is the same for all (billing.exports)."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from billing import sheets, usage
from billing.sheets import Column, Columns
from billing.usage import Scope


@dataclass(frozen=True, slots=True)
class Wanted:
    """Whose rows of which days, for whom, and up to which entry of the ledger."""

    scope: Scope
    reader_id: int
    upto: int

    def values(self) -> dict[str, Any]:
        org = self.scope.org
        named = {"zone": org.time_zone, "account": str(org.code), "account_name": org.name}
        return {**named, "upto": self.upto, "reader": self.reader_id}


Rows = Callable[[Wanted], tuple[str, dict[str, Any]]]  # what follows SELECT and its columns, with values


@dataclass(frozen=True, slots=True)
class Source:
    name: str
    title: str
    hint: str
    columns: Columns
    rows: Rows
    amount: str = "amount_usd"  # the column that the file's sum is of


def register(source: Source) -> None:
    """Once, when an app starts."""
    SOURCES[source.name] = source


def rows_of_ledger(wanted: Wanted) -> tuple[str, dict[str, Any]]:
    where, values = usage.conditions(wanted.scope)
    conditions = f"{where.format(day='counted_on')} AND id <= %(upto)s"
    return f"FROM billing_entry WHERE {conditions} ORDER BY id", {**values, **wanted.values()}


def rows_of_charges(wanted: Wanted) -> tuple[str, dict[str, Any]]:
    """What may have been charged is no cost yet."""
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
