"""The counters' rows under their locks. Every transaction locks them in the same order (keys, people, organizations;
days before months), so that no two wait for each other.

Before them it locks the organization's row: shared by all who count, alone by those who change limits, roles or people
(`Organization.locked`). So no counter is made while a limit changes, and none misses the change."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

from django.db import connection

from accounts.models import Hold, Period, Subject
from accounts.periods import Today

ORDER = (Subject.KEY, Subject.MEMBER, Subject.ORGANIZATION)


class Place(NamedTuple):
    """Where a counter stands."""

    subject: str
    subject_id: int
    period: str
    starts_on: date


class Found(NamedTuple):
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


LOCKED = """
WITH here AS MATERIALIZED (
    SELECT id FROM accounts_organization WHERE id = %(org)s FOR KEY SHARE
), place AS (
    SELECT * FROM unnest(%(subjects)s::text[], %(ids)s::bigint[], %(periods)s::text[], %(starts)s::date[])
        WITH ORDINALITY AS p(subject, subject_id, period, starts_on, rank)
), locked AS MATERIALIZED (
    SELECT c.*,
           (c.allowed_micros IS NULL OR c.spent_micros + c.held_micros + %(micros)s <= c.allowed_micros)
           AND (c.allowed_images IS NULL OR c.spent_images + c.held_images + %(images)s <= c.allowed_images) AS fits
    FROM accounts_counter c JOIN place USING (subject, subject_id, period, starts_on)
    WHERE c.org_id = (SELECT id FROM here) AND c.is_play = %(is_play)s
    ORDER BY place.rank FOR UPDATE OF c
)
"""
# All or nothing: where one counter is missing or would pass its limit, none is touched, and the answer says which.
TAKE = f"""{LOCKED}, taken AS (
    UPDATE accounts_counter c
    SET held_micros = c.held_micros + %(micros)s, held_images = c.held_images + %(images)s
    FROM locked
    WHERE c.id = locked.id AND (SELECT count(*) = %(count)s AND bool_and(fits) FROM locked)
)
SELECT subject, subject_id, period, starts_on, allowed_micros, allowed_images,
       spent_micros, held_micros, spent_images, held_images, fits
FROM locked
"""  # noqa: S608 our own words
SHIFT = f"""{LOCKED}
UPDATE accounts_counter c
SET spent_micros = c.spent_micros + %(spent_micros)s, spent_images = c.spent_images + %(spent_images)s,
    held_micros = c.held_micros + %(micros)s, held_images = c.held_images + %(images)s
FROM locked WHERE c.id = locked.id
RETURNING c.subject, c.subject_id, c.period, c.starts_on, c.allowed_micros, c.allowed_images,
          c.spent_micros, c.held_micros, c.spent_images, c.held_images, true
"""  # noqa: S608 our own words


def places(org_id: int, user_id: int, key_id: int | None, today: Today) -> list[Place]:
    """In the order of the locks."""
    ids = {Subject.KEY: key_id, Subject.MEMBER: user_id, Subject.ORGANIZATION: org_id}
    return [
        Place(subject.value, found, period.value, today.start(period))
        for subject in ORDER
        if (found := ids[subject]) is not None
        for period in (Period.DAY, Period.MONTH)
    ]


def places_of(hold: Hold) -> list[Place]:
    return places(hold.org_id, hold.user_id, hold.api_key_id, Today(hold.day))


def take(org_id: int, wanted: Sequence[Place], amount: Amount, *, is_play: bool) -> list[Found]:
    """Holds the amount on all of these counters, or on none: then one is missing in the answer or does not fit."""
    values = _values(org_id, wanted, amount, is_play) | {"count": len(wanted)}
    return _found(TAKE, values)


def shift(org_id: int, wanted: Sequence[Place], *, held: Amount, spent: Amount, is_play: bool) -> list[Found]:
    """Moves what was held to what is spent, whatever the limits say by now. Answers the counters as they are then."""
    more = {"spent_micros": spent.micros, "spent_images": spent.images}
    return _found(SHIFT, _values(org_id, wanted, held, is_play) | more)


def _values(org_id: int, wanted: Sequence[Place], amount: Amount, is_play: bool) -> dict[str, Any]:
    return {
        "org": org_id,
        "is_play": is_play,
        "micros": amount.micros,
        "images": amount.images,
        "subjects": [place.subject for place in wanted],
        "ids": [place.subject_id for place in wanted],
        "periods": [place.period for place in wanted],
        "starts": [place.starts_on for place in wanted],
    }


def _found(statement: str, values: dict[str, Any]) -> list[Found]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return [Found(Place(*row[:4]), *row[4:]) for row in cursor.fetchall()]
