"""Read how much of a list a caller wants."""

from collections.abc import Collection
from dataclasses import dataclass

from django.http import HttpRequest

from studio.openai_wire.fields import Fields


@dataclass(frozen=True)
class Page:
    limit: int
    after: str
    fields: Fields


def read_page(request: HttpRequest, *, most: int, usual: int, known: Collection[str] = ()) -> Page:
    fields = Fields({name: request.GET[name] for name in request.GET}, is_form=True)
    fields.refuse_others(frozenset({"limit", "after", *known}))
    return Page(fields.whole("limit", 1, most, usual), fields.text("after", ""), fields)
