"""Drive sheets: begin their rows in order, as many at once as may be and as the money allows, and note how each ended.

A sheet that moves has a ticket. It comes due when a run of the sheet ends, and by itself after a while, so that a lost
message costs seconds. Each row begins in one transaction, behind the sheet's lock: the run is submitted and the row is
bound to it, or neither. So two workers, or one that is killed in the middle, make no row twice and lose none."""

from datetime import timedelta
from enum import Enum, auto
from uuid import UUID

import structlog
from django.db import transaction
from django.utils import timezone

from accounts.errors import NotAllowed, Refused
from accounts.limits.refusals import LimitReached
from accounts.models import Membership
from saas.database import tenancy
from saas.database.transactions import once_more
from saas.queue import due, lanes, thread_shares
from saas.queue.thread_shares import Barred
from studio.catalogue.fields import SpecRefused
from studio.models import RowState, Sheet, SheetRow, SheetState, SheetTicket
from studio.queue import wake
from studio.runs import suspended
from studio.sheets import begin_row, end_rows, steer

TAKEN_SECONDS = 15  # the lease of a claim: it may be lost in the middle, since each step locks the sheet
LOOK_SECONDS = 5  # until a sheet with rows in work is looked at again, should no message come
MONEY_SECONDS = 20  # until a sheet that waits for money is
GONE = "The person who made this sheet is no longer a member."

log = structlog.get_logger("darkroom.sheets")


class Step(Enum):
    BEGAN = auto()  # a row began, or was refused: look for the next
    FULL = auto()  # as many are in work as may be
    PACED = auto()  # a limit on runs at once or runs a minute is reached
    LATER = auto()  # nothing can begin now, for want of money
    OVER = auto()  # nothing is left to do


def go_on() -> bool:
    """Go on with the sheet that has been due longest. Return False if none is due, or none may be taken now."""
    with thread_shares.OF_LANE[lanes.SHEETS].taking(_take) as claim:
        if claim is None:
            return False
        try:
            _serve(claim)
        except Exception:
            log.exception("sheet not driven", sheet=str(claim.sheet_code))
    return True


def count_due() -> int:
    return due.count(SheetTicket)


def run_ended(org_id: int, run_code: UUID) -> None:
    """Note the end of a sheet's run, and let its sheet go on."""
    with tenancy.tenant(org_id):
        row = SheetRow.objects.filter(run__code=run_code, is_reused=False).select_related("sheet__org", "run").first()
        if row is None:
            return
        if row.state in {RowState.FAILED, RowState.CANCELLED}:  # a person tried its run again, or it came late
            end_rows.correct(row)
        SheetTicket.objects.filter(sheet_code=row.sheet.code).update(due_at=timezone.now())
    go_on()


def _take(barred: Barred) -> SheetTicket | None:
    return due.claim(SheetTicket, barred, seconds=TAKEN_SECONDS)


def _serve(claim: SheetTicket) -> None:
    step = Step.BEGAN
    while step == Step.BEGAN:
        step = once_more(lambda: _step(claim))
    if step == Step.OVER:
        due.claimed(claim).delete()
        return
    seconds = MONEY_SECONDS if step == Step.LATER else LOOK_SECONDS
    is_mine = due.claimed(claim).update(due_at=timezone.now() + timedelta(seconds=seconds))
    if is_mine and step != Step.FULL:  # else the end of a run is what it waits for
        wake.after(steer.TASK, seconds + 1)


def _step(claim: SheetTicket) -> Step:
    """Do one thing for the sheet, in one transaction."""
    with tenancy.tenant(claim.org_id):
        found = Sheet.objects.select_for_update(of=["self"], no_key=True).select_related("org", "maker", "api_key")
        sheet = found.filter(code=claim.sheet_code).first()
        if sheet is None or sheet.org.deleted_at is not None:
            return Step.OVER
        end_rows.note_ends(sheet)
        in_work = SheetRow.objects.filter(sheet=sheet, state=RowState.RUNNING).count()
        if not sheet.org.may_work:
            suspended.put_off(claim, sheet.org)
            return Step.LATER
        _start_if_time(sheet)
        if not sheet.is_moving:
            return Step.FULL if in_work else (Step.OVER if sheet.starts_at is None else Step.LATER)
        return _begin_next(sheet, in_work)


