"""Change the prompt of a row in place, and let it be made."""

from accounts.models import Membership
from studio.models import RowState, SheetRow, SheetState
from studio.sheets import price_rows, steer
from studio.sheets.price_rows import Desk

FIXABLE = (RowState.READY, RowState.FAILED, RowState.FAULTY)


def fix(*, row: SheetRow, by: Membership, prompt: str) -> None:
    """Give a row another prompt. One that failed is made again, as soon as its sheet goes on. Raise SpecRefused if the
    request cannot be made so, either."""
    sheet = row.sheet
    steer.check_may(sheet, by)
    if sheet.state == SheetState.CANCELLED or row.state not in FIXABLE:
        raise steer.SheetBusy("This row cannot be changed any more.")
    given = price_rows.inputs_of([row])
    pictures = [given[code] for code in row.asked.get("references", ()) if code in given]
    asked = {**row.asked, "prompt": prompt.replace("\0", "").strip()}
    desk = Desk.of(by, sheet.api_key, connection=str(sheet.asked.get("connection", "")))
    priced = price_rows.price(desk, asked, pictures, lane=sheet.lane, goes_live=sheet.goes_live)
    changed = SheetRow.objects.filter(pk=row.pk, state__in=FIXABLE).update(
        asked=asked,
        state=RowState.FAILED,
        faults=[],
        error_code="changed",
        pictures=priced.pictures,
        low_micros=priced.low,
        high_micros=priced.high,
        held_micros=priced.held,
        fingerprint=priced.fingerprint,
    )
    if changed:
        steer.rerun(sheet=sheet, by=by, rows=[row])
