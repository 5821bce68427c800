from billing.models.ledger import Entry, EntryKind, Snapshot
from billing.models.prices import FlatPrice, Price

__all__ = ["Entry", "EntryKind", "FlatPrice", "Price", "Snapshot"]
