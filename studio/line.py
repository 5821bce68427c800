"""The line of all work, for all organizations together. Who is served next: the organization with the least in work,
within it the member with the least, then who came first; never beyond what an organization or a connection may run at
once. Times are the database's, so that no machine's clock matters."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.db.models import QuerySet
from django.db.models.functions import Now

from studio.models import Slot, Ticket

PATIENCE = timedelta(minutes=15)  # in an outage that lasts longer, what waits for it ends
CLAIM_LOCK = 7_260_411  # any number of our own: one claim at a time, so that no limit is passed by two at once

# In one journey. The commit of a claim need not reach the disk: the note of the sending does, and brings it along.
TAKE = """
SELECT pg_advisory_xact_lock(%(lock)s), set_config('synchronous_commit', 'off', true);
WITH held AS (SELECT org_id, maker_id, connection_id FROM studio_ticket WHERE worker IS NOT NULL),
     of_org AS (SELECT org_id, count(*) AS n FROM held GROUP BY org_id),
     of_maker AS (SELECT org_id, maker_id, count(*) AS n FROM held GROUP BY org_id, maker_id),
     of_connection AS (SELECT connection_id, count(*) AS n FROM held GROUP BY connection_id)
UPDATE studio_ticket SET worker = %(worker)s, lease_until = clock_timestamp() + make_interval(secs => %(lease)s)
WHERE id = (
    SELECT ticket.id
    FROM studio_ticket ticket
    LEFT JOIN of_org USING (org_id)
    LEFT JOIN of_maker USING (org_id, maker_id)
    LEFT JOIN of_connection USING (connection_id)
    LEFT JOIN accounts_circuit circuit USING (connection_id)
    WHERE ticket.worker IS NULL AND ticket.not_before <= clock_timestamp()
      AND (circuit.open_until IS NULL OR circuit.has_standby
           OR circuit.opened_at < clock_timestamp() - make_interval(secs => %(patience)s)
           OR circuit.open_until <= clock_timestamp() AND NOT EXISTS (
               SELECT FROM studio_ticket prober WHERE prober.id = circuit.prober_id AND prober.worker IS NOT NULL))
      AND coalesce(of_org.n, 0) < ticket.org_limit
      AND coalesce(of_connection.n, 0) < ticket.connection_limit
    ORDER BY coalesce(of_org.n, 0), coalesce(of_maker.n, 0), ticket.id
    LIMIT 1
)
RETURNING id, org_id, slot_code, connection_id, org_limit, connection_limit,
    EXISTS (SELECT FROM accounts_circuit c
            WHERE c.connection_id = studio_ticket.connection_id AND c.open_until IS NOT NULL)
"""

# Of those that come after a rest, one may try. Behind the lock of the claim, so two cannot both be that one.
TRY = """
UPDATE accounts_circuit SET prober_id = %(ticket)s
WHERE connection_id = %(connection)s AND open_until <= clock_timestamp() AND NOT EXISTS (
    SELECT FROM studio_ticket prober WHERE prober.id = accounts_circuit.prober_id AND prober.worker IS NOT NULL)
"""


@dataclass(frozen=True)
class Held:
    """A ticket in a worker's hand."""

    id: int
    org_id: int
    slot_code: UUID
    connection_id: int
    org_limit: int
    connection_limit: int
    is_trying: bool = field(default=False, compare=False)  # the one call that tries a connection after an outage
    is_blocked: bool = field(default=False, compare=False)  # its connection is left alone, and this is not that one


def join(slots: Iterable[Slot], *, maker_id: int, connection_id: int, org_limit: int, connection_limit: int) -> None:
    Ticket.objects.bulk_create(
        Ticket(
            slot_code=slot.code,
            org_id=slot.org_id,
            maker_id=maker_id,
            connection_id=connection_id,
            org_limit=org_limit,
            connection_limit=connection_limit,
        )
        for slot in slots
    )


def take(worker: UUID) -> Held | None:
    """The next in line, if any may be served now. Belongs into the transaction that begins the slot."""
    values: dict[str, Any] = {
        "lock": CLAIM_LOCK,
        "worker": worker,
        "lease": settings.LEASE_SECONDS,
        "patience": PATIENCE.total_seconds(),
    }
    with transaction.atomic(savepoint=False), connection.cursor() as cursor:
        cursor.execute(TAKE, values)
        cursor.nextset()
        row = cursor.fetchone()
        if row is None:
            return None
        *ticket, is_open = row
        held = Held(*ticket)
        if not is_open:
            return held
        cursor.execute(TRY, {"ticket": held.id, "connection": held.connection_id})
        may_try = cursor.rowcount == 1
        return replace(held, is_trying=may_try, is_blocked=not may_try)


