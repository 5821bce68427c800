"""Find, by cursor, the page after a row, at a cost that does not grow with the rows before it."""

from dataclasses import dataclass
from typing import Generic, TypeVar

from django.db.models import Model, QuerySet

from saas.text.codes import code_or_none

M = TypeVar("M", bound=Model)
PAGE_SIZE = 50


@dataclass
class Page(Generic[M]):
    items: list[M]
    next_cursor: str
    is_first: bool


def cursor_page(rows: QuerySet[M], *, before: str, size: int = PAGE_SIZE) -> Page[M]:
    """Return one page of rows, newest first. `before` is the code of the last row seen; an invalid one starts from the
    top."""
    code = code_or_none(before)
    found = rows.order_by("-pk")
    if code:
        found = found.filter(pk__lt=rows.filter(code=code).values("pk"))
    items = list(found[: size + 1])
    next_cursor = str(getattr(items[size - 1], "code")) if len(items) > size else ""  # noqa: B009 M is any model
    return Page(items[:size], next_cursor, code is None)
