"""Who used what: sums over the ledger. What has been added up by day is read from there, the rest from the entries."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

from django.db import connection, transaction
from django.db.models import QuerySet, TextField, Value
from django.db.models.functions import Cast, Coalesce

from accounts.models import Organization, ProviderKind
from billing.models import Entry, UseCursor
from billing.models.usage import DIMENSIONS
from billing.spans import Span

FOLD_FROM = 5_000  # entries that wait to be added up, before a page asks for it


class By(NamedTuple):
    """What usage can be asked by: the column that tells things apart, and the one that names them."""

    title: str
    column: str
    label: str


# What has no name of its own.
NAMELESS = {
    "member": "Somebody",
    "key": "In the browser",
    "model": "Not said",
    "quality": "Not said",
    "kind": "Not said",
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

FOLD = f"""
INSERT INTO billing_dayuse AS sums (
    org_id, day, {", ".join(DIMENSIONS)}, user_label, key_label, connection_label, micros, images)
SELECT org_id, counted_on, {", ".join(DIMENSIONS)},
       max(user_label), max(key_label), max(connection_label), sum(micros), sum(images)
FROM billing_entry
WHERE org_id = %(org)s AND id > %(after)s AND id <= %(last)s
GROUP BY org_id, counted_on, {", ".join(DIMENSIONS)}
ON CONFLICT (org_id, day, {", ".join(DIMENSIONS)}) DO UPDATE SET
    micros = sums.micros + excluded.micros, images = sums.images + excluded.images,
    user_label = excluded.user_label, key_label = excluded.key_label, connection_label = excluded.connection_label
"""  # noqa: S608 words of ours
ANY = "model"  # for a sum over all, whichever tells the fewest things apart
BY_DIMENSION = ", ".join(f"('{name}', coalesce({by.column}::text, ''), {by.label})" for name, by in EVERY_BY.items())
FOLD_BY_DIMENSION = f"""
INSERT INTO billing_dimensionuse AS sums (org_id, is_play, dimension, day, key, label, micros, images)
SELECT org_id, is_play, dimension, counted_on, key, max(label), sum(micros), sum(images)
FROM billing_entry CROSS JOIN LATERAL (VALUES {BY_DIMENSION}) one(dimension, key, label)
WHERE org_id = %(org)s AND id > %(after)s AND id <= %(last)s
GROUP BY 1, 2, 3, 4, 5
ON CONFLICT (org_id, is_play, dimension, day, key) DO UPDATE SET
    micros = sums.micros + excluded.micros, images = sums.images + excluded.images, label = excluded.label
"""  # noqa: S608 words of ours


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose usage of which days. `only` narrows it: a dimension and its value."""

    org: Organization
    span: Span
    is_play: bool
    only: Mapping[str, str]
    user_id: int | None = None  # of a member who sees their own alone

    def of(self, span: Span) -> "Scope":
        return Scope(self.org, span, self.is_play, self.only, self.user_id)


class Sum(NamedTuple):
    key: str
    label: str
    micros: int
    images: int


class DaySum(NamedTuple):
    day: date
    key: str
    micros: int
    images: int
    label: str = ""


def is_on_play_money(org: Organization) -> bool:
    """Whether the sandbox is all there is: nothing was ever paid, and nothing could be."""
    if org.connections.exclude(kind=ProviderKind.SANDBOX).exists():
        return False
    return not Entry.objects.filter(org=org, is_play=False).exists()


def fold(org: Organization) -> int:
    """Adds up what was written since the last time; answers how many entries. Behind the organization's lock, which
    every entry on its way shares: none with a smaller number can come later."""
    with transaction.atomic():
        org.locked()
        cursor, _ = UseCursor.objects.get_or_create(org=org)
        waiting = Entry.objects.filter(org=org, pk__gt=cursor.last_entry_id)
        count, last = waiting.count(), waiting.order_by("-pk").values_list("pk", flat=True).first()
        if last is not None:
            with connection.cursor() as database:
                for statement in (FOLD, FOLD_BY_DIMENSION):
                    database.execute(statement, {"org": org.pk, "after": cursor.last_entry_id, "last": last})
            cursor.last_entry_id = last
            cursor.save(update_fields=["last_entry_id"])
    return count


