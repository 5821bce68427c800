"""Keep the line of tickets, one for all organizations together. The next ticket is one of the organization with the
fewest claimed tickets, within it of the member with the fewest, then the oldest; never beyond what an organization or a
connection may run at once. Times are the database's, so that no machine's clock matters."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from django.conf import settings
from django.db import connection
from django.db.models import QuerySet
from django.db.models.functions import Now

from accounts.connections.circuit import PROBE_LASTS
from saas.database import waits
from saas.queue.thread_shares import NOBODY, Barred, Place
from studio.models import Slot, Ticket

PATIENCE = timedelta(minutes=15)  # in an outage that lasts longer, waiting tickets end
AWAITED_PATIENCE = timedelta(seconds=20)  # the same if a caller's request is open: a program asks again by itself
CLAIM_LOCK = 7_260_411  # any number of our own: one claim at a time, so that two at once cannot pass a limit

# Tickets that may be served now, before those are left out whose share of a process's threads is used up.
CLAIMED = """
WITH claimed AS (SELECT org_id, maker_id, connection_id FROM studio_ticket WHERE worker IS NOT NULL),
     of_org AS (SELECT org_id, count(*) AS n FROM claimed GROUP BY org_id),
     of_maker AS (SELECT org_id, maker_id, count(*) AS n FROM claimed GROUP BY org_id, maker_id),
     of_connection AS (SELECT connection_id, count(*) AS n FROM claimed GROUP BY connection_id)
"""
SERVABLE = """
    FROM studio_ticket ticket
    LEFT JOIN of_org USING (org_id)
    LEFT JOIN of_maker USING (org_id, maker_id)
    LEFT JOIN of_connection USING (connection_id)
    LEFT JOIN accounts_circuit circuit USING (connection_id)
    WHERE ticket.worker IS NULL AND ticket.not_before <= clock_timestamp()
      AND (circuit.open_until IS NULL OR circuit.has_standby
           OR cardinality(circuit.makers) = 1 AND NOT ticket.maker_id = ANY (circuit.makers)
           OR circuit.opened_at < clock_timestamp() - make_interval(secs => %(patience)s)
           OR circuit.open_until <= clock_timestamp() AND NOT ticket.likeness = ANY (circuit.causes) AND NOT EXISTS (
               SELECT FROM studio_ticket prober WHERE prober.id = circuit.prober_id AND prober.worker IS NOT NULL
                   AND circuit.probe_until > clock_timestamp()))
      AND coalesce(of_org.n, 0) < ticket.org_limit
      AND coalesce(of_connection.n, 0) < ticket.connection_limit
