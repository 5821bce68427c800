"""Keep tickets of work that comes due, for workers of all organizations.

A ticket has ids and nothing of the work's content, so its table is no tenant table. A claim moves `due_at` to the end
of its lease: if the worker dies, the ticket comes due again. Each claim sets a later `due_at`, which therefore
identifies the claim."""

from datetime import datetime
from functools import cache
from typing import Any, TypeVar

from django.db import connection, models
from django.db.models import Q, QuerySet
from django.db.models.functions import Now
from django.utils import timezone
from dramatiq import Actor
from psycopg import sql

from saas.database.release import released
from saas.queue import broker
from saas.queue.thread_shares import NOBODY, Barred, Place

MOST_CALLED = 50

COUNT = sql.SQL("SELECT count(*) FROM {table} WHERE due_at <= clock_timestamp()")
CLAIM = sql.SQL("""
UPDATE {table} SET due_at = clock_timestamp() + make_interval(secs => %(seconds)s){tries}
WHERE id = (
    SELECT id FROM {table}
    WHERE due_at <= clock_timestamp() AND org_id <> ALL(%(orgs)s){people}
    ORDER BY due_at, id LIMIT 1 FOR UPDATE SKIP LOCKED
)
RETURNING {columns}
""")
COUNT_TRIES = sql.SQL(", tries = tries + 1")
BUT_NOT_OF_PEOPLE = sql.SQL(" AND coalesce(maker_id, 0) <> ALL(%(people)s)")
NOTHING = sql.SQL("")


class DueTicket(models.Model):
    org_id = models.BigIntegerField()
    due_at = models.DateTimeField(db_default=Now(), db_index=True)

    class Meta:
        abstract = True

    @property
    def place(self) -> Place:
        return Place(self.org_id, None)


class PersonsDueTicket(DueTicket):
    """A ticket of work that one person has asked for, because people share threads, too."""

    maker_id = models.BigIntegerField(null=True)

    class Meta:
        abstract = True

    @property
    def place(self) -> Place:
        return Place(self.org_id, self.maker_id)


T = TypeVar("T", bound=DueTicket)


def claim(model: type[T], barred: Barred = NOBODY, *, seconds: float, counts_tries: bool = False) -> T | None:
    """Claim the ticket that has been due longest. Return None if none is due, or none that may be taken now."""
    with released(), connection.cursor() as cursor:
        values: dict[str, Any] = {"seconds": seconds, "orgs": barred.orgs, "people": barred.people}
        cursor.execute(_claim(model, counts_tries), values)
        row = cursor.fetchone()
    return model.from_db(connection.alias, _columns(model), row) if row else None


def claimed(ticket: T) -> QuerySet[T]:
    """Return the ticket's row, or nothing if the claim was lost."""
    return type(ticket)._default_manager.filter(pk=ticket.pk, due_at=ticket.due_at)


def is_claimed(ticket: DueTicket) -> bool:
    """Lock the ticket. Return False if the claim was lost."""
    return claimed(ticket).select_for_update().first() is not None


def put_off(ticket: DueTicket, *, until: datetime) -> None:
    """Put off all due tickets of the organization, and this claimed one. Those that other workers have claimed are not
    due."""
    due = Q(pk=ticket.pk) | Q(due_at__lte=timezone.now())
    type(ticket)._default_manager.filter(due, org_id=ticket.org_id).update(due_at=until)


def count(model: type[models.Model]) -> int:
    """Count what is due: tickets, or other rows with a `due_at`."""
    with connection.cursor() as cursor:
        cursor.execute(COUNT.format(table=sql.Identifier(model._meta.db_table)))
        return int(cursor.fetchone()[0])


def call(actor: Actor[Any, Any], due: int) -> int:
    """Call a worker for each of so many rows, at most MOST_CALLED. Return how many are due, up to that number. Any
    number of sweepers may run it at once."""
    due = min(due, MOST_CALLED)
    for _ in range(due):
        if not broker.call(actor):
            break
    return due


@cache
def _claim(model: type[DueTicket], counts_tries: bool) -> sql.Composed:
    return CLAIM.format(
        table=sql.Identifier(model._meta.db_table),
        tries=COUNT_TRIES if counts_tries else NOTHING,
        people=BUT_NOT_OF_PEOPLE if issubclass(model, PersonsDueTicket) else NOTHING,
        columns=sql.SQL(", ").join(map(sql.Identifier, _columns(model))),
    )


def _columns(model: type[DueTicket]) -> list[str]:
    return [field.attname for field in model._meta.concrete_fields]
