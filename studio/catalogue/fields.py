"""Read loosely typed values, from JSON or a form, and collect all faults instead of stopping at the first."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

SHOWN_CHARACTERS = 40
LARGEST_WHOLE_NUMBER = 10**15
WHOLE_NUMBER = re.compile(r"-?[0-9]{1,15}", re.ASCII)
YES = {"on", "true", "1", "yes"}
NO = {"off", "false", "0", "no"}


@dataclass(frozen=True, slots=True)
class Fault:
    field: str
    code: str
    sentence: str
    suggestion: str | None = None


class SpecRefused(Exception):
    """A request is not valid. `errors` lists all its faults."""

    def __init__(self, errors: list[Fault]) -> None:
        super().__init__(" ".join(error.sentence for error in errors))
        self.errors = errors


class FieldReader:
    """The values of a request, and the faults found in them. Null, and an empty field of a form, count as not given."""

    def __init__(self, values: Mapping[str, Any], *, from_form: bool) -> None:
        self.is_form = from_form
        self.values = {
            name: value for name, value in values.items() if value is not None and not (from_form and value == "")
        }
        self.errors: list[Fault] = []

    def __contains__(self, field: str) -> bool:
        return field in self.values

    def refuse(self, field: str, code: str, sentence: str, suggestion: str | None = None) -> None:
        self.errors.append(Fault(field, code, sentence, suggestion))

    def is_refused(self, *fields: str) -> bool:
        return any(error.field in fields for error in self.errors)

    def text(self, field: str, label: str, default: str) -> str:
        value = self.values.get(field, default)
        if isinstance(value, str):
            return value
        self.refuse(field, "invalid_type", f"{label} must be text.")
        return default

    def whole(self, field: str, label: str, default: int) -> int:
        value = self.values.get(field, default)
        if self.is_form and isinstance(value, str) and WHOLE_NUMBER.fullmatch(value.strip()):
            return int(value)
        if isinstance(value, int) and not isinstance(value, bool):
            return max(-LARGEST_WHOLE_NUMBER, min(value, LARGEST_WHOLE_NUMBER))  # Python refuses to print huge ones
        self.refuse(field, "invalid_type", f"{label} must be a whole number.")
        return default

    def flag(self, field: str, label: str) -> bool:
        value = self.values.get(field, False)
        if self.is_form and isinstance(value, str) and value.lower() in YES | NO:
            return value.lower() in YES
        if isinstance(value, bool):
            return value
        self.refuse(field, "invalid_type", f"{label} must be yes or no.")
        return False


def quote(value: str) -> str:
    """Quote a value in a sentence, shortened and without unprintable characters."""
    shown = value if len(value) <= SHOWN_CHARACTERS else value[: SHOWN_CHARACTERS - 1] + "…"
    return "“" + "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in shown) + "”"


def listing(options: Sequence[str], last: str = "or") -> str:
    *first, final = options
    return f"{', '.join(first)} {last} {final}" if first else final


def closest(value: str, options: Sequence[str]) -> str | None:
    found = get_close_matches(value[:SHOWN_CHARACTERS].lower(), options, n=1)
    return found[0] if found else None
