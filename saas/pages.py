"""Paging by cursor: the page after a row, however many rows lie before it."""

from dataclasses import dataclass
from typing import Generic, TypeVar
from uuid import UUID

from django.db.models import Model, QuerySet

M = TypeVar("M", bound=Model)
PAGE_SIZE = 50


@dataclass
class Page(Generic[M]):
    items: list[M]
    next_cursor: str
    is_first: bool


def cursor_page(rows: QuerySet[M], *, before: str, size: int = PAGE_SIZE) -> Page[M]:
    """Newest first. The cursor is the code of the last row seen; nonsense starts from the top."""
    code = _code(before)
    found = rows.order_by("-pk")
    if code:
        found = found.filter(pk__lt=rows.filter(code=code).values("pk"))
    items = list(found[: size + 1])
    next_cursor = str(getattr(items[size - 1], "code")) if len(items) > size else ""  # noqa: B009 M is any model
    return Page(items[:size], next_cursor, code is None)


def _code(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
