"""Make a sheet of a table: check each row by the same plan as a single run, and quote them all. Nothing is held or
spent, and no provider is asked."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from typing import IO, Any
from uuid import UUID

from accounts import access
from accounts.errors import NotAllowed, Refused
from accounts.models import ApiKey, Membership, Role
from saas.database import tenancy
from saas.fairness import memory
from saas.fairness.memory import Busy, Room
from saas.text.codes import code_or_none
from studio.models import Input, RowState, Run, Sheet, SheetRow, SheetState, Visibility
from studio.models.sheets import NAME_CHARACTERS, NAMES_CHARACTERS
from studio.sheets import compose, file_names, gather_pictures, mapping, price_rows
from studio.sheets.compose import Request, RowRefused
from studio.sheets.gather_pictures import Gathered
from studio.sheets.mapping import ColumnMap
from studio.sheets.price_rows import Desk
from studio.sheets.read_table import ROW_ID, Table, TableRow
from studio.sheets.refusals import RowFault, SheetRefused

MOST_OPEN = 200  # sheets of an organization that have not ended
MOST_REQUESTS = 20_000  # of a sheet, with all variants
MOST_TEMPLATE = 20_000
AT_ONCE = 1000
PATIENCE_SECONDS = 30.0
ROOM = Room(limit_bytes=2, places=2, waiting_each=4)  # tables that a process checks at once; each counts as 1
DONE = ("finished", "succeeded")  # as a result sheet says it


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a sheet is made of, from whichever door."""

    table: Table
    name: str = ""
    template: str = ""
    mapping: Mapping[str, str] = field(default_factory=dict)
    lists: Mapping[str, str] = field(default_factory=dict)
    asked: Mapping[str, Any] = field(default_factory=dict)  # for rows whose cells do not say it
    names: str = ""
    visibility: str = Visibility.TEAM
    project: str = ""
    connection: str = ""
    reuses: bool = False  # take pictures that rows of earlier sheets have, where they asked for the same


class SheetsBusy(Refused):
    """A refusal because other tables are being checked."""

    code = "busy"

    def __init__(self) -> None:
        super().__init__("Other tables are being checked. Send this one again in a few seconds. Nothing was made.")


@dataclass(frozen=True, slots=True)
class _Composed:
    row: TableRow
    requests: list[Request]
    faults: list[RowFault]
    is_done: bool = False


def make(*, by: Membership, api_key: ApiKey | None, wanted: Wanted, packed: IO[bytes] | None = None) -> Sheet:
    """Make a sheet. Raise SheetRefused if it cannot be read as a whole; what is wrong with single rows is noted on
    them. Call this outside of any transaction: pictures are read and stored before. Thousands of rows take seconds to
    check and price, so organizations take turns at it, and one never has all of a process's places."""
    _check(by, wanted)
    memory.release_connection()
    with ExitStack() as turn:
        try:
            turn.enter_context(ROOM.held(1, by=by.org_id, seconds=PATIENCE_SECONDS))
        except Busy:
            raise SheetsBusy from None
        return _make(by, api_key, wanted, packed)


def _make(by: Membership, api_key: ApiKey | None, wanted: Wanted, packed: IO[bytes] | None) -> Sheet:
    with tenancy.tenant(by.org_id):
        earlier = _earlier_rows(wanted.table, by)
    wanted = _as_before(wanted, earlier)
    columns = mapping.read(
        wanted.table.columns,
        template=wanted.template,
        chosen=wanted.mapping,
        lists=wanted.lists,
        has_default=wanted.asked,
    )
    composed = _compose(wanted, columns, earlier)
    with ExitStack() as undo:
        named = (name for one in composed for request in one.requests for name in request.references)
        pictures = gather_pictures.gather(named, packed=packed, by=by, undo=undo)
        with tenancy.tenant(by.org_id):
            by = access.read_again(by, api_key)
            if not by.is_at_least(Role.MEMBER):
                raise NotAllowed("Your role does not allow you to make pictures.")
            sheet = _keep(by, api_key, wanted, columns, rows=composed, found=pictures)
            undo.pop_all()  # before the commit: files that rows name must not be deleted
    return sheet


