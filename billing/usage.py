"""Add up who used what in the ledger. Days that have been added up are read from their sums, the rest from the
entries."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection
from django.db.models import QuerySet

from accounts.models import Organization, ProviderKind
from billing.models import Entry, UseCursor
from billing.spans import OWN, Span


class By(NamedTuple):
    """A dimension of usage: the column that tells things apart, and the one that names them."""

    title: str
    column: str
    label: str

    @property
    def key(self) -> str:
        """Return the column as text. A column that is text already is used as it is, so that the database knows how
        many values it has."""
        return self.column if self.label == self.column else f"coalesce({self.column}::text, '')"


# What is shown for a row without a name.
NAMELESS = {
    "member": "Unknown",
    "key": "In the browser",
    "model": "Not specified",
    "quality": "Not specified",
    "kind": "Not specified",
    "project": "No project",
    "connection": "A removed connection",
}
EVERY_BY = {
    "member": By("Member", "user_id", "user_label"),
    "key": By("API key", "key_code", "key_label"),
    "model": By("Model", "model", "model"),
    "quality": By("Quality", "quality", "quality"),
    "kind": By("Kind", "run_kind", "run_kind"),
    "project": By("Project", "project", "project"),
    "connection": By("Connection", "connection_code", "connection_label"),
}

UNKNOWN = object()  # a value that no entry can have
DIGITS = 19  # a number with fewer digits always fits into the database's bigint
ANY = "model"  # for a sum over everything: the dimension with the fewest values


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose usage of which days. `only` narrows it: a dimension and its value."""

    org: Organization
    span: Span
    is_play: bool
    only: Mapping[str, str]
    user_id: int | None = None  # of a member who may see only their own usage

    def with_span(self, span: Span) -> "Scope":
        return Scope(self.org, span, self.is_play, self.only, self.user_id)


class Sum(NamedTuple):
    key: str
    label: str
    micros: int
    images: int


class MonthSum(NamedTuple):
    first: date
    micros: int
    images: int


class Line(NamedTuple):
    """One member, key, …: its sum, and its sum in the days before. `micros` is None if it has only the latter."""

    key: str
    label: str
    micros: int | None
    images: int
    micros_before: int


class Layer(NamedTuple):
    """A part of one bar of a chart."""

    bar: int
    series: int
    micros: int
    images: int


# `days` is materialized, so that each entry is read once although both parts of the result use it.
COMPARE = """,
days AS MATERIALIZED (
    SELECT day, key, max(label) AS label, sum(micros) AS micros, sum(images) AS images FROM used
    WHERE day >= %(now_first)s OR day <= %(before_last)s GROUP BY 1, 2
),
lines AS (
    SELECT key, max(label) AS label, sum(micros) FILTER (WHERE day >= %(now_first)s) AS micros,
           sum(images) FILTER (WHERE day >= %(now_first)s) AS images,
           sum(micros) FILTER (WHERE day < %(now_first)s) AS micros_before
    FROM days GROUP BY 1
),
ranked AS (SELECT *, row_number() OVER (ORDER BY micros DESC NULLS LAST, images DESC, key) - 1 AS rank FROM lines)
SELECT NULL AS bar, rank, key, label, micros::bigint, coalesce(images, 0)::bigint, coalesce(micros_before, 0)::bigint
FROM ranked
UNION ALL
SELECT (day - %(now_first)s) / %(days_a_bar)s, least(rank, %(most_series)s), '', '',
       sum(days.micros)::bigint, sum(days.images)::bigint, 0
FROM days JOIN ranked USING (key) WHERE day >= %(now_first)s GROUP BY 1, 2
ORDER BY 1, 2
"""


def is_on_play_money(org: Organization) -> bool:
    """Return whether the organization has only the sandbox: nothing was ever paid, and nothing could be."""
    if org.connections.exclude(kind=ProviderKind.SANDBOX).exists():
        return False
    return not Entry.objects.filter(org=org, is_play=False).exists()


def sums(scope: Scope, by: str) -> list[Sum]:
    """Return the sum of each member, key, …, the most expensive first."""
    select = "SELECT key, max(label), sum(micros)::bigint, sum(images)::bigint FROM used"
    return [Sum(*row) for row in _rows(scope, by, f"{select} GROUP BY 1 ORDER BY 3 DESC, 4 DESC, 1")]


def total(scope: Scope) -> Sum:
    select = "SELECT '', '', coalesce(sum(micros), 0)::bigint, coalesce(sum(images), 0)::bigint FROM used"
    (row,) = _rows(scope, ANY, select)
    return Sum(*row)


