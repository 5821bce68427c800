"""Lock and change the counters of limits. Every transaction locks them in the same order (keys, people, organizations,
the lent key, budgets; days before months), so that no two wait for each other, and does so last, so that a transaction
that waits for a counter waits only for a commit.

Before the counters it locks the organization's row: a shared lock to count, an exclusive one to change limits, roles or
people (`Organization.locked`). So no counter is made while a limit changes, and none misses the change.

Missing counters are made before any is locked, and in the same order, because an insert also waits for the commit of
another transaction that inserts the same counter.

The statements are functions of the database (accounts/migrations/sql/counters.sql), planned once a connection. Other
functions call them: to hold money for a run (holds.sql beside it), and to settle it
(billing/migrations/sql/ledger.sql)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

from django.db import connection

from accounts.limits.periods import Today
from accounts.models import Hold, Period, Subject
from accounts.models.limits_and_holds import RENEWING

ORDER = (Subject.KEY, Subject.MEMBER, Subject.ORGANIZATION, Subject.LOAN, Subject.BUDGET)


class Place(NamedTuple):
    """What identifies a counter: a subject and its day or month."""

    subject: str
    subject_id: int
    period: str
    starts_on: date


class CounterState(NamedTuple):
    """A counter as it was when its lock was taken."""

    place: Place
    allowed_micros: int | None
    allowed_images: int | None
    spent_micros: int
    held_micros: int
    spent_images: int
    held_images: int
    fits: bool


@dataclass(frozen=True, slots=True)
class Amount:
    micros: int
    images: int


WHERE = "%(subjects)s::text[], %(ids)s::bigint[], %(periods)s::text[], %(starts)s::date[]"
TAKE = f"SELECT * FROM accounts_take(%(org)s, %(is_play)s, %(micros)s, %(images)s, {WHERE})"  # noqa: S608 our own words
SHIFT = f"""
SELECT * FROM accounts_shift(
    %(org)s, %(is_play)s, %(micros)s, %(images)s, %(spent_micros)s, %(spent_images)s, {WHERE})
"""  # noqa: S608 our own words
LOCK = f"""
SELECT FROM accounts_organization WHERE id = %(org)s FOR KEY SHARE;
SELECT FROM unnest({WHERE}) WITH ORDINALITY AS place(subject, subject_id, period, starts_on, rank)
JOIN accounts_counter c USING (subject, subject_id, period, starts_on)
WHERE c.org_id = %(org)s ORDER BY place.rank, c.is_play FOR UPDATE OF c
"""  # noqa: S608 our own words


def places(
    org_id: int,
    user_id: int,
    key_id: int | None,
    today: Today,
    *,
    is_lent: bool = False,
    budget_id: int | None = None,
) -> list[Place]:
    """Return the counters that a spending touches, in the order of the locks."""
    ids = {
        Subject.KEY: key_id,
        Subject.MEMBER: user_id,
        Subject.ORGANIZATION: org_id,
        Subject.LOAN: org_id if is_lent else None,
        Subject.BUDGET: budget_id,
    }
    return [
        Place(subject.value, found, period.value, today.start(period))
        for subject in ORDER
        if (found := ids[subject]) is not None
        for period in ((Period.EVER,) if subject == Subject.BUDGET else RENEWING)
    ]


def places_of(hold: Hold) -> list[Place]:
    return places(
        hold.org_id,
        hold.user_id,
        hold.api_key_id,
        Today(hold.day),
        is_lent=hold.is_lent,
        budget_id=hold.budget_id,
    )


def places_of_loan(hold: Hold) -> list[Place]:
    whole = places(hold.org_id, hold.user_id, None, Today(hold.day), is_lent=True)
    return [place for place in whole if place.subject == Subject.LOAN]


def lock(org_id: int, wanted: Iterable[Place]) -> None:
    """Lock all of these counters, in the order in which every transaction locks them. Call before changing them in
    several steps."""
    in_order = sorted(set(wanted), key=lambda place: (ORDER.index(Subject(place.subject)), *place[1:]))
    with connection.cursor() as cursor:
        cursor.execute(LOCK, _values(org_id, in_order, Amount(0, 0), is_play=False))


def lock_organization(org_id: int) -> None:
    """Lock the organization's row in shared mode, as every transaction that counts does: no limit changes until the
    transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT FROM accounts_organization WHERE id = %s FOR KEY SHARE", [org_id])


def take(org_id: int, wanted: Sequence[Place], amount: Amount, *, is_play: bool) -> list[CounterState]:
    """Add the amount as held to all of these counters, or to none. Return those that were locked: none if any is
    missing, which the caller then makes before any is locked; otherwise all of them, of which one may not fit."""
    return _found(TAKE, _values(org_id, wanted, amount, is_play))


def shift(org_id: int, wanted: Sequence[Place], *, held: Amount, spent: Amount, is_play: bool) -> list[CounterState]:
    """Move an amount from held to spent, whatever the limits say by now. Return the counters as they are afterwards."""
    more = {"spent_micros": spent.micros, "spent_images": spent.images}
    return _found(SHIFT, _values(org_id, wanted, held, is_play) | more)


def where(wanted: Sequence[Place]) -> dict[str, list[Any]]:
    """Return the places as values of the parameters in WHERE."""
    subjects, ids, periods, starts = (list(column) for column in zip(*wanted, strict=True))
    return {"subjects": subjects, "ids": ids, "periods": periods, "starts": starts}


def read_row(row: Sequence[Any]) -> CounterState:
    """Read a row that the functions return."""
    return CounterState(Place(*row[:4]), *row[4:])


def read_json(found: dict[str, Any]) -> CounterState:
    """Read a row that a function returns as JSON."""
    state = {name: found[name] for name in CounterState._fields if name != "place"}
    place = Place(found["subject"], found["subject_id"], found["period"], date.fromisoformat(found["starts_on"]))
    return CounterState(place, **state)


def _values(org_id: int, wanted: Sequence[Place], amount: Amount, is_play: bool) -> dict[str, Any]:
    named = {"org": org_id, "is_play": is_play, "micros": amount.micros, "images": amount.images}
    return {**named, **where(wanted)}


def _found(statement: str, values: dict[str, Any]) -> list[CounterState]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return [read_row(row) for row in cursor.fetchall()]
