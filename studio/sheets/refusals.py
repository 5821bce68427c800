"""Define what a sheet is refused for as a whole, and what is wrong with one row of it."""

from dataclasses import asdict, dataclass
from typing import Any

from studio.catalogue.fields import Fault, SpecRefused

MOST_FAULTS = 1000  # that are returned at once; the rows have all of them


class SheetRefused(SpecRefused):
    """A sheet that cannot be read at all. `code` says why, `field` which part of the request it is about."""

    def __init__(self, code: str, sentence: str, field: str = "file", suggestion: str | None = None) -> None:
        super().__init__([Fault(field, code, sentence, suggestion)])


@dataclass(frozen=True, slots=True)
class RowFault:
    """One reason why a row cannot be made: the column, or the parameter where no column says it."""

    column: str
    code: str
    message: str

    def to_json(self) -> dict[str, Any]:
        return asdict(self)