def renew(worker: UUID, ticket_ids: list[int]) -> None:
    """Several at once, so in one order: who stops a run locks several, too."""
    with transaction.atomic():
        list(Ticket.objects.select_for_update().filter(pk__in=ticket_ids).order_by("pk").values_list("pk"))
        _update(
            "lease_until = clock_timestamp() + make_interval(secs => %s)", settings.LEASE_SECONDS, worker, ticket_ids
        )


@dataclass(frozen=True)
class Grip:
    """What a worker finds when it looks at the ticket in its hand."""

    is_stopping: bool  # whoever stops a run says so on what workers hold, in the same transaction


def grip(worker: UUID, ticket_id: int) -> Grip | None:
    """Under the ticket's lock. A worker that was thought dead finds out here, before it writes."""
    held = Ticket.objects.select_for_update().filter(pk=ticket_id, worker=worker)
    is_stopping = held.values_list("is_stopping", flat=True).first()
    return None if is_stopping is None else Grip(is_stopping)


def leave(ticket_id: int) -> None:
    Ticket.objects.filter(pk=ticket_id).delete()


def step_back(worker: UUID, ticket_id: int, *, wait_seconds: float) -> None:
    """To the line again, to be served after a while."""
    back = "worker = NULL, lease_until = NULL, not_before = clock_timestamp() + make_interval(secs => %s)"
    _update(back, wait_seconds, worker, [ticket_id])


def move(worker: UUID, ticket_id: int, *, connection_id: int, connection_limit: int) -> None:
    """To the line of another connection, at its old place."""
    Ticket.objects.filter(pk=ticket_id, worker=worker).update(
        worker=None, lease_until=None, connection_id=connection_id, connection_limit=connection_limit
    )


def set_limit(connection_id: int, limit: int) -> None:
    """An admin has changed it since these tickets were drawn."""
    stale = Ticket.objects.filter(connection_id=connection_id).exclude(connection_limit=limit)
    Ticket.objects.filter(pk__in=_free_of(stale)).update(connection_limit=limit)


def set_org_limit(org_id: int, limit: int) -> None:
    """The operator has changed it since these tickets were drawn."""
    stale = Ticket.objects.filter(org_id=org_id).exclude(org_limit=limit)
    Ticket.objects.filter(pk__in=_free_of(stale)).update(org_limit=limit)


def _free_of(stale: QuerySet[Ticket]) -> list[int]:
    """Held ones do not need it, locked ones are left for the next time: nobody waits here while the claim is locked."""
    return list(stale.select_for_update(skip_locked=True).filter(worker=None).values_list("pk", flat=True))


def give_up(slot_codes: list[UUID]) -> list[UUID]:
    """Takes those out of the line that no worker holds; answers which."""
    waiting = Ticket.objects.select_for_update(skip_locked=True).filter(slot_code__in=slot_codes, worker=None)
    codes = list(waiting.values_list("slot_code", flat=True))
    Ticket.objects.filter(slot_code__in=codes, worker=None).delete()
    return codes


def ask_to_stop(slot_codes: list[UUID]) -> None:
    """Of those that workers hold. Takes their locks, so it comes before the locks of slots and run, as everywhere."""
    tickets = Ticket.objects.select_for_update().filter(slot_code__in=slot_codes).order_by("pk")
    Ticket.objects.filter(pk__in=list(tickets.values_list("pk", flat=True))).update(is_stopping=True)


def asked_to_stop(worker: UUID, ticket_ids: list[int]) -> list[int]:
    found = Ticket.objects.filter(pk__in=ticket_ids, worker=worker, is_stopping=True)
    return list(found.values_list("pk", flat=True))


def next_expired(*, besides: list[int]) -> Held | None:
    """Held by a worker that has not been heard of. Takes its lock, so that one sweeper sees it."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, org_id, slot_code, connection_id, org_limit, connection_limit FROM studio_ticket "
            "WHERE worker IS NOT NULL AND lease_until < clock_timestamp() AND NOT id = ANY(%s) "
            "ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED",
            [besides],
        )
        row = cursor.fetchone()
    return Held(*row) if row else None


def expire_all() -> None:
    """For one who knows that no worker lives."""
    Ticket.objects.exclude(worker=None).update(lease_until=Now())


def free(ticket_id: int) -> None:
    """By the sweeper, for a worker that is gone."""
    Ticket.objects.filter(pk=ticket_id).update(worker=None, lease_until=None)


def count_held() -> int:
    return Ticket.objects.exclude(worker=None).count()


def count_waiting() -> int:
    return Ticket.objects.filter(worker=None).count()


def _update(assignments: str, seconds: float, worker: UUID, ticket_ids: list[int]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE studio_ticket SET {assignments} WHERE worker = %s AND id = ANY(%s)",  # noqa: S608 words of ours
            [seconds, worker, ticket_ids],
        )