def _as_before(wanted: Wanted, earlier: Mapping[UUID, SheetRow]) -> Wanted:
    """Return a result sheet with the template and the settings of the sheet that it is the result of, unless it comes
    with a template of its own."""
    before = next((row.sheet for row in earlier.values()), None)
    if before is None or wanted.template or wanted.mapping:
        return wanted
    known = {mapping.key_of(name) for name in wanted.table.columns}
    if not {mapping.key_of(name) for name in before.columns} <= known:
        return wanted  # other columns than it had
    asked = {name: value for name, value in before.asked.items() if name != "connection"}
    return replace(
        wanted,
        name=wanted.name or before.name,
        template=before.template,
        mapping=before.mapping.get("columns", {}),
        lists=wanted.lists or before.mapping.get("lists", {}),
        asked={**asked, **wanted.asked},
        names=wanted.names or before.names,
        project=wanted.project or before.project,
        connection=wanted.connection or str(before.asked.get("connection", "")),
    )


def _check(by: Membership, wanted: Wanted) -> None:
    if not by.is_at_least(Role.MEMBER):
        raise NotAllowed("Your role does not allow you to make pictures.")
    if len(wanted.template) > MOST_TEMPLATE:
        sentence = f"A template has {MOST_TEMPLATE:,} characters at most."
        raise SheetRefused("too_long", sentence, "template")
    if len(wanted.names) > NAMES_CHARACTERS:
        raise SheetRefused("too_long", f"A template of names has {NAMES_CHARACTERS} characters at most.", "names")
    file_names.check(wanted.names, wanted.table.columns)
    with tenancy.tenant(by.org_id):
        is_open = Sheet.objects.filter(org=by.org_id).exclude(state__in=[SheetState.FINISHED, SheetState.CANCELLED])
        if is_open.count() >= MOST_OPEN:
            raise Refused(f"There are already {MOST_OPEN} sheets that are not finished. Delete or finish some first.")


def _compose(wanted: Wanted, columns: ColumnMap, earlier: Mapping[UUID, SheetRow]) -> list[_Composed]:
    found, count = list[_Composed](), 0
    for row in wanted.table.rows:
        try:
            found.append(_composed(row, wanted, columns, _before(row, earlier)))
        except RowRefused as refusal:
            found.append(_Composed(row, [], [refusal.fault]))
        count += max(1, len(found[-1].requests))
        if count > MOST_REQUESTS:
            sentence = f"These rows stand for more than {MOST_REQUESTS:,} requests. Split the sheet."
            raise SheetRefused("too_many_rows", sentence)
    return found


def _composed(row: TableRow, wanted: Wanted, columns: ColumnMap, before: SheetRow | None) -> _Composed:
    """Compose a row. One that comes back with its cells as they were is what it was: done, or the same request."""
    is_same = before is not None and before.cells == row.cells
    if row.told.get("state", "").strip().lower() in DONE and (is_same or before is None):
        return _Composed(row, [], [], is_done=True)
    if before is None or before.state == RowState.FAULTY:
        return _Composed(row, compose.requests_of(row, columns, wanted.asked), [])
    kept = tuple(map(str, before.asked.get("references", ())))
    if is_same:
        return _Composed(row, [Request(before.asked, kept, tuple(before.tags), before.collection)], [])
    requests = compose.requests_of(row, columns, wanted.asked)
    named = [place for place, name in enumerate(columns.columns) if columns.used_for[name] == "references"]
    if kept and all(before.cells[place] == row.cells[place] for place in named):
        requests = [replace(one, references=kept) for one in requests]  # the ZIP need not be sent again
    return _Composed(row, requests, [])


def _earlier_rows(table: Table, by: Membership) -> dict[UUID, SheetRow]:
    """Return the rows that a result sheet's rows were, as far as the member may see them."""
    if not table.is_result:
        return {}
    codes = [code for row in table.rows if (code := code_or_none(row.told.get(ROW_ID, "")))]
    sheets = Sheet.objects.visible_to(by)
    rows = SheetRow.objects.filter(code__in=codes, sheet__in=sheets).select_related("run", "sheet")
    return {row.code: row for row in rows}


def _before(row: TableRow, earlier: Mapping[UUID, SheetRow]) -> SheetRow | None:
    code = code_or_none(row.told.get(ROW_ID, ""))
    return earlier.get(code) if code else None


def _keep(
    by: Membership,
    api_key: ApiKey | None,
    wanted: Wanted,
    columns: ColumnMap,
    *,
    rows: list[_Composed],
    found: Gathered,
) -> Sheet:
    sheet = Sheet.objects.create(
        org=by.org,
        maker=by.user,
        api_key=api_key,
        has_key=api_key is not None,
        name=_named(wanted),
        columns=list(columns.columns),
        template=wanted.template,
        mapping={"columns": dict(wanted.mapping), "lists": dict(wanted.lists)},
        asked={**wanted.asked, **({"connection": wanted.connection} if wanted.connection else {})},
        names=wanted.names,
        visibility=wanted.visibility,
        project=wanted.project,
        row_count=len(rows),
    )
    desk = Desk.of(by, api_key, connection=wanted.connection)
    writer = _Rows(sheet, desk, columns, found.keep(by), found.missing, _earlier_rows(wanted.table, by))
    made = [row for one in rows for row in writer.rows_of(one)]
    SheetRow.objects.bulk_create(made, batch_size=AT_ONCE)
    if wanted.reuses:
        reuse(sheet, by)
    return sheet