def is_behind(org: Organization) -> bool:
    """Whether adding up is worth a worker's while."""
    after = UseCursor.objects.filter(org=org).values_list("last_entry_id", flat=True).first() or 0
    waiting = Entry.objects.filter(org=org, pk__gt=after).values("pk")[: FOLD_FROM + 1]
    return waiting.count() > FOLD_FROM


def sums(scope: Scope, by: str) -> list[Sum]:
    """Of each member, key, …, the dearest first."""
    select = "SELECT key, max(label), sum(micros)::bigint, sum(images)::bigint FROM used"
    return [Sum(*row) for row in _rows(scope, by, f"{select} GROUP BY 1 ORDER BY 3 DESC, 4 DESC, 1")]


def total(scope: Scope) -> Sum:
    select = "SELECT '', '', coalesce(sum(micros), 0)::bigint, coalesce(sum(images), 0)::bigint FROM used"
    (row,) = _rows(scope, ANY, select)
    return Sum(*row)


def by_day(scope: Scope, by: str) -> list[DaySum]:
    select = (
        "SELECT day, key, sum(micros)::bigint, sum(images)::bigint, max(label) FROM used GROUP BY 1, 2 ORDER BY 1, 2"
    )
    return [DaySum(*row) for row in _rows(scope, by, select)]


def over_days(days: Iterable[DaySum]) -> list[Sum]:
    """What `sums` would answer, for whoever has asked for the days already."""
    found: dict[str, Sum] = {}
    for one in days:
        so_far = found.get(one.key, Sum(one.key, one.label, 0, 0))
        micros, images = so_far.micros + one.micros, so_far.images + one.images
        found[one.key] = Sum(one.key, max(so_far.label, one.label), micros, images)
    return sorted(found.values(), key=lambda row: (-row.micros, -row.images, row.key))


def by_month(scope: Scope) -> list[DaySum]:
    """Each month by its first day."""
    rows = _rows(
        scope,
        ANY,
        "SELECT date_trunc('month', day)::date, '', sum(micros)::bigint, sum(images)::bigint FROM used GROUP BY 1",
    )
    return [DaySum(*row) for row in rows]


def _rows(scope: Scope, by: str, select: str) -> list[tuple[Any, ...]]:
    """`select` reads from `used`: day, key, label, micros and images, of the sums and of the entries since."""
    where, values = conditions(scope)
    column, label = f"coalesce({EVERY_BY[by].column}::text, '')", EVERY_BY[by].label
    folded = f"{column} AS key, {label} AS label, micros, images FROM billing_dayuse WHERE true"
    if not scope.only and scope.user_id is None:
        folded = "key, label, micros, images FROM billing_dimensionuse WHERE dimension = %(by)s"
    statement = f"""
        WITH cursor AS (SELECT coalesce(max(last_entry_id), 0) AS upto FROM billing_usecursor WHERE org_id = %(org)s),
        used AS (
            SELECT day, {folded} AND {where.format(day="day")}
            UNION ALL
            SELECT counted_on, {column}, {label}, micros, images FROM billing_entry
            WHERE id > (SELECT upto FROM cursor) AND {where.format(day="counted_on")}
        ) {select}"""  # noqa: S608 words of ours, values beside them
    with connection.cursor() as cursor:
        cursor.execute(statement, {**values, "by": by})
        return list(cursor.fetchall())


def entries(scope: Scope) -> QuerySet[Entry]:
    """The entries behind a sum, each of which can be asked for its run."""
    found = Entry.objects.filter(
        org=scope.org, is_play=scope.is_play, counted_on__range=(scope.span.first, scope.span.last)
    )
    if scope.user_id is not None:
        found = found.filter(user_id=scope.user_id)
    for name, value in scope.only.items():
        column = EVERY_BY[name].column
        as_text = Coalesce(Cast(column, TextField()), Value(""), output_field=TextField())
        found = found.alias(**{f"{name}_text": as_text}).filter(**{f"{name}_text": value})
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
        where.append(f"coalesce({EVERY_BY[name].column}::text, '') = %(only_{name})s")
        values[f"only_{name}"] = value
    return " AND ".join(where), values
