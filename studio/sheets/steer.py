"""Start, pause, resume, cancel and delete sheets. The caller is behind the organization's wall."""

from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime

from django.db.models import Q
from django.utils import timezone

from accounts.errors import NotAllowed, Refused
from accounts.models import Membership, Role
from saas.database import tenancy
from studio.batches import overnight
from studio.catalogue.fields import SpecRefused
from studio.models import LIVE, Lane, RowState, Run, Sheet, SheetLane, SheetRow, SheetState, SheetTicket
from studio.queue import wake
from studio.runs import stop_run
from studio.sheets import make_sheet, price_rows
from studio.sheets.price_rows import Desk

TASK = "go_on_with_sheets"
MOST_AT_ONCE = 1000
MOST_SAMPLE = 5
AT_ONCE = 1000
# Outcomes that cost nothing, and of which the reason may have passed or been put right.
WORTH_TRYING = [
    "provider_failed", "rate_limited", "outage", "unreachable", "locked", "broken", "stopped", "no_connection",
    "nothing_lent", "loan_used_up", "out_of_money", "invalid_key", "not_verified", "no_key",
]  # fmt: skip
STOPPABLE = (SheetState.READY, SheetState.RUNNING, SheetState.PAUSED, SheetState.WAITING)


class SheetBusy(Refused):
    """A refusal because the sheet is in a state in which this cannot be done. `code` says so to programs."""

    code = "wrong_state"


def check_may(sheet: Sheet, by: Membership) -> None:
    if not by.is_at_least(Role.MEMBER) or (sheet.maker_id != by.user_id and not by.is_admin):
        raise NotAllowed("Only the person who made this sheet or an admin can do this.")


def start(
    *,
    sheet: Sheet,
    by: Membership,
    lane: SheetLane = SheetLane.NOW,
    concurrency: int = 0,
    sample: int | None = None,
    reuses: bool = False,
    deadline_at: datetime | None = None,
    goes_live: bool = False,
) -> None:
    """Begin to make the rows that wait: all of them, or the first ones as a sample, after which the sheet pauses. What
    is being made already goes on. What is made overnight is given up at the deadline, or `goes_live`."""
    check_may(sheet, by)
    _refuse_deadline(deadline_at)
    locked = lock(sheet)
    if locked.state not in {SheetState.READY, SheetState.PAUSED}:
        raise SheetBusy(f"This sheet is {SheetState(locked.state).label.lower()} already.")
    if reuses:
        make_sheet.reuse(locked, by)
    waiting = SheetRow.objects.filter(sheet=locked, state=RowState.READY)
    if not waiting.exists() and not SheetRow.objects.filter(sheet=locked, state=RowState.RUNNING).exists():
        if locked.move(SheetState.FINISHED, since=(SheetState.READY, SheetState.PAUSED), ended_at=timezone.now()):
            _copy(locked, sheet)
        return
    if (lane, goes_live) != (locked.lane, locked.goes_live):
        _reprice(locked, by, lane, goes_live=goes_live)
    values = {
        "lane": lane,
        "deadline_at": deadline_at,
        "goes_live": goes_live,
        "concurrency": concurrency,
        "sample": sample,
        "reason": "",
        "starts_at": None,
        "started_at": locked.started_at or timezone.now(),
    }
    locked.move(SheetState.RUNNING, since=(SheetState.READY, SheetState.PAUSED), **values)
    _copy(locked, sheet)
    call(sheet)


def start_later(
    *,
    sheet: Sheet,
    by: Membership,
    at: datetime,
    lane: SheetLane,
    concurrency: int = 0,
    deadline_at: datetime | None = None,
    goes_live: bool = False,
) -> None:
    """Begin by itself at a moment."""
    check_may(sheet, by)
    _refuse_deadline(deadline_at, after=at)
    now = timezone.now()
    if at <= now:
        raise Refused("Choose a moment that is still to come.")
    locked = lock(sheet)
    if locked.state != SheetState.READY:
        raise SheetBusy("This sheet has begun already.")
    if (lane, goes_live) != (locked.lane, locked.goes_live):
        _reprice(locked, by, lane, goes_live=goes_live)
    values = {
        "starts_at": at,
        "lane": lane,
        "concurrency": concurrency,
        "deadline_at": deadline_at,
        "goes_live": goes_live,
    }
    Sheet.objects.filter(pk=sheet.pk).update(**values)
    for name, value in values.items():
        setattr(sheet, name, value)
    SheetTicket.objects.update_or_create(
        sheet_code=sheet.code, defaults={"org_id": sheet.org_id, "maker_id": sheet.maker_id, "due_at": at}
    )


def pause(*, sheet: Sheet, by: Membership) -> None:
    """Let no more rows begin. What is being made is finished."""
    check_may(sheet, by)
    if not sheet.move(SheetState.PAUSED, since=(SheetState.RUNNING, SheetState.WAITING), reason=""):
        sheet.refresh_from_db()
        if sheet.state != SheetState.PAUSED:
            raise SheetBusy("Only a sheet that is being made can be paused.")


def resume(*, sheet: Sheet, by: Membership) -> None:
    """Go on with a paused sheet, or look again whether there is money for one that waits."""
    check_may(sheet, by)
    since = (SheetState.PAUSED, SheetState.WAITING)
    if not sheet.move(SheetState.RUNNING, since=since, reason="", sample=None):
        sheet.refresh_from_db()
        if sheet.state != SheetState.RUNNING:
            raise SheetBusy("Only a paused sheet can be resumed.")
    call(sheet)


