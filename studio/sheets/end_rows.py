"""Note how the rows of a sheet ended, what they cost, and when the sheet is finished."""

import contextlib

from django.db.models import Sum
from django.utils import timezone

from accounts.errors import Refused
from accounts.models import Membership
from billing.models import Entry
from studio.gallery import collections, organize
from studio.models import ENDS, Collection, Output, RowState, Sheet, SheetRow, SheetState, Slot, State
from studio.sheets import begin_row

SAMPLE_MADE = "The sample is made. Look at it, and go on."
LOST = "The run of this row is gone."


def note_ends(sheet: Sheet) -> None:
    """Note the ends of all runs of the sheet that have ended. The caller has the sheet's lock."""
    rows = SheetRow.objects.filter(sheet=sheet, state=RowState.RUNNING)
    for row in rows.filter(run__state__in=ENDS).select_related("run"):
        _note(sheet, row)
    rows.filter(run=None).update(state=RowState.FAILED, error_code="gone", error_sentence=LOST, ended_at=timezone.now())


def correct(row: SheetRow) -> None:
    """Note another end of a row whose run was tried again, or whose picture came late."""
    if row.run is not None and row.run.state in ENDS:
        _note(row.sheet, row)


def refuse(row: SheetRow, code: str, sentence: str) -> None:
    """End a row that cannot begin. Nothing was spent on it."""
    SheetRow.objects.filter(pk=row.pk, state=RowState.READY).update(
        state=RowState.FAILED, error_code=code[:60], error_sentence=sentence[:300], ended_at=timezone.now()
    )


def finish(sheet: Sheet) -> None:
    since = (SheetState.RUNNING, SheetState.WAITING)
    sheet.move(SheetState.FINISHED, since=since, ended_at=timezone.now(), reason="")


def _note(sheet: Sheet, row: SheetRow) -> None:
    run = row.run
    assert run is not None  # noqa: S101 the caller has joined it
    slots = list(Slot.objects.filter(run=run).order_by("index"))
    failed = next((slot for slot in slots if slot.state != State.SUCCEEDED), None)
    spent = Entry.objects.filter(org=sheet.org_id, run_code=run.code).aggregate(micros=Sum("micros", default=0))
    state = RowState.FINISHED if failed is None else RowState.FAILED
    if failed is not None and failed.state == State.CANCELLED:
        state = RowState.CANCELLED if sheet.state == SheetState.CANCELLED else RowState.FAILED
    SheetRow.objects.filter(pk=row.pk).update(
        state=state,
        ended_at=run.ended_at or timezone.now(),
        cost_micros=spent["micros"],
        error_code=failed.error_code if failed else "",
        error_sentence=failed.error_sentence if failed else "",
    )
    if row.tags or row.collection:
        member = begin_row.maker_of(sheet)
        if member is not None:
            _sort(member, row)


def _sort(member: Membership, row: SheetRow) -> None:
    """Tag the row's pictures and put them into its collection. Where that is refused, they stay as they are."""
    outputs = list(Output.objects.not_in_bin().filter(run=row.run_id))
    for tag in row.tags if outputs else ():
        with contextlib.suppress(Refused):
            organize.tag(by=member, outputs=outputs, name=tag)
    if row.collection and outputs:
        with contextlib.suppress(Refused):
            found = Collection.objects.filter(org=member.org_id, name__iexact=row.collection).first()
            collection = found or collections.make(by=member, name=row.collection)
            collections.add(by=member, collection=collection, outputs=outputs)
