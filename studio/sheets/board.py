"""Sum up a sheet for its page: how far it is, what it costs, what failed and why, and a page of its rows."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Count, Min, Q

from accounts.models import Membership
from saas.text.codes import code_or_none
from studio.models import Output, RowState, Sheet, SheetRow, SheetState, State
from studio.providers.outcomes import OUTCOMES
from studio.sheets import begin_row, file_names, make_sheet, mapping, print_proofs, quote, results, steer
from studio.sheets.quote import Quote

PAGE_SIZE = 60
PREVIEWED = 5
MOST_FAULTS = 50
STRIP = 6  # pictures of a sheet in the list
ORDER = (RowState.FINISHED, RowState.RUNNING, RowState.FAILED, RowState.CANCELLED, RowState.FAULTY, RowState.READY)


@dataclass(frozen=True, slots=True)
class Failure:
    """Rows that failed for one reason."""

    code: str
    sentence: str
    rows: int
    first: SheetRow
    may_help: bool  # to make them again as they are


@dataclass(frozen=True, slots=True)
class Share:
    """Rows in one state, and where they begin in the bar."""

    state: str
    label: str
    count: int
    start: int


@dataclass(frozen=True, slots=True)
class Board:
    counts: dict[str, int]
    total: int
    done: int
    shares: list[Share]
    quote: Quote
    cost: int
    failures: list[Failure]
    faults: list[SheetRow]
    alike: int
    most_at_once: int
    names: list[str]  # of the first pictures
    used: list[tuple[str, str]]  # columns, and what each is for
    starred: int  # proofs that can be printed

    @property
    def percent(self) -> int:
        return 100 * self.done // self.total if self.total else 0


@dataclass(frozen=True, slots=True)
class Tile:
    """A row with its pictures, as the contact sheet and the table show it."""

    row: SheetRow
    outputs: list[Output] = field(default_factory=list)

    @property
    def first(self) -> Output | None:
        return self.outputs[0] if self.outputs else None

    @property
    def words(self) -> str:
        return str(self.row.asked.get("prompt", "")) or " · ".join(cell for cell in self.row.cells if cell)

    @property
    def error(self) -> str:
        return results.error_of(self.row)

    @property
    def is_developing(self) -> bool:
        return self.row.run is not None and self.row.run.state == State.RUNNING


@dataclass(frozen=True, slots=True)
class RowPage:
    tiles: list[Tile]
    after: str
    next_after: str
    state: str
    view: str
    is_live: bool


@dataclass(frozen=True, slots=True)
class Entry:
    """A sheet in the list."""

    sheet: Sheet
    done: int
    total: int
    failed: int
    pictures: list[Output]


def board_of(sheet: Sheet, member: Membership) -> Board:
    counts = quote.counts_of(sheet)
    labels = {state.value: state.label for state in RowState}
    shares: list[Share] = []
    for state in ORDER:
        if counts[state]:
            start = sum(share.count for share in shares)
            shares.append(Share(state.value, labels[state.value], counts[state], start))
    is_open = sheet.state in {SheetState.READY, SheetState.PAUSED}
    return Board(
        counts=counts,
        total=sum(counts.values()),
        done=sum(counts[state] for state in (RowState.FINISHED, RowState.FAILED, RowState.CANCELLED)),
        shares=shares,
        quote=quote.quote_of(sheet, member, sheet.api_key),
        cost=quote.cost_of(sheet),
        failures=_failures(sheet) if counts[RowState.FAILED] else [],
        faults=list(results.rows_of(sheet).filter(state=RowState.FAULTY)[:MOST_FAULTS]),
        alike=make_sheet.count_alike(sheet, member) if is_open else 0,
        most_at_once=begin_row.most_at_once(sheet),
        names=_names(sheet) if sheet.state == SheetState.READY else [],
        used=_used(sheet),
        starred=len(print_proofs.starred(sheet)),
    )


def page_of(sheet: Sheet, *, after: str, state: str, view: str) -> RowPage:
    """Return a page of rows behind the row with the code `after`, in their order."""
    rows = results.rows_of(sheet).select_related("run")
    known = state if state in RowState.values else ""
    if known:
        rows = rows.filter(state=known)
    code = code_or_none(after)
    last = SheetRow.objects.filter(sheet=sheet, code=code).first() if code else None
    if last is not None:
        rows = results.after(rows, last)
    found = list(rows[: PAGE_SIZE + 1])
    shown = found[:PAGE_SIZE]
    next_after = str(shown[-1].code) if len(found) > PAGE_SIZE else ""
    is_live = sheet.is_moving or any(row.state == RowState.RUNNING for row in shown)
    return RowPage(tiles_of(shown), after, next_after, known, "table" if view == "table" else "", is_live)


def tiles_of(rows: Iterable[SheetRow]) -> list[Tile]:
    listed = list(rows)
    outputs = results.outputs_of(listed)
    return [Tile(row, outputs.get(row.run_id or 0, [])) for row in listed]


def entries_of(sheets: Iterable[Sheet]) -> list[Entry]:
    """Return sheets for the list, each with its progress and its newest pictures, by few questions for all."""
    listed = list(sheets)
    is_done = Q(state__in=[RowState.FINISHED, RowState.FAILED, RowState.CANCELLED])
    sums = {
        one["sheet"]: one
        for one in SheetRow.objects.filter(sheet__in=listed)
        .values("sheet")
        .annotate(
            total=Count("pk"), done=Count("pk", filter=is_done), failed=Count("pk", filter=Q(state=RowState.FAILED))
        )
        .order_by()
    }
    pictures = {sheet.pk: _strip(sheet) for sheet in listed}
    none: dict[str, Any] = {"total": 0, "done": 0, "failed": 0}
    return [
        Entry(sheet, said["done"], said["total"], said["failed"], pictures[sheet.pk])
        for sheet in listed
        for said in [sums.get(sheet.pk, none)]
    ]


def _strip(sheet: Sheet) -> list[Output]:
    runs = (
        results.rows_of(sheet).filter(state=RowState.FINISHED).exclude(run=None).values_list("run", flat=True)[:STRIP]
    )
    kept = Output.objects.not_in_bin().filter(run__in=list(runs), slot__index=0)
    return list(kept.select_related("composite").order_by("run_id"))


def _failures(sheet: Sheet) -> list[Failure]:
    failed = SheetRow.objects.filter(sheet=sheet, state=RowState.FAILED)
    groups = failed.values("error_code").annotate(rows=Count("pk"), first=Min("number")).order_by("-rows")
    found = []
    for group in groups:
        first = failed.filter(error_code=group["error_code"]).order_by("number", "variant").first()
        if first is not None:
            sentence = OUTCOMES[first.error_code].sentence if first.error_code in OUTCOMES else first.error_sentence
            may_help = first.error_code in steer.WORTH_TRYING
            found.append(Failure(first.error_code, sentence, group["rows"], first, may_help))
    return found


def _names(sheet: Sheet) -> list[str]:
    first = list(results.rows_of(sheet).exclude(state=RowState.FAULTY)[:PREVIEWED])
    stems = file_names.stems_of(sheet, first)
    endings: dict[str, str] = defaultdict(lambda: "png", {"jpeg": "jpg", "webp": "webp"})
    names = [f"{stem}.{endings[str(row.asked.get('format', 'png'))]}" for row in first for stem in stems[row.pk]]
    return names[:PREVIEWED]


def _used(sheet: Sheet) -> list[tuple[str, str]]:
    chosen = sheet.mapping.get("columns", {})
    columns = mapping.usual(sheet.columns, chosen)
    in_template = {mapping.key_of(name) for name in mapping.placeholders(sheet.template)}
    return [
        (name, use or ("in the template" if mapping.key_of(name) in in_template else ""))
        for name, use in columns.items()
    ]
