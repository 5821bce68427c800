"""Define the rows of billing: prices, the ledger, its sums, exports, closed months."""

from billing.models.exports import Export, ExportState, ExportTicket, Format, Subscription
from billing.models.ledger import Entry, EntryKind, Snapshot
from billing.models.months import ClosedMonth
from billing.models.prices import FlatPrice, Price
from billing.models.usage import DayUse, DimensionUse, UseCursor

__all__ = [
    "ClosedMonth",
    "DayUse",
    "DimensionUse",
    "Entry",
    "EntryKind",
    "Export",
    "ExportState",
    "ExportTicket",
    "FlatPrice",
    "Format",
    "Price",
    "Snapshot",
    "Subscription",
    "UseCursor",
]
