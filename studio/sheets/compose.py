"""Compose requests of a row's cells: the template with its words, permutations, and lists in cells. One row may become
several requests, its variants."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

from studio.sheets import mapping as mapping_of
from studio.sheets import permutations
from studio.sheets.mapping import WORD, ColumnMap
from studio.sheets.permutations import MOST_VARIANTS, NestedTooDeeply, TooManyVariants
from studio.sheets.read_table import LONGEST_CELL, TableRow
from studio.sheets.refusals import RowFault

SEPARATORS = re.compile(r"[|;\n]")
NAMES = re.compile(r"[|;,\n]")
NOT_EXPANDED = ("references", "tags", "collection", "project")


class RowRefused(Exception):
    def __init__(self, column: str, code: str, message: str) -> None:
        super().__init__(message)
        self.fault = RowFault(column, code, message[:300])


@dataclass(frozen=True, slots=True)
class Request:
    """What one variant asks for: parameters as text, and what is not part of the run's spec."""

    asked: dict[str, Any]
    references: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    collection: str = ""


def requests_of(row: TableRow, columns: ColumnMap, defaults: Mapping[str, Any]) -> list[Request]:
    """Return the requests of a row. Raise RowRefused."""
    if row.has_too_many:
        raise RowRefused("", "too_many_cells", "This row has more cells than there are columns.")
    cells = dict(zip(columns.columns, row.cells, strict=True))
    for name, cell in cells.items():
        if len(cell) > LONGEST_CELL:
            raise RowRefused(name, "too_long", f"This cell has more than {LONGEST_CELL:,} characters.")
    found = list[Request]()
    for chosen in _choices(cells, columns):
        found += _variants(chosen, columns, defaults)
        if len(found) > MOST_VARIANTS:
            raise RowRefused("prompt", "too_many_variants", str(TooManyVariants()))
    return found


def _choices(cells: dict[str, str], columns: ColumnMap) -> Iterator[dict[str, str]]:
    """Yield one value for each column: all combinations of what groups and lists in the cells stand for."""
    zipped = {name: _listed(cells[name]) for name, how in columns.lists.items() if how == "zip"}
    lengths = {len(values) for values in zipped.values()} - {1}
    if len(lengths) > 1:
        names = ", ".join(zipped)
        raise RowRefused(next(iter(zipped)), "uneven_lists", f"The lists in {names} are not equally long.")
    length = lengths.pop() if lengths else 1
    together = [{name: listed[place % len(listed)] for name, listed in zipped.items()} for place in range(length)]
    alone = {name: _alternatives(name, cells[name], columns) for name in cells if name not in zipped}
    count = length
    for alternatives in alone.values():
        count *= len(alternatives)
        if count > MOST_VARIANTS:
            raise RowRefused("prompt", "too_many_variants", str(TooManyVariants()))
    order = [*alone]
    for first in together:
        for others in product(*alone.values()):
            yield {**first, **dict(zip(order, others, strict=True))}


def _alternatives(name: str, cell: str, columns: ColumnMap) -> list[str]:
    if columns.lists.get(name) == "multiply":
        return _listed(cell)
    used_for = columns.used_for[name]
    if used_for in NOT_EXPANDED or (used_for == WORD and name not in columns.in_template):
        return [cell]
    try:
        return permutations.expand(cell)
    except (TooManyVariants, NestedTooDeeply) as refusal:
        raise RowRefused(name, "too_many_variants", str(refusal)) from None


def _listed(cell: str) -> list[str]:
    return [one.strip() for one in cell.split("|")] or [""]


def _variants(chosen: dict[str, str], columns: ColumnMap, defaults: Mapping[str, Any]) -> Iterator[Request]:
    said: dict[str, str] = {}
    references: list[str] = []
    for name, value in chosen.items():
        used_for = columns.used_for[name]
        if used_for == "references":
            references += [one.strip() for one in SEPARATORS.split(value) if one.strip()]
        elif used_for != WORD and value.strip():
            said[used_for] = value if used_for == "prompt" else value.strip()
    asked: dict[str, Any] = {**defaults, **said}
    tags, collection = _names(asked.pop("tags", "")), str(asked.pop("collection", "")).strip()
    if "styles" in asked:
        asked["styles"] = _names(asked["styles"])
    if not references:
        references = list(_names(asked.get("references", "")))
    asked.pop("references", None)
    for prompt in _prompts(chosen, columns, str(asked.get("prompt", ""))):
        yield Request({**asked, "prompt": prompt}, tuple(references), tuple(tags), collection)


def _prompts(chosen: dict[str, str], columns: ColumnMap, prompt: str) -> list[str]:
    if not columns.template:
        return [prompt]
    values = {mapping_of.key_of(name): permutations.escape(value.strip()) for name, value in chosen.items()}
    try:
        return permutations.expand(mapping_of.rendered(columns.template, values))
    except (TooManyVariants, NestedTooDeeply) as refusal:
        raise RowRefused("prompt", "too_many_variants", str(refusal)) from None


def _names(said: str | Sequence[str]) -> list[str]:
    names = NAMES.split(said) if isinstance(said, str) else said
    return [name.strip() for name in names if name.strip()]
