"""Find the page to go back to, and, by cursor, the page after a row, at a cost that does not grow with the rows before
it."""

from dataclasses import dataclass
from typing import Generic, TypeVar
from uuid import UUID

from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils.http import url_has_allowed_host_and_scheme

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
    code = _code(before)
    found = rows.order_by("-pk")
    if code:
        found = found.filter(pk__lt=rows.filter(code=code).values("pk"))
    items = list(found[: size + 1])
    next_cursor = str(getattr(items[size - 1], "code")) if len(items) > size else ""  # noqa: B009 M is any model
    return Page(items[:size], next_cursor, code is None)


def back_to(request: HttpRequest) -> str:
    """Return the address of the page that a form was sent from, or "" if that is not a page of ours."""
    back = request.POST.get("next") or request.headers.get("Referer", "")
    is_ours = url_has_allowed_host_and_scheme(
        back, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return back if is_ours else ""


def _code(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
