"""Begin one row of a sheet: submit its run through the same verb as every other, and bind the row to it."""

from contextlib import suppress

from django.utils import timezone

from accounts.errors import Refused
from accounts.models import Membership
from studio.catalogue.fields import SpecRefused
from studio.models import SHEET_KEY, Input, Relation, RowState, Sheet, SheetLane, SheetRow, Visibility
from studio.money import offers
from studio.money.offers import Route
from studio.runs import plan, submit_run
from studio.runs.plan import Plan
from studio.sheets import price_rows
from studio.sheets.price_rows import Desk

KEY_GONE = "The API key that this sheet was made with has been deleted."
PICTURE_GONE = "A picture that this row needs has been deleted."


class RowGone(Refused):
    """A refusal of one row, because something that it was made of is gone."""


def maker_of(sheet: Sheet) -> Membership | None:
    """Return the member who pays, or None if the person has left."""
    return sheet.org.memberships.select_related("org", "user").filter(user=sheet.maker_id).first()


def most_at_once(sheet: Sheet) -> int:
    """Return how many rows may be in work: what was asked for, within what the connection and the organization
    allow."""
    org = sheet.org
    most = org.most_calls_at_once
    try:
        route = Route.of(named=str(sheet.asked.get("connection", "")), api_key=sheet.api_key, project=sheet.project)
        most = min(most, plan.connection_for(offers.remembered(org) or offers.read(org), route).most_calls_at_once)
    except (Refused, SpecRefused):
        pass  # the row says why, when it begins
    return min(most, sheet.concurrency) if sheet.concurrency else most


def begin(sheet: Sheet, row: SheetRow, member: Membership) -> None:
    """Submit the run of a row in the caller's transaction. Raise LimitReached, SpecRefused, NotAllowed, RowGone or
    Refused; then the caller must roll back to where it was."""
    if sheet.has_key and sheet.api_key is None:
        raise Refused(KEY_GONE)
    given = price_rows.inputs_of([row])
    codes = row.asked.get("references", [])
    if not set(codes) <= set(given):
        raise RowGone(PICTURE_GONE)
    pictures = [given[code] for code in codes]
    now = timezone.now()
    run = submit_run.submit(
        by=member,
        plan=_plan(sheet, row, member, pictures),
        api_key=sheet.api_key,
        visibility=Visibility(sheet.visibility),
        project=str(row.asked.get("project", "")),
        parent=row.printed.run if row.printed else None,
        relation=Relation.PRINT if row.printed else Relation.NONE,
        request_key=f"{SHEET_KEY}{row.code.hex}-{row.times}",
        now=now,
    )
    values = {"state": RowState.RUNNING, "run": run, "times": row.times + 1, "started_at": now, "ended_at": None}
    for name, value in values.items():
        setattr(row, name, value)
    row.save(update_fields=list(values))


def _plan(sheet: Sheet, row: SheetRow, member: Membership, pictures: list[Input]) -> Plan:
    is_proof, connection = sheet.lane == SheetLane.PROOF and not row.is_print, str(sheet.asked.get("connection", ""))
    with suppress(SpecRefused, Refused):
        desk = Desk.of(member, sheet.api_key, connection=connection, is_guess=True)
        return desk.plan(row.asked, pictures, is_proof=is_proof)
    return Desk.of(member, sheet.api_key, connection=connection).plan(row.asked, pictures, is_proof=is_proof)
