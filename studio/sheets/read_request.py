"""Read what a sheet is made of, as a program or a page sends it, into what the verb takes."""

import json
from collections.abc import Mapping
from typing import Any

from studio.catalogue.fields import closest, quote
from studio.models import Visibility
from studio.sheets import read_table
from studio.sheets.make_sheet import Wanted
from studio.sheets.mapping import PARAMETERS, SYNONYMS
from studio.sheets.read_table import Table
from studio.sheets.refusals import SheetRefused

TEXTS = ("name", "template", "names", "project", "connection")
OWN = (*TEXTS, "mapping", "lists", "visibility", "reuse", "rows", "columns", "cells", "file", "pictures")
LONGEST = 20_000
LISTED = ("styles", "tags")


def wanted_of(said: Mapping[str, Any], *, file: bytes | None = None) -> Wanted:
    """Return what is wanted. `said` are the fields of a form or of JSON; a `file` is a table. Raise SheetRefused."""
    asked: dict[str, Any] = {}
    for name, value in said.items():
        if name in OWN or value in (None, "", [], {}):
            continue
        parameter = SYNONYMS.get(name, name)
        if parameter not in PARAMETERS:
            meant = closest(name, [*OWN, *PARAMETERS])
            hint = f" Did you mean “{meant}”?" if meant else ""
            raise SheetRefused("unknown_parameter", f"There is no parameter {quote(name)}.{hint}", name[:80], meant)
        asked[parameter] = _value(parameter, value)
    texts = {name: _text(said, name) for name in TEXTS}
    return Wanted(
        _table(said, file),
        **texts,
        mapping=_names(said, "mapping"),
        lists=_names(said, "lists"),
        asked=asked,
        visibility=_visibility(said),
        reuses=_flag(said.get("reuse")),
    )


def _table(said: Mapping[str, Any], file: bytes | None) -> Table:
    if file is not None:
        return read_table.read_file(file)
    if isinstance(cells := said.get("cells"), str) and cells.strip():
        return read_table.read_text(cells.replace("\0", ""))
    rows = said.get("rows")
    if isinstance(rows, str):
        rows = _parsed(rows, "rows")
    if not isinstance(rows, list) or not rows:
        sentence = "Send a table: a “file”, pasted “cells”, or “rows” as JSON."
        raise SheetRefused("required", sentence, "rows" if "rows" in said else "file")
    if len(rows) > read_table.MOST_ROWS + 1:
        sentence = f"A sheet may have {read_table.MOST_ROWS:,} rows at most. Split this one."
        raise SheetRefused("too_many_rows", sentence, "rows")
    columns = said.get("columns")
    if isinstance(columns, list) and all(isinstance(row, list) for row in rows):
        rows = [columns, *rows]
    return read_table.read_objects(rows)


def _value(parameter: str, value: Any) -> Any:
    if parameter in LISTED and isinstance(value, list):
        return [str(one)[:LONGEST] for one in value]
    if parameter == "references" and isinstance(value, list):
        return "|".join(str(one) for one in value)[:LONGEST]
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise SheetRefused("invalid_type", f"“{parameter}” must be text or a whole number.", parameter)
    return value[:LONGEST].replace("\0", "") if isinstance(value, str) else value


def _text(said: Mapping[str, Any], name: str) -> str:
    value = said.get(name) or ""
    if not isinstance(value, str):
        raise SheetRefused("invalid_type", f"“{name}” must be text.", name)
    if name == "project" and len(value) > 80:  # noqa: PLR2004 as of a run
        raise SheetRefused("too_long", "A project has 80 characters at most.", name)
    return value.replace("\0", "")


def _names(said: Mapping[str, Any], name: str) -> dict[str, str]:
    value = said.get(name) or {}
    if isinstance(value, str):
        value = _parsed(value, name)
    if not isinstance(value, dict) or not all(isinstance(one, str) for one in value.values()):
        raise SheetRefused("invalid_type", f"“{name}” must be an object with a text for each column.", name)
    return value


def _parsed(text: str, name: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise SheetRefused("invalid_json", f"“{name}” is not JSON.", name) from None


def _visibility(said: Mapping[str, Any]) -> str:
    value = said.get("visibility") or Visibility.TEAM.value
    if value not in Visibility.values:
        raise SheetRefused("invalid_choice", "A sheet is the team's or private.", "visibility", "team")
    return str(value)


def _flag(value: Any) -> bool:
    return value is True or (isinstance(value, str) and value.lower() in {"1", "true", "on", "yes"})
