"""Decide what each column is for: a parameter of the runs, the prompt, reference pictures, or words."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from studio.catalogue.fields import closest, listing, quote
from studio.sheets.refusals import SheetRefused

PARAMETERS = (
    "prompt", "model", "size", "quality", "n", "format", "compression", "background", "moderation", "input_fidelity",
    "styles", "references", "project", "tags", "collection",
)  # fmt: skip
SYNONYMS = {
    "style": "styles",
    "reference": "references",
    "image": "references",
    "images": "references",
    "picture": "references",
    "pictures": "references",
    "photo": "references",
    "photos": "references",
    "image_count": "n",
    "count": "n",
    "output_format": "format",
    "output_compression": "compression",
    "tag": "tags",
}
WORD = ""  # as what a column is used for: only the template uses it
PLACEHOLDER = re.compile(r"\\.|\{([^{}|\\]*)\}", re.DOTALL)
LISTS = ("zip", "multiply")


@dataclass(frozen=True, slots=True)
class ColumnMap:
    """What each column is used for, and how the template names it."""

    columns: Sequence[str]
    used_for: Mapping[str, str]  # by column; WORD where only the template uses it
    template: str = ""
    lists: Mapping[str, str] = field(default_factory=dict)  # columns whose cells hold several values: zip or multiply

    @property
    def by_key(self) -> dict[str, str]:
        return {key_of(name): name for name in self.columns}

    @property
    def in_template(self) -> set[str]:
        """Return the columns that the template names."""
        by_key = self.by_key
        return {by_key[key] for key in map(key_of, placeholders(self.template)) if key in by_key}

    def column_for(self, parameter: str) -> str:
        """Return the column that says a parameter, or the parameter's own name where none does."""
        return next((name for name in self.columns if self.used_for[name] == parameter), parameter)


def read(
    columns: Sequence[str],
    *,
    template: str = "",
    chosen: Mapping[str, str] | None = None,
    lists: Mapping[str, str] | None = None,
    has_default: Iterable[str] = (),
) -> ColumnMap:
    """Map columns by their names, unless `chosen` says otherwise. Raise SheetRefused if the result cannot work."""
    by_key = {key_of(name): name for name in columns}
    used_for = {name: _usual(name) for name in columns}
    for name, parameter in (chosen or {}).items():
        column = _column(name, by_key, "mapping")
        if parameter and parameter not in PARAMETERS:
            meant = closest(parameter, PARAMETERS)
            sentence = f"A column cannot be {quote(parameter)}. It can be {listing(PARAMETERS)}, or nothing."
            raise SheetRefused("unknown_parameter", sentence, "mapping", meant)
        for other in [one for one in columns if parameter and used_for[one] == parameter and _usual(one) == parameter]:
            used_for[other] = WORD  # what was chosen outweighs what a column is called
        used_for[column] = parameter
    for parameter in PARAMETERS:
        same = [name for name in columns if used_for[name] == parameter]
        if len(same) > 1 and parameter != "references":
            sentence = f"The columns {listing([quote(name) for name in same], 'and')} both say “{parameter}”."
            raise SheetRefused("duplicate_column", f"{sentence} Rename one of them, or map it to nothing.", "mapping")
    found = ColumnMap(
        columns, used_for, template, {_column(name, by_key, "lists"): how for name, how in (lists or {}).items()}
    )
    _check_template(found)
    if not template and not {"prompt", "styles"} & {*used_for.values(), *has_default}:
        sentence = "No column is called “prompt”. Name one so, map one to it, or write a template such as {product}."
        raise SheetRefused("no_prompt", sentence, "template")
    for name, how in found.lists.items():
        if how not in LISTS:
            raise SheetRefused(
                "invalid_choice", f"The cells of {quote(name)} can zip or multiply.", "lists", "multiply"
            )
    return found


def usual(columns: Sequence[str], chosen: Mapping[str, str]) -> dict[str, str]:
    """Return what columns of a sheet are used for, without checking it again."""
    by_key = {key_of(name): parameter for name, parameter in chosen.items()}
    return {name: by_key.get(key_of(name), _usual(name)) for name in columns}


def placeholders(template: str) -> list[str]:
    return [match[1].strip() for match in PLACEHOLDER.finditer(template) if match[1] is not None]


def rendered(template: str, values: Mapping[str, str]) -> str:
    """Put values into a template. `values` are by key, and escaped already."""

    def put(match: re.Match[str]) -> str:
        return match[0] if match[1] is None else values.get(key_of(match[1]), match[0])

    return PLACEHOLDER.sub(put, template)


def key_of(name: str) -> str:
    """Return what a column is recognized by: without case, spaces and dashes."""
    return re.sub(r"[\s_-]+", "_", name.strip().casefold())


def _usual(name: str) -> str:
    key = key_of(name)
    key = SYNONYMS.get(key, key)
    return key if key in PARAMETERS else WORD


def _column(name: str, by_key: Mapping[str, str], field: str) -> str:
    if (found := by_key.get(key_of(name))) is None:
        meant = closest(key_of(name), [*by_key])
        raise SheetRefused("unknown_column", f"There is no column {quote(name)}.", field, by_key.get(meant or ""))
    return found


def _check_template(mapping: ColumnMap) -> None:
    by_key = mapping.by_key
    for name in placeholders(mapping.template):
        if key_of(name) not in by_key:
            meant = by_key.get(closest(key_of(name), [*by_key]) or "")
            hint = f" Did you mean {{{meant}}}?" if meant else " Write \\{ for a brace that is meant as one."
            sentence = f"The template names {{{name[:40]}}}, and there is no such column.{hint}"
            raise SheetRefused("unknown_column", sentence, "template", meant)
