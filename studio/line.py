"""The line of all work, for all organizations together. Who is served next: the organization with the least in work,
within it the member with the least, then who came first; never beyond what an organization or a connection may run at
once. Times are the database's, so that no machine's clock matters."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.db.models.functions import Now

from studio.models import Slot, Ticket

CLAIM_LOCK = 7_260_411  # any number of our own: one claim at a time, so that no limit is passed by two at once

TAKE = """
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
    WHERE ticket.worker IS NULL AND ticket.not_before <= clock_timestamp()
      AND coalesce(of_org.n, 0) < ticket.org_limit
      AND coalesce(of_connection.n, 0) < ticket.connection_limit
    ORDER BY coalesce(of_org.n, 0), coalesce(of_maker.n, 0), ticket.id
    LIMIT 1
)
RETURNING id, org_id, slot_code
"""


@dataclass(frozen=True)
class Held:
    """A ticket in a worker's hand."""

    id: int
    org_id: int
    slot_code: UUID


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
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [CLAIM_LOCK])
        cursor.execute(TAKE, {"worker": worker, "lease": settings.LEASE_SECONDS})
        row = cursor.fetchone()
    return Held(*row) if row else None


def renew(worker: UUID, ticket_ids: list[int]) -> None:
    _update("lease_until = clock_timestamp() + make_interval(secs => %s)", settings.LEASE_SECONDS, worker, ticket_ids)


def still_holds(worker: UUID, ticket_id: int) -> bool:
    """Under the ticket's lock. A worker that was thought dead finds out here, before it writes."""
    return Ticket.objects.select_for_update().filter(pk=ticket_id, worker=worker).exists()


def leave(ticket_id: int) -> None:
    Ticket.objects.filter(pk=ticket_id).delete()


def step_back(worker: UUID, ticket_id: int, *, wait_seconds: float) -> None:
    """To the line again, to be served after a while."""
    back = "worker = NULL, lease_until = NULL, not_before = clock_timestamp() + make_interval(secs => %s)"
    _update(back, wait_seconds, worker, [ticket_id])


def give_up(slot_codes: list[UUID]) -> list[UUID]:
    """Takes those out of the line that no worker holds; answers which."""
    waiting = Ticket.objects.select_for_update(skip_locked=True).filter(slot_code__in=slot_codes, worker=None)
    codes = list(waiting.values_list("slot_code", flat=True))
    Ticket.objects.filter(slot_code__in=codes, worker=None).delete()
    return codes


def next_expired(*, besides: list[int]) -> Held | None:
    """Held by a worker that has not been heard of. Takes its lock, so that one sweeper sees it."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, org_id, slot_code FROM studio_ticket "
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


def count_waiting() -> int:
    return Ticket.objects.filter(worker=None).count()


def _update(assignments: str, seconds: float, worker: UUID, ticket_ids: list[int]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE studio_ticket SET {assignments} WHERE worker = %s AND id = ANY(%s)",  # noqa: S608 words of ours
            [seconds, worker, ticket_ids],
        )
