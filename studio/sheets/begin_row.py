"""Begin one row of a sheet: submit its run through the same verb as every other, and bind the row to it."""

from contextlib import suppress
from typing import Any

from django.utils import timezone

from accounts.errors import Refused
from accounts.models import Membership
from studio.batches import overnight
from studio.catalogue.fields import SpecRefused
from studio.models import SHEET_KEY, Input, Relation, RowState, Sheet, SheetLane, SheetRow, Visibility
from studio.money import offers
from studio.money.offers import Route
from studio.runs import lanes, plan, submit_run
from studio.runs.plan import Plan
from studio.sheets import price_rows
from studio.sheets.price_rows import Desk

MOST_OVERNIGHT = 10_000  # rows that wait for their batches at once
KEY_GONE = "The API key that this sheet was made with has been deleted."
PICTURE_GONE = "A picture that this row needs has been deleted."


class RowRefused(Refused):
    """A refusal of one row, which says nothing about the others."""

    def __init__(self, sentence: str, code: str) -> None:
        super().__init__(sentence)
        self.code = code


def maker_of(sheet: Sheet) -> Membership | None:
    """Return the member who pays, or None if the person has left."""
    return sheet.org.memberships.select_related("org", "user").filter(user=sheet.maker_id).first()


def most_at_once(sheet: Sheet) -> int:
    """Return how many rows may be in work: what was asked for, within what the connection and the organization
    allow."""
    if sheet.lane == SheetLane.OVERNIGHT:  # nothing is called for them by day
        return sheet.concurrency or MOST_OVERNIGHT
    org = sheet.org
    most = org.most_calls_at_once
    try:
        route = Route.of(named=str(sheet.asked.get("connection", "")), api_key=sheet.api_key, project=sheet.project)
        most = min(most, plan.connection_for(offers.remembered(org) or offers.read(org), route).most_calls_at_once)
    except (Refused, SpecRefused):
        pass  # the row says why, when it begins
    return min(most, sheet.concurrency) if sheet.concurrency else most


def begin(sheet: Sheet, row: SheetRow, member: Membership) -> None:
    """Submit the run of a row in the caller's transaction. Raise LimitReached, SpecRefused, NotAllowed, RowRefused
    or Refused; then the caller must roll back to where it was."""
    if sheet.has_key and sheet.api_key is None:
        raise Refused(KEY_GONE)
    given = price_rows.inputs_of([row])
    codes = row.asked.get("references", [])
    if not set(codes) <= set(given):
        raise RowRefused(PICTURE_GONE, "gone")
    pictures = [given[code] for code in codes]
    now = timezone.now()
    submitted: dict[str, Any] = {
        "by": member,
        "plan": _plan(sheet, row, member, pictures),
        "api_key": sheet.api_key,
        "visibility": Visibility(sheet.visibility),
        "project": str(row.asked.get("project", "")),
        "parent": row.printed.run if row.printed else None,
        "relation": Relation.PRINT if row.printed else Relation.NONE,
        "request_key": f"{SHEET_KEY}{row.code.hex}-{row.times}",
        "now": now,
    }
    if sheet.lane == SheetLane.OVERNIGHT:
        _refuse_overnight(submitted["plan"])
        # A row that is made again after the deadline has a night of its own.
        is_past = sheet.deadline_at is not None and sheet.deadline_at <= now
        deadline_at = None if is_past else sheet.deadline_at
        run = overnight.submit(**submitted, deadline_at=deadline_at, goes_live=sheet.goes_live)
    else:
        run = submit_run.submit(**submitted)
    values = {"state": RowState.RUNNING, "run": run, "times": row.times + 1, "started_at": now, "ended_at": None}
    for name, value in values.items():
        setattr(row, name, value)
    row.save(update_fields=list(values))


def _refuse_overnight(planned: Plan) -> None:
    """Refuse the row alone if its model or its connection offers no batches."""
    try:
        lanes.refuse(planned)
    except Refused as refusal:
        raise RowRefused(refusal.sentence, "not_overnight") from None


def _plan(sheet: Sheet, row: SheetRow, member: Membership, pictures: list[Input]) -> Plan:
    lane = SheetLane.NOW if row.is_print else sheet.lane
    connection = str(sheet.asked.get("connection", ""))
    with suppress(SpecRefused, Refused):
        desk = Desk.of(member, sheet.api_key, connection=connection, is_guess=True)
        return desk.plan(row.asked, pictures, lane=lane)
    return Desk.of(member, sheet.api_key, connection=connection).plan(row.asked, pictures, lane=lane)
