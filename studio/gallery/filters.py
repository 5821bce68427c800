"""Read the gallery's filters from its query string (`?q=lamp&by=…&stars=3`) and apply them. All filters must match; a
value that cannot be parsed matches nothing, so that a typing error does not show unrelated pictures."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from datetime import date, datetime, time, timedelta
from urllib.parse import urlencode

from django.db.models import F, Max, Min, Q, QuerySet
from django.utils import timezone

from accounts.models import Membership, User
from saas.text import money
from saas.text.codes import code_or_none
from studio.gallery import search
from studio.models import Kind, Output, State

MOST_CHARACTERS = 200
SHAPES = {
    "square": Q(width=F("height")),
    "landscape": Q(width__gt=F("height")),
    "portrait": Q(width__lt=F("height")),
    "large": Q(width__gte=2048) | Q(height__gte=2048),
}
# The gallery is paged by primary key, so a date filter is turned into a bound on the key. Workers' clocks may differ a
# little, so keys and dates may be out of order: the outermost key of this many pictures next to the date is the bound,
# and the date itself decides.
BORDER = 100

Narrow = Callable[["QuerySet[Output]", Membership, str], "QuerySet[Output]"]


@dataclass(frozen=True)
class Filters:
    q: str = ""
    by: str = ""
    key: str = ""
    model: str = ""
    kind: str = ""
    shape: str = ""
    quality: str = ""
    style: str = ""
    since: str = ""
    until: str = ""
    cost_from: str = ""
    cost_to: str = ""
    stars: str = ""
    tag: str = ""
    collection: str = ""
    state: str = ""

    @classmethod
    def read(cls, given: Mapping[str, str]) -> "Filters":
        return cls(
            **{each.name: given.get(each.name, "").replace("\0", "")[:MOST_CHARACTERS].strip() for each in fields(cls)}
        )

    def chosen(self) -> dict[str, str]:
        return {each.name: value for each in fields(self) if (value := getattr(self, each.name))}

    def query(self, **changes: str) -> str:
        """Return the query string with some filters changed. An empty value removes a filter."""
        return urlencode({name: value for name, value in {**self.chosen(), **changes}.items() if value})

    def narrow(self, rows: "QuerySet[Output]", member: Membership) -> "QuerySet[Output]":
        for name, value in self.chosen().items():
            if name in NARROW:
                rows = NARROW[name](rows, member, value)
        return rows

    @property
    def unfinished(self) -> State | None:
        """Return the state asked for if slots in it have no picture (any but SUCCEEDED), otherwise None."""
        return State(self.state) if self.state in State.values and self.state != State.SUCCEEDED else None


def _words(rows: "QuerySet[Output]", member: Membership, text: str) -> "QuerySet[Output]":
    return search.among(rows, member.org.code, text)


def _person(rows: "QuerySet[Output]", member: Membership, code: str) -> "QuerySet[Output]":
    if code == "me":
        return rows.filter(maker=member.user_id)
    found = code_or_none(code)
    maker_id = User.objects.filter(code=found).values_list("pk", flat=True).first() if found else None
    return rows.filter(maker=maker_id) if maker_id else rows.none()


def _key(rows: "QuerySet[Output]", member: Membership, code: str) -> "QuerySet[Output]":
    found = code_or_none(code)
    key_id = member.org.api_keys.filter(code=found).values_list("pk", flat=True).first() if found else None
    return rows.filter(api_key=key_id) if key_id else rows.none()


def _shape(rows: "QuerySet[Output]", member: Membership, shape: str) -> "QuerySet[Output]":
    if shape in SHAPES:
        return rows.filter(SHAPES[shape])
    width, _, height = shape.partition("x")
    if width.isascii() and height.isascii() and width.isdecimal() and height.isdecimal() and len(shape) < 12:  # noqa: PLR2004 4 digits each
        return rows.filter(width=int(width), height=int(height))
    return rows.none()


def _style(rows: "QuerySet[Output]", member: Membership, said: str) -> "QuerySet[Output]":
    """Narrow to pictures in a style, which is called by its code or its short name."""
    found = code_or_none(said)
    style = member.org.styles.filter(Q(code=found) if found else Q(slug=said)).values_list("code", flat=True).first()
    return rows.filter(style_code=style) if style else rows.none()


def _since(rows: "QuerySet[Output]", member: Membership, day: str) -> "QuerySet[Output]":
    moment = midnight(day)
    if moment is None:
        return rows.none()
    first = member.org.outputs.filter(created_at__gte=moment).order_by("created_at")[:BORDER]
    lowest = Output.objects.filter(pk__in=list(first.values_list("pk", flat=True))).aggregate(id=Min("pk"))["id"]
    return rows.filter(created_at__gte=moment, pk__gte=lowest) if lowest else rows.none()


def _until(rows: "QuerySet[Output]", member: Membership, day: str) -> "QuerySet[Output]":
    """Narrow to pictures made up to the end of this day."""
    moment = midnight(day, days=1)
    if moment is None:
        return rows.none()
    last = member.org.outputs.filter(created_at__lt=moment).order_by("-created_at")[:BORDER]
    highest = Output.objects.filter(pk__in=list(last.values_list("pk", flat=True))).aggregate(id=Max("pk"))["id"]
    return rows.filter(created_at__lt=moment, pk__lte=highest) if highest else rows.none()


def _cost(lookup: str) -> Narrow:
    def narrow(rows: "QuerySet[Output]", member: Membership, dollars: str) -> "QuerySet[Output]":
        micros = micros_or_none(dollars)
        return rows.none() if micros is None else rows.filter(**{lookup: micros})

    return narrow


def _stars(rows: "QuerySet[Output]", member: Membership, stars: str) -> "QuerySet[Output]":
    return rows.filter(stars__gte=int(stars)) if stars in {"1", "2", "3", "4", "5"} else rows.none()


def _tag(rows: "QuerySet[Output]", member: Membership, name: str) -> "QuerySet[Output]":
    tag_id = member.org.tags.filter(name__iexact=name).values_list("pk", flat=True).first()
    return rows.filter(taggings__tag=tag_id) if tag_id else rows.none()


def _collection(rows: "QuerySet[Output]", member: Membership, code: str) -> "QuerySet[Output]":
    found = code_or_none(code)
    collection_id = member.org.collections.filter(code=found).values_list("pk", flat=True).first() if found else None
    return rows.filter(collection_items__collection=collection_id) if collection_id else rows.none()


def _state(rows: "QuerySet[Output]", member: Membership, state: str) -> "QuerySet[Output]":
    return rows if state == State.SUCCEEDED else rows.none()


def micros_or_none(dollars: str) -> int | None:
    try:
        return money.parse(dollars)
    except money.NotMoney:
        return None


def midnight(day: str, *, days: int = 0) -> datetime | None:
    """Return the start of a day, or of the day `days` later. Return None if the text is not a date."""
    try:
        return timezone.make_aware(datetime.combine(date.fromisoformat(day), time()) + timedelta(days=days))
    except (ValueError, OverflowError):
        return None


NARROW: dict[str, Narrow] = {
    "q": _words,
    "by": _person,
    "key": _key,
    "model": lambda rows, member, model: rows.filter(model=model),
    "kind": lambda rows, member, kind: rows.filter(kind=kind) if kind in Kind.values else rows.none(),
    "shape": _shape,
    "quality": lambda rows, member, quality: rows.filter(quality=quality),
    "style": _style,
    "since": _since,
    "until": _until,
    "cost_from": _cost("cost_micros__gte"),
    "cost_to": _cost("cost_micros__lte"),
    "stars": _stars,
    "tag": _tag,
    "collection": _collection,
    "state": _state,
}