def _start_if_time(sheet: Sheet) -> None:
    if sheet.state == SheetState.READY and sheet.starts_at is not None and sheet.starts_at <= timezone.now():
        values = {"starts_at": None, "started_at": timezone.now()}
        sheet.move(SheetState.RUNNING, since=(SheetState.READY,), **values)


def _begin_next(sheet: Sheet, in_work: int) -> Step:
    member = begin_row.maker_of(sheet)
    if member is None:
        return _give_up(sheet, in_work)
    waiting = SheetRow.objects.filter(sheet=sheet, state=RowState.READY).select_related("printed__run")
    row = waiting.order_by("number", "variant").first()
    if row is None:
        if in_work:
            return Step.FULL
        end_rows.finish(sheet)
        return Step.OVER
    if sheet.sample == 0:
        if not in_work:
            sheet.move(SheetState.PAUSED, since=(SheetState.RUNNING, SheetState.WAITING), reason=end_rows.SAMPLE_MADE)
        return Step.FULL if in_work else Step.OVER
    if in_work >= begin_row.most_at_once(sheet):
        return Step.FULL
    return _begin(sheet, row, member, in_work)


def _begin(sheet: Sheet, row: SheetRow, member: Membership, in_work: int) -> Step:
    try:
        with transaction.atomic():
            begin_row.begin(sheet, row, member)
    except LimitReached as refusal:
        return _wait(sheet, row, refusal, in_work)
    except SpecRefused as refusal:
        if refusal.errors[0].field == "connection":  # it was removed, which concerns all rows
            return _pause(sheet, refusal.errors[0].sentence, in_work)
        end_rows.refuse(row, refusal.errors[0].code, refusal.errors[0].sentence)
        return Step.BEGAN
    except NotAllowed as refusal:
        return _pause(sheet, refusal.sentence, in_work)
    except begin_row.RowRefused as refusal:
        end_rows.refuse(row, refusal.code, refusal.sentence)
        return Step.BEGAN
    except Refused as refusal:
        return _pause(sheet, refusal.sentence, in_work)
    values: dict[str, object] = {} if sheet.sample is None else {"sample": sheet.sample - 1}
    sheet.move(SheetState.RUNNING, since=(SheetState.RUNNING, SheetState.WAITING), reason="", **values)
    return Step.BEGAN


def _wait(sheet: Sheet, row: SheetRow, refusal: LimitReached, in_work: int) -> Step:
    """Wait for money or for the next minute; what no waiting changes is a reason against this row alone."""
    if refusal.left is None and refusal.wait_seconds is None:
        end_rows.refuse(row, refusal.code, refusal.sentence)
        return Step.BEGAN
    if refusal.wait_seconds is None and not in_work:
        sheet.move(SheetState.WAITING, since=(SheetState.RUNNING, SheetState.WAITING), reason=refusal.sentence[:400])
    else:
        Sheet.objects.filter(pk=sheet.pk).update(reason=refusal.sentence[:400])
    if refusal.wait_seconds is not None:
        return Step.PACED
    return Step.FULL if in_work else Step.LATER


def _pause(sheet: Sheet, reason: str, in_work: int) -> Step:
    sheet.move(SheetState.PAUSED, since=(SheetState.RUNNING, SheetState.WAITING), reason=reason[:400])
    return Step.FULL if in_work else Step.OVER


def _give_up(sheet: Sheet, in_work: int) -> Step:
    """Cancel a sheet of which the maker has left, who would have paid for it."""
    now = timezone.now()
    SheetRow.objects.filter(sheet=sheet, state=RowState.READY).update(state=RowState.CANCELLED, ended_at=now)
    sheet.move(SheetState.CANCELLED, since=(SheetState.RUNNING, SheetState.WAITING), reason=GONE, ended_at=now)
    return Step.FULL if in_work else Step.OVER
