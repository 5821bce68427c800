"""Page through rows by the code of the row that was seen last, so a page stays right while rows are added."""

from collections.abc import Callable
from typing import Annotated, Any, TypeVar
from uuid import UUID

from django.db.models import Model, QuerySet
from django.shortcuts import get_object_or_404
from ninja import Field, Query, Schema

M = TypeVar("M", bound=Model)


class PagingIn(Schema):
    limit: int = Field(50, ge=1, le=200)
    cursor: UUID | None = Field(None, description="`next` of the page before")


Paging = Annotated[PagingIn, Query()]


def page(rows: QuerySet[M], paging: PagingIn, shape: Callable[[M], object]) -> dict[str, Any]:
    """Return one page of the rows, the newest first, and the cursor of the next page."""
    found = rows.order_by("-pk")
    if paging.cursor:
        found = found.filter(pk__lt=get_object_or_404(rows, code=paging.cursor).pk)
    items = list(found[: paging.limit + 1])
    shown = items[: paging.limit]
    return {
        "data": [shape(one) for one in shown],
        "next": str(getattr(shown[-1], "code")) if len(items) > paging.limit else None,  # noqa: B009 M is any model
    }