"""
# The commit of a claim need not reach the disk: the commit that notes the sending does, for both.
# A session that has the line's lock keeps all others waiting, so it hardly waits for any other lock.
TAKE = f"""
SELECT pg_advisory_xact_lock(%(lock)s), set_config('synchronous_commit', 'off', true),
    set_config('lock_timeout', %(patience_for_locks)s, true);
{CLAIMED}
UPDATE studio_ticket SET worker = %(claim)s, lease_until = clock_timestamp() + make_interval(secs => %(lease)s)
WHERE id = (
    SELECT ticket.id {SERVABLE}
      AND ticket.org_id <> ALL(%(barred_orgs)s) AND ticket.maker_id <> ALL(%(barred_people)s)
    ORDER BY coalesce(of_org.n, 0), coalesce(of_maker.n, 0), ticket.id
    LIMIT 1 FOR UPDATE OF ticket SKIP LOCKED
)
RETURNING id, org_id, maker_id, slot_code, connection_id, org_limit, connection_limit, worker
"""  # noqa: S608 our own words
# What is done with a ticket that was just claimed, in the same round trip and behind the same lock.
TRY = "SELECT jsonb_build_object('tries', studio_try(%(claim)s, %(probe)s))"

IS_EXPIRED = "worker IS NOT NULL AND lease_until < clock_timestamp()"
EXPIRED = f"SELECT id, worker FROM studio_ticket WHERE {IS_EXPIRED}"  # noqa: S608 our own words
# Two sweepers never get the same ticket, and one that dies in the middle leaves a lease that ends like any other.
TAKE_EXPIRED = f"""
UPDATE studio_ticket SET worker = %(claim)s, lease_until = clock_timestamp() + make_interval(secs => %(lease)s)
WHERE id = (
    SELECT id FROM studio_ticket WHERE {IS_EXPIRED} AND (
        %(ids)s::bigint[] IS NULL OR (id, worker) IN (SELECT * FROM unnest(%(ids)s::bigint[], %(claims)s::uuid[])))
    ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED
)
RETURNING id, org_id, maker_id, slot_code, connection_id, org_limit, connection_limit, worker
"""  # noqa: S608 our own words
# A claim that was lost matches no row, even if another thread of the same process has claimed the ticket again.
MINE = """
SELECT ticket.id FROM studio_ticket ticket
JOIN unnest(%(ids)s::bigint[], %(claims)s::uuid[]) AS claimed(id, worker) USING (id, worker)
"""
# A locked ticket is left for the next renewal, of which a lease has three, so that no other is lost with it.
RENEW = f"""
WITH mine AS ({MINE} FOR UPDATE OF ticket SKIP LOCKED)
UPDATE studio_ticket SET lease_until = clock_timestamp() + make_interval(secs => %(lease)s)
FROM mine WHERE studio_ticket.id = mine.id
"""  # noqa: S608 our own words
STOPPING = f"SELECT worker FROM studio_ticket WHERE is_stopping AND id IN ({MINE})"  # noqa: S608 our own words


@dataclass(frozen=True)
class Claim:
    """A ticket that a worker has claimed."""

    id: int
    org_id: int
    maker_id: int
    slot_code: UUID
    connection_id: int
    org_limit: int
    connection_limit: int
    token: UUID  # new each time the ticket is claimed, so that no earlier claim can be mistaken for this one
    told: dict[str, Any] = field(default_factory=dict, compare=False)  # what was returned beside it

    @property
    def place(self) -> Place:
        return Place(self.org_id, self.maker_id)

    @property
    def is_trying(self) -> bool:
        """Return whether this is the call that tries a connection after an outage."""
        return self.told.get("tries") is True

    @property
    def is_blocked(self) -> bool:
        """Return whether the connection is left alone, and this call may not try it."""
        return self.told.get("tries") is False


def join(
    slots: Iterable[Slot],
    *,
    maker_id: int,
    connection_id: int,
    org_limit: int,
    connection_limit: int,
    likeness: int,
    is_awaited: bool = False,
) -> None:
    Ticket.objects.bulk_create(
        Ticket(
            slot_code=slot.code,
            org_id=slot.org_id,
            maker_id=maker_id,
            connection_id=connection_id,
            org_limit=org_limit,
            connection_limit=connection_limit,
            likeness=likeness,
            awaited_at=Now() if is_awaited else None,
        )
        for slot in slots
    )


def claim_next(barred: Barred = NOBODY, *, then: str = TRY, also: Mapping[str, Any] | None = None) -> Claim | None:
    """Claim the next ticket that may be served now, except those of `barred`, with a token of its own. Return None if
    there is none. In the same round trip run the statement `then`, which returns JSON, with the parameters `also`."""
    values: dict[str, Any] = {
        "lock": CLAIM_LOCK,
        "patience_for_locks": f"{waits.HURRIED_LOCK_MILLISECONDS}ms",
        "claim": uuid4(),
        "lease": settings.LEASE_SECONDS,
        "patience": PATIENCE.total_seconds(),
        "barred_orgs": barred.orgs,
        "barred_people": barred.people,
        "probe": PROBE_LASTS.total_seconds(),
        **(also or {}),
    }
    with connection.cursor() as cursor:
        cursor.execute(f"{TAKE};\n{then}", values)
        cursor.nextset()
        ticket = cursor.fetchone()
        cursor.nextset()
        (told,) = cursor.fetchone()
    return replace(Claim(*ticket), told=json.loads(told)) if ticket else None


def renew(claims: Sequence[Claim]) -> None:
    """Extend the leases of those claims that are still valid."""
    with connection.cursor() as cursor:
        cursor.execute(RENEW, {**_named(claims), "lease": settings.LEASE_SECONDS})


@dataclass(frozen=True)
class ClaimState:
    """What a worker finds when it locks its ticket."""

    is_stopping: bool  # stopping a run marks its claimed tickets in the same transaction


def check_claim(claim: Claim) -> ClaimState | None:
    """Lock the ticket. Return None if this claim was lost: a worker whose ticket was swept learns it here, before it
    writes."""
    is_stopping = _rows_of(claim).select_for_update().values_list("is_stopping", flat=True).first()
    return None if is_stopping is None else ClaimState(is_stopping)


def remove(claim: Claim) -> None:
    """Take the ticket out of the line, unless this claim was lost."""
    _rows_of(claim).delete()


def requeue(claim: Claim, *, wait_seconds: float) -> None:
    """Put the ticket back into the line, to be served after a while."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE studio_ticket SET worker = NULL, lease_until = NULL, "
            "not_before = clock_timestamp() + make_interval(secs => %s) WHERE id = %s AND worker = %s",
            [wait_seconds, claim.id, claim.token],
        )


def move(claim: Claim, *, connection_id: int, connection_limit: int) -> None:
    """Put the ticket back into the line for another connection, at its old place."""
    _rows_of(claim).update(
        worker=None, lease_until=None, connection_id=connection_id, connection_limit=connection_limit
    )


