"""Erase an organization: its rows, its files, its name. Only the monthly sums of what it spent with the lent key stay.

The organization is closed first and its own row is deleted last, so that an interrupted erasure can be called again and
goes on. Files need no list: they are all in the organization's folder, whose name comes from that row."""

import time
from collections import defaultdict
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID

import structlog
from django.core.files.storage import default_storage
from django.db.models import F, Model
from django.db.models.functions import Now

from accounts import audit
from accounts.errors import Refused
from accounts.models import Circuit, Counter, Organization, PastLoan, Period, ProviderConnection, Subject
from accounts.people import organizations
from saas.database import tenancy
from saas.text.codes import code_or_none
from studio.engine import rescue
from studio.files import inventory
from studio.gallery import retention
from studio.models import Slot, Ticket
from studio.privacy.receipts import Receipt
from studio.privacy.rules import BY_ID, OF_AN_ORGANIZATION

AT_ONCE = 500
PATIENCE_SECONDS = 60.0
LOOK_SECONDS = 0.5


log = structlog.get_logger("darkroom.privacy")


class StillWorking(Refused):
    pass


class NotDeleted(Refused):
    pass


def find(said: str) -> Organization:
    """Find an organization by its address or its code. Raise Refused if none or several are found."""
    with tenancy.operator():
        found = list(Organization.objects.filter(slug=said).order_by("pk"))
        if not found and (code := code_or_none(said)):
            found = list(Organization.objects.filter(code=code))
    if not found:
        raise Refused(f"There is no organization {said}, or it has already been erased.")
    if len(found) > 1:
        told = "; ".join(f"{each.code} ({_since(each)})" for each in found)
        raise Refused(f"{len(found)} organizations have had this address. Say which one by its code: {told}.")
    return found[0]


def preview(org: Organization) -> Receipt:
    """Count what `erase` would erase."""
    receipt = Receipt("organization", org.code)
    with tenancy.tenant(org.pk):
        for model in OF_AN_ORGANIZATION:
            receipt.counts[model._meta.label_lower] = _of(model, org).count()
        for model in BY_ID:
            receipt.counts[model._meta.label_lower] = _by_id(model, org).count()
        receipt.stays["months of the lent key"] = len(_loans(org))
    receipt.counts["files"] = sum(1 for _ in inventory.stored(str(org.code)))
    return receipt


def erase(org: Organization) -> Receipt:
    """Erase the organization. Safe to call again after an interruption. Raise Refused if a legal hold is set, a worker
    is still busy (StillWorking) or storage keeps files (NotDeleted)."""
    refuse_held(org)
    receipt = Receipt("organization", org.code)
    with tenancy.tenant(org.pk):
        organizations.close(org=org)
    _empty_line(org)
    receipt.counts["rescued files"] = _drop_rescued(org)
    receipt.counts["files"] += _drop_files(org)
    for model in BY_ID:
        receipt.counts[model._meta.label_lower] = _drop_by_id(model, org)
    _drop_circuits(org)
    for model in OF_AN_ORGANIZATION:
        receipt.counts[model._meta.label_lower] = _drop(model, org)
    receipt.counts["files"] += _drop_files(org)  # again: a worker may have written a file meanwhile
    _finish(org, receipt)
    return receipt


def refuse_held(org: Organization) -> None:
    with tenancy.tenant(org.pk):
        if retention.has_legal_hold(org.pk):
            raise Refused(
                f"A legal hold stops all deletion in {org.name} ({org.slug}). End the hold first (Settings, Storage)."
            )


def _empty_line(org: Organization) -> None:
    """Delete waiting tickets. Stop claimed ones and wait for their workers, which may be writing files. Raise
    StillWorking after PATIENCE_SECONDS."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    tickets = Ticket.objects.filter(org_id=org.pk)
    while True:
        tickets.filter(worker=None).delete()
        tickets.filter(lease_until__lt=Now()).delete()  # its worker is dead
        tickets.update(is_stopping=True)
        left = tickets.count()
        if not left:
            return
        if time.monotonic() > deadline:
            raise StillWorking(
                f"{left} pictures are still being made. They are being stopped; nothing is erased yet. "
                "Run this again in a minute."
            )
        time.sleep(LOOK_SECONDS)


def _drop_files(org: Organization) -> int:
    """Delete the organization's files. Raise NotDeleted if storage keeps some; the next call tries those again."""
    dropped = left = 0
    for name in inventory.stored(str(org.code)):
        try:
            default_storage.delete(name)
            dropped += 1
        except Exception:  # each storage backend raises its own types
            log.warning("file not deleted", file=name, exc_info=True)
            left += 1
    if left:
        raise NotDeleted(f"Storage has not deleted {left} files. Run this again: the organization is not erased yet.")
    if not dropped:
        _drop_folders(str(org.code))
    return dropped