@dataclass(frozen=True, slots=True)
class _Rows:
    """Write composed rows of a sheet, each checked and priced."""

    sheet: Sheet
    desk: Desk
    columns: ColumnMap
    given: Mapping[str, Input]
    missing: Mapping[str, str]
    earlier: Mapping[UUID, SheetRow]

    def rows_of(self, composed: _Composed) -> Iterator[SheetRow]:
        if composed.faults:
            faults = [one.to_json() for one in composed.faults]
            yield self._row(composed.row, state=RowState.FAULTY, faults=faults)
        elif composed.is_done:
            yield self._done(composed.row)
        else:
            for variant, request in enumerate(composed.requests):
                yield self._priced(composed.row, variant, request)

    def _row(self, row: TableRow, **values: Any) -> SheetRow:
        return SheetRow(org_id=self.sheet.org_id, sheet=self.sheet, number=row.number, cells=row.cells, **values)

    def _done(self, row: TableRow) -> SheetRow:
        """Return a row that was made in an earlier sheet, with that one's pictures."""
        before = _before(row, self.earlier)
        more: dict[str, Any] = {}
        if before is not None:
            names = ("asked", "pictures", "fingerprint", "run", "started_at", "ended_at", "tags", "collection")
            more = {name: getattr(before, name) for name in names}
        return self._row(row, state=RowState.FINISHED, is_reused=True, **more)

    def _priced(self, row: TableRow, variant: int, request: Request) -> SheetRow:
        faults = [
            RowFault(self.columns.column_for("references"), "no_picture", self.missing[name][:300])
            for name in request.references
            if name in self.missing
        ]
        project = self.sheet.project
        asked = {"project": project, **request.asked} if project else dict(request.asked)
        inputs = [self.given[name] for name in request.references if name in self.given]
        checked = price_rows.check(self.desk, asked, inputs, self.columns)
        faults += checked.faults
        if inputs:
            asked["references"] = [str(one.code) for one in inputs]
        made = self._row(row, variant=variant, asked=asked, tags=list(request.tags))
        made.collection = request.collection[:80]
        if faults or checked.priced is None:
            made.state, made.faults = RowState.FAULTY, [one.to_json() for one in faults]
            return made
        priced = checked.priced
        made.pictures, made.fingerprint = priced.pictures, priced.fingerprint
        made.low_micros, made.high_micros, made.held_micros = priced.low, priced.high, priced.held
        return made


def alike(sheet: Sheet, member: Membership) -> dict[int, SheetRow]:
    """Return finished rows of earlier sheets that asked for the same as rows that wait, by the fingerprint."""
    waiting = SheetRow.objects.filter(sheet=sheet, state=RowState.READY).values("fingerprint")
    runs = Run.objects.visible_to(member).filter(cleared_at=None)
    found = SheetRow.objects.filter(org=sheet.org_id, state=RowState.FINISHED, fingerprint__in=waiting, run__in=runs)
    return {row.fingerprint: row for row in found.exclude(fingerprint=0).order_by("pk")}


def count_alike(sheet: Sheet, member: Membership) -> int:
    """Count the rows that wait and of which an earlier sheet has the pictures."""
    waiting = SheetRow.objects.filter(sheet=sheet, state=RowState.READY)
    return waiting.filter(fingerprint__in=[*alike(sheet, member)]).count()


def reuse(sheet: Sheet, member: Membership) -> int:
    """Give rows that wait the pictures of finished rows that asked for the same. Return how many."""
    found, count = alike(sheet, member), 0
    for fingerprint, row in found.items():
        waiting = SheetRow.objects.filter(sheet=sheet, state=RowState.READY, fingerprint=fingerprint)
        times = {"started_at": row.started_at, "ended_at": row.ended_at}
        count += waiting.update(state=RowState.FINISHED, is_reused=True, run=row.run, **times)
    return count


def _named(wanted: Wanted) -> str:
    name = " ".join(wanted.name.replace("\0", "").split())[:NAME_CHARACTERS]
    return name or f"Sheet of {len(wanted.table.rows):,} row{'' if len(wanted.table.rows) == 1 else 's'}"
