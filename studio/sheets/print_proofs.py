"""Print the starred proofs of a sheet: each becomes a row of its own, larger and in the quality that its cells ask for,
with the proof as the reference."""

from collections.abc import Mapping
from contextlib import ExitStack, suppress

from django.db.models import Max
from django.utils import timezone

from accounts.errors import Refused
from accounts.models import Membership
from saas.database import tenancy
from studio.catalogue import image_models
from studio.catalogue.fields import SpecRefused
from studio.inputs import uploads
from studio.inputs.uploads import Ready
from studio.models import Output, RowState, Sheet, SheetLane, SheetRow, SheetState
from studio.runs import prints
from studio.sheets import price_rows, steer
from studio.sheets.price_rows import Desk

MOST_AT_ONCE = 60  # each of them is read from storage
PROOF_QUALITIES = ("", "auto", "low")


def starred(sheet: Sheet) -> list[tuple[SheetRow, Output]]:
    """Return the starred proofs that are not printed yet, with their rows, in order."""
    if sheet.lane != SheetLane.PROOF:
        return []
    rows = {
        row.run_id: row
        for row in SheetRow.objects.filter(sheet=sheet, state=RowState.FINISHED, is_print=False).exclude(run=None)
    }
    printed = SheetRow.objects.filter(sheet=sheet, is_print=True).values("printed")
    found = Output.objects.not_in_bin().filter(run__sheet_rows__sheet=sheet, stars__gt=0).exclude(pk__in=printed)
    chosen = found.select_related("run", "org", "slot", "composite").distinct().order_by("pk")
    pairs = [(rows[output.run_id], output) for output in chosen if output.run_id in rows]
    return sorted(pairs, key=lambda pair: (pair[0].number, pair[0].variant, pair[1].slot.index))[:MOST_AT_ONCE]


def print_starred(*, sheet: Sheet, by: Membership) -> int:
    """Add a row for each starred proof, and let the sheet go on. Return how many. Call this outside of any transaction:
    the proofs are read before."""
    with tenancy.tenant(sheet.org_id):
        steer.check_may(sheet, by)
        if sheet.state == SheetState.CANCELLED:
            raise steer.SheetBusy("This sheet was cancelled.")
        fresh = [one for _, one in starred(sheet) if uploads.of_output(output=one, by=by.user) is None]
    with ExitStack() as undo:
        ready: dict[int, Ready] = {}
        for output in fresh:
            ready[output.pk] = uploads.store_output(output)
            undo.callback(uploads.forget, ready[output.pk])
        with tenancy.tenant(sheet.org_id):
            locked = steer.lock(sheet)
            made = _rows(locked, by, ready)
            if not made:
                raise Refused("Star the proofs that are to be printed first.")
            SheetRow.objects.bulk_create(made)
            since = (SheetState.FINISHED, SheetState.PAUSED, SheetState.RUNNING, SheetState.WAITING)
            locked.move(SheetState.RUNNING, since=since, ended_at=None, reason="", sample=None)
            steer.call(locked)
            undo.pop_all()
    return len(made)


def _rows(sheet: Sheet, by: Membership, ready: Mapping[int, Ready]) -> list[SheetRow]:
    models = image_models.at(timezone.now(), org=by.org)
    desk = Desk.of(by, sheet.api_key, connection=str(sheet.asked.get("connection", "")))
    variants = dict(
        SheetRow.objects.filter(sheet=sheet)
        .values("number")
        .annotate(last=Max("variant"))
        .values_list("number", "last")
    )
    made = []
    for row, output in starred(sheet):
        given = uploads.of_output(output=output, by=by.user)
        if given is None and output.pk not in ready:
            continue  # it was starred just now; the next print takes it
        given = given or uploads.keep(ready[output.pk], by=by.user)
        model = prints.model_for(output.run, models)
        quality = str(row.asked.get("quality", ""))
        asked = {
            "prompt": prints.words_for(output.run, model),
            "model": model.name,
            "size": str(prints.enlargements(output, model)[-1].size),
            "quality": "high" if quality.lower() in PROOF_QUALITIES else quality,
            **{name: row.asked[name] for name in ("format", "compression", "project") if name in row.asked},
        }
        with suppress(SpecRefused):
            priced = price_rows.price(desk, asked, [given])
            variants[row.number] += 1
            made.append(
                SheetRow(
                    org_id=sheet.org_id,
                    sheet=sheet,
                    number=row.number,
                    variant=variants[row.number],
                    cells=row.cells,
                    asked={**asked, "references": [str(given.code)]},
                    tags=row.tags,
                    collection=row.collection,
                    printed=output,
                    is_print=True,
                    pictures=priced.pictures,
                    low_micros=priced.low,
                    high_micros=priced.high,
                    held_micros=priced.held,
                )
            )
    return made