def _drop_folders(folder: str) -> None:
    """Delete empty folders if files are on a disk. A bucket has no folders."""
    try:
        root = Path(default_storage.path(folder))
    except NotImplementedError:
        return
    if root.is_dir():
        for path in sorted(root.rglob("*"), reverse=True):
            path.rmdir()
        root.rmdir()


def _drop_rescued(org: Organization) -> int:
    """Delete the organization's rescued files on this machine. Workers elsewhere delete theirs when they find no slot
    for them."""
    dropped = 0
    files = [path for path in rescue.folder().rglob("*") if path.is_file()]
    of_slot: dict[UUID, list[Path]] = defaultdict(list)
    for path in files:
        if code := code_or_none(path.name[:36]):
            of_slot[code].append(path)
    with tenancy.tenant(org.pk):
        ours = set(Slot.objects.filter(org=org, code__in=of_slot).values_list("code", flat=True))
    for code in ours:
        for path in of_slot[code]:
            path.unlink(missing_ok=True)
            dropped += 1
    return dropped


def _drop_circuits(org: Organization) -> None:
    with tenancy.tenant(org.pk):
        ids = list(ProviderConnection.objects.filter(org=org).values_list("pk", flat=True))
    Circuit.objects.filter(pk__in=ids).delete()


def _drop(model: type[Model], org: Organization) -> int:
    """Delete the table's rows of this organization, AT_ONCE in each transaction. Return how many."""
    dropped = 0
    while True:
        with tenancy.tenant(org.pk), tenancy.erasing():
            # The newest first, because a row that points to another one of the same table is newer than that one.
            ids = list(_of(model, org).order_by("-pk").values_list("pk", flat=True)[:AT_ONCE])
            if not ids:
                return dropped
            _of(model, org).filter(pk__in=ids).delete()
            dropped += len(ids)


def _drop_by_id(model: type[Model], org: Organization) -> int:
    dropped = 0
    while ids := list(_by_id(model, org).values_list("pk", flat=True)[:AT_ONCE]):
        _by_id(model, org).filter(pk__in=ids).delete()
        dropped += len(ids)
    return dropped


def _finish(org: Organization, receipt: Receipt) -> None:
    """Delete the organization's row. In the same transaction, add its sums of the lent key to the operator's."""
    with tenancy.tenant(org.pk):
        org.locked()
        for loan in _loans(org):
            PastLoan.objects.get_or_create(month=loan.month)
            PastLoan.objects.filter(month=loan.month).update(
                micros=F("micros") + loan.micros, images=F("images") + loan.images
            )
            receipt.stays["months of the lent key"] += 1
        Counter.objects.filter(org=org).delete()
        Organization.objects.filter(pk=org.pk).delete()
        receipt.counts["accounts.organization"] = 1
        with tenancy.operator():
            audit.record(org=None, by=None, action="operator.organization_erased", target=str(org.code))


class _Loan(NamedTuple):
    month: date
    micros: int
    images: int


def _loans(org: Organization) -> list[_Loan]:
    counters = Counter.objects.filter(org=org, subject=Subject.LOAN, period=Period.MONTH, is_play=False)
    rows = counters.exclude(spent_micros=0, spent_images=0).order_by("starts_on")
    return [_Loan(*row) for row in rows.values_list("starts_on", "spent_micros", "spent_images")]


def _of(model: type[Model], org: Organization) -> Any:
    """Return the organization's rows of a table, but not counters of the lent key: `_finish` needs those."""
    found = model._default_manager.filter(org=org)
    return found.exclude(subject=Subject.LOAN) if model is Counter else found


def _by_id(model: type[Model], org: Organization) -> Any:
    return model._default_manager.filter(org_id=org.pk)


def _since(org: Organization) -> str:
    return f"deleted {org.deleted_at:%Y-%m-%d}" if org.deleted_at else "not deleted"