def compared(scope: Scope, by: str, *, days_a_bar: int, most_series: int) -> tuple[list[Line], list[Layer]]:
    """Return the lines, the most expensive first, and the layers of a chart with bars of so many days each. Each of the
    first lines is a series of its own; all others together are one more."""
    before = scope.span.before
    values = {
        "now_first": scope.span.first,
        "before_last": before.last,
        "days_a_bar": days_a_bar,
        "most_series": most_series,
    }
    rows = _rows(scope.with_span(Span(OWN, before.first, scope.span.last)), by, COMPARE, values)
    lines = [Line(key, label, *sums) for bar, _, key, label, *sums in rows if bar is None]
    layers = [Layer(bar, series, micros, images) for bar, series, _, _, micros, images, _ in rows if bar is not None]
    return lines, layers


def by_month(scope: Scope) -> list[MonthSum]:
    select = "SELECT date_trunc('month', day)::date, sum(micros)::bigint, sum(images)::bigint FROM used GROUP BY 1"
    return [MonthSum(*row) for row in _rows(scope, ANY, select)]


def label_of(scope: Scope, by: str) -> str:
    """Return the name of the value that `scope` is narrowed to, as its entries have it; empty if there are none."""
    ((label,),) = _rows(scope, by, "SELECT coalesce(max(label), '') FROM used")
    return str(label)


def _rows(scope: Scope, by: str, select: str, more: Mapping[str, Any] | None = None) -> list[tuple[Any, ...]]:
    """Run `select`, which reads from `used`: day, key, label, micros and images, of the sums by day and of the entries
    since.

    The statement reads the cursor together with the sums, so that no entry counts twice. `seen`, read before it,
    changes nothing in the result because the cursor only grows: it tells the database that few entries follow."""
    where, values = conditions(scope)
    values["seen"] = UseCursor.objects.filter(org=scope.org).values_list("last_entry_id", flat=True).first() or 0
    key, label = EVERY_BY[by].key, EVERY_BY[by].label
    of_days = where.format(day="day")
    folded = f"""
        SELECT day, {key} AS key, max({label}) AS label, sum(micros) AS micros, sum(images) AS images
        FROM billing_dayuse WHERE {of_days} GROUP BY 1, 2"""  # noqa: S608 words of ours
    if not scope.only and scope.user_id is None:
        folded = f"""
        SELECT day, key, label, micros, images
        FROM billing_dimensionuse WHERE dimension = %(by)s AND {of_days}"""  # noqa: S608 words of ours
    statement = f"""
        WITH cursor AS (SELECT coalesce(max(last_entry_id), 0) AS upto FROM billing_usecursor WHERE org_id = %(org)s),
        used AS (
            {folded}
            UNION ALL
            SELECT counted_on, {key}, {label}, micros, images FROM billing_entry
            WHERE id > (SELECT upto FROM cursor) AND id > %(seen)s AND {where.format(day="counted_on")}
        ) {select}"""  # noqa: S608 words of ours, values beside them
    with connection.cursor() as cursor:
        cursor.execute(statement, {**values, **(more or {}), "by": by})
        return list(cursor.fetchall())


def entries(scope: Scope) -> QuerySet[Entry]:
    """Select the entries behind a sum, each of which names its run."""
    found = Entry.objects.filter(
        org=scope.org, is_play=scope.is_play, counted_on__range=(scope.span.first, scope.span.last)
    )
    if scope.user_id is not None:
        found = found.filter(user_id=scope.user_id)
    for name, value in scope.only.items():
        column, meant = EVERY_BY[name].column, _meant(name, value)
        found = found.none() if meant is UNKNOWN else found.filter(**{column: meant})
    return found


def conditions(scope: Scope) -> tuple[str, dict[str, Any]]:
    where = ["org_id = %(org)s", "is_play = %(play)s", "{day} BETWEEN %(first)s AND %(last)s"]
    values: dict[str, Any] = {
        "org": scope.org.pk,
        "play": scope.is_play,
        "first": scope.span.first,
        "last": scope.span.last,
    }
    if scope.user_id is not None:
        where.append("user_id = %(user)s")
        values["user"] = scope.user_id
    for name, value in scope.only.items():
        meant = _meant(name, value)
        if meant is UNKNOWN:
            where.append("false")
        elif meant is None:
            where.append(f"{EVERY_BY[name].column} IS NULL")
        else:
            where.append(f"{EVERY_BY[name].column} = %(only_{name})s")
            values[f"only_{name}"] = meant
    return " AND ".join(where), values


def canonical(name: str, said: str) -> str:
    """Return the one way to write a value, so that comparisons of it as text agree."""
    meant = _meant(name, said)
    return said if meant is UNKNOWN or meant is None else str(meant)


def _meant(name: str, said: str) -> object:
    """Return the value with the column's own type, so that the database knows how many rows to expect; UNKNOWN if no
    entry can have it."""
    column = EVERY_BY[name].column
    try:
        if column == "user_id":
            return int(said) if said.isascii() and said.isdecimal() and len(said) < DIGITS else UNKNOWN
        if column.endswith("_code"):
            return UUID(said) if said else None
    except ValueError:
        return UNKNOWN
    return said