def set_limit(connection_id: int, limit: int) -> None:
    """Update waiting tickets after an admin has changed the connection's limit."""
    stale = Ticket.objects.filter(connection_id=connection_id).exclude(connection_limit=limit)
    Ticket.objects.filter(pk__in=_free_of(stale)).update(connection_limit=limit)


def set_org_limit(org_id: int, limit: int) -> None:
    """Update waiting tickets after the organization's limit has changed; 0 lets them rest."""
    stale = Ticket.objects.filter(org_id=org_id).exclude(org_limit=limit)
    Ticket.objects.filter(pk__in=_free_of(stale)).update(org_limit=limit)


def resting_organizations() -> list[int]:
    """Return the suspended or deleted organizations that still have waiting tickets."""
    resting = Ticket.objects.filter(org_limit=0, worker=None)
    return list(resting.order_by("org_id").values_list("org_id", flat=True).distinct())


def first_resting(org_id: int) -> UUID | None:
    resting = Ticket.objects.filter(org_limit=0, worker=None, org_id=org_id)
    return resting.order_by("pk").values_list("slot_code", flat=True).first()


def _free_of(stale: QuerySet[Ticket]) -> list[int]:
    """Lock the unclaimed tickets and return their keys. Claimed ones need no limit; locked ones are left for the next
    time, so that nothing waits here under the lock of the claim."""
    return list(stale.select_for_update(skip_locked=True).filter(worker=None).values_list("pk", flat=True))


def withdraw_unclaimed(slot_codes: list[UUID]) -> list[UUID]:
    """Remove the unclaimed tickets of these slots. Return the slots whose tickets were removed."""
    waiting = Ticket.objects.select_for_update(skip_locked=True).filter(slot_code__in=slot_codes, worker=None)
    codes = list(waiting.values_list("slot_code", flat=True))
    Ticket.objects.filter(slot_code__in=codes, worker=None).delete()
    return codes


def ask_to_stop(slot_codes: list[UUID]) -> None:
    """Mark the tickets of these slots as stopping. Call this before slots and run are locked: it locks the tickets."""
    tickets = Ticket.objects.select_for_update().filter(slot_code__in=slot_codes).order_by("pk")
    Ticket.objects.filter(pk__in=list(tickets.values_list("pk", flat=True))).update(is_stopping=True)


def asked_to_stop(claims: Sequence[Claim]) -> list[UUID]:
    """Return the tokens of those claims that are still valid and whose runs were stopped."""
    with connection.cursor() as cursor:
        cursor.execute(STOPPING, _named(claims))
        return [token for (token,) in cursor.fetchall()]


@dataclass(frozen=True)
class Expired:
    """A claim whose lease is over."""

    id: int
    token: UUID


def expired() -> list[Expired]:
    with connection.cursor() as cursor:
        cursor.execute(EXPIRED)
        return [Expired(*row) for row in cursor.fetchall()]


def claim_expired(among: Sequence[Expired] | None = None) -> Claim | None:
    """Claim, for the sweeper, the next ticket whose lease is over, of all or of those in `among`. Return None if there
    is none."""
    values: dict[str, Any] = {"claim": uuid4(), "lease": settings.LEASE_SECONDS, "ids": None, "claims": None}
    with connection.cursor() as cursor:
        cursor.execute(TAKE_EXPIRED, values if among is None else values | _named(among))
        row = cursor.fetchone()
    return Claim(*row) if row else None


def expire_all() -> None:
    """End the leases of all claims. Only for a program that knows that no worker lives."""
    Ticket.objects.exclude(worker=None).update(lease_until=Now())


def unclaim(claim: Claim) -> None:
    """Put the ticket of a lost worker back into the line. For the sweeper, which has locked it."""
    _rows_of(claim).update(worker=None, lease_until=None)


@dataclass(frozen=True)
class Standing:
    """What the engine needs to know about a ticket whose try failed."""

    likeness: int
    awaited: timedelta | None  # for how long a caller has waited with an open request


def standing(ticket_id: int) -> Standing:
    ticket = Ticket.objects.annotate(now=Now()).get(pk=ticket_id)
    return Standing(ticket.likeness or ticket.pk, ticket.now - ticket.awaited_at if ticket.awaited_at else None)


def count_claimed() -> int:
    return Ticket.objects.exclude(worker=None).count()


def count_waiting() -> int:
    """Count the waiting tickets, without those of organizations that may not work."""
    return Ticket.objects.filter(worker=None, org_limit__gt=0).count()


def _rows_of(claim: Claim) -> QuerySet[Ticket]:
    return Ticket.objects.filter(pk=claim.id, worker=claim.token)


def _named(claims: Sequence[Claim | Expired]) -> dict[str, Any]:
    """Return the parameters of MINE, RENEW and STOPPING that name these claims."""
    return {"ids": [one.id for one in claims], "claims": [one.token for one in claims]}