def cancel(*, sheet: Sheet, by: Membership) -> None:
    """Make nothing more. What is finished stays; what a provider works on may still be charged."""
    check_may(sheet, by)
    locked = lock(sheet)
    now = timezone.now()
    if not locked.move(SheetState.CANCELLED, since=STOPPABLE, ended_at=now, reason="", starts_at=None):
        if locked.state != SheetState.CANCELLED:
            raise SheetBusy("This sheet is finished.")
        return
    _copy(locked, sheet)
    SheetRow.objects.filter(sheet=sheet, state=RowState.READY).update(state=RowState.CANCELLED, ended_at=now)
    _stop_runs(sheet)
    call(sheet)


def delete(*, sheet: Sheet, by: Membership) -> None:
    """Delete a sheet and stop what it makes. Its pictures stay in the gallery, and its costs in the ledger."""
    check_may(sheet, by)
    locked = lock(sheet)
    _stop_runs(locked)
    SheetTicket.objects.filter(sheet_code=locked.code).delete()
    SheetRow.objects.filter(sheet=locked).delete()
    locked.delete()


def rerun(*, sheet: Sheet, by: Membership, rows: Iterable[SheetRow] | None = None) -> int:
    """Make failed rows again: these, or all that trying again can help. Return how many. The sheet goes on."""
    check_may(sheet, by)
    locked = lock(sheet)
    if locked.state == SheetState.CANCELLED:
        raise SheetBusy("This sheet was cancelled. Send its result in again to make what is missing.")
    failed = SheetRow.objects.filter(sheet=locked, state=RowState.FAILED)
    chosen = failed.filter(pk__in=[row.pk for row in rows]) if rows is not None else failed.filter(_can_help())
    count = chosen.update(state=RowState.READY, ended_at=None, error_code="", error_sentence="")
    if count and locked.state == SheetState.FINISHED:
        locked.move(SheetState.RUNNING, since=(SheetState.FINISHED,), ended_at=None, sample=None, reason="")
    _copy(locked, sheet)
    call(sheet)
    return count


def call(sheet: Sheet) -> None:
    """Have a worker look at the sheet once this transaction has committed."""
    ticket = {"org_id": sheet.org_id, "maker_id": sheet.maker_id, "due_at": timezone.now()}
    SheetTicket.objects.update_or_create(sheet_code=sheet.code, defaults=ticket)
    wake.soon(TASK)


def _can_help() -> Q:
    """Select rows that may end otherwise when they are made again as they are, and that were not charged."""
    return Q(error_code__in=WORTH_TRYING)


def _refuse_deadline(deadline_at: datetime | None, *, after: datetime | None = None) -> None:
    """Refuse a deadline that leaves no time, or more than the day in which a provider makes a batch."""
    began = after or timezone.now()
    if deadline_at is not None and not began < deadline_at <= began + overnight.WINDOW:
        raise Refused("Choose a deadline within the 24 hours after the start.")


def _reprice(sheet: Sheet, by: Membership, lane: SheetLane, *, goes_live: bool) -> None:
    """Quote the rows that wait for another lane. Raise Refused if none of them can be made in it."""
    desk = Desk.of(by, sheet.api_key, connection=str(sheet.asked.get("connection", "")))
    rows = list(SheetRow.objects.filter(sheet=sheet, state=RowState.READY, is_print=False))
    given, refusals = price_rows.inputs_of(rows), list[Refused]()
    for row in rows:
        pictures = [given[code] for code in row.asked.get("references", ()) if code in given]
        try:
            priced = price_rows.price(desk, row.asked, pictures, lane=lane, goes_live=goes_live)
        except SpecRefused:
            continue  # it is refused when it begins
        except Refused as refusal:
            refusals.append(refusal)
            continue
        row.low_micros, row.high_micros, row.held_micros = priced.low, priced.high, priced.held
    if lane == SheetLane.OVERNIGHT and rows and len(refusals) == len(rows):
        raise refusals[0]
    SheetRow.objects.bulk_update(rows, ["low_micros", "high_micros", "held_micros"], batch_size=AT_ONCE)


def _stop_runs(sheet: Sheet) -> None:
    """Stop the runs of rows that are being made, each as a person stops one."""
    live = Run.objects.filter(sheet_rows__sheet=sheet, sheet_rows__state=RowState.RUNNING, state__in=LIVE)
    runs = list(live.select_related("org").order_by("pk"))
    for run in runs:
        with suppress(stop_run.NothingToStop), tenancy.tenant(sheet.org_id):
            stop_run.stop(run)
    called_back = [run for run in runs if run.lane == Lane.OVERNIGHT]
    if called_back:
        overnight.look_now(called_back)


def lock(sheet: Sheet) -> Sheet:
    """Lock the sheet, so that no row of it begins meanwhile. It is locked before anything else."""
    found = Sheet.objects.select_for_update(of=["self"], no_key=True).select_related("org", "api_key")
    return found.get(pk=sheet.pk)


def _copy(fresh: Sheet, sheet: Sheet) -> None:
    for field in Sheet._meta.concrete_fields:
        setattr(sheet, field.attname, getattr(fresh, field.attname))
