"""Act while the circuit of a connection is open: refuse callers that wait with an open request and say when to retry,
end the slots they wait for, and ask for the list of models if no call can show whether the outage is over."""

from datetime import timedelta
from uuid import UUID

import structlog
from django.db import connection as database
from django.db import transaction

from accounts.connections import circuit, probe
from accounts.connections.circuit import PROBE_LASTS
from accounts.errors import Refused
from accounts.models import ProviderConnection
from saas.database import tenancy
from saas.database.release import released
from saas.database.transactions import after_commit, hurry
from studio.models import Charged, Run, Slot
from studio.money import run_holds
from studio.providers.outcomes import OUTCOMES
from studio.queue import tickets, wake
from studio.runs import failover, finish

# Tickets of callers with an open request, in an outage that concerns them and has lasted too long for them.
AWAITED_IN_VAIN = """
SELECT ticket.id, ticket.org_id, ticket.slot_code
FROM studio_ticket ticket JOIN accounts_circuit circuit USING (connection_id)
WHERE ticket.worker IS NULL AND circuit.open_until IS NOT NULL AND NOT ticket.id = ANY (%(seen)s)
    AND NOT (cardinality(circuit.makers) = 1 AND NOT ticket.maker_id = ANY (circuit.makers))
    AND greatest(ticket.awaited_at, circuit.opened_at) < clock_timestamp() - make_interval(secs => %(patience)s)
    AND ticket.awaited_at IS NOT NULL
ORDER BY ticket.id LIMIT 1 FOR UPDATE OF ticket SKIP LOCKED
"""

# A circuit whose rest is over, and only requests that failed before wait, or none has tried although one could have.
DUE = """
SELECT circuit.connection_id, min(ticket.org_id) AS org_id
FROM accounts_circuit circuit JOIN studio_ticket ticket USING (connection_id)
WHERE circuit.open_until <= clock_timestamp() AND ticket.worker IS NULL
    AND (circuit.probe_until IS NULL OR circuit.probe_until <= clock_timestamp())
GROUP BY circuit.connection_id, circuit.open_until, circuit.causes
HAVING bool_and(ticket.likeness = ANY (circuit.causes))
    OR circuit.open_until <= clock_timestamp() - make_interval(secs => %(lasts)s)
LIMIT 1
"""
CLAIM = f"""
UPDATE accounts_circuit circuit SET prober_id = NULL, probe_until = clock_timestamp() + make_interval(secs => %(lasts)s)
FROM ({DUE}) due
WHERE circuit.connection_id = due.connection_id AND circuit.open_until <= clock_timestamp()
    AND (circuit.probe_until IS NULL OR circuit.probe_until <= clock_timestamp())
RETURNING due.org_id, due.connection_id
"""  # noqa: S608 words of ours

log = structlog.get_logger("darkroom.outages")


class LeftAlone(Refused):
    """Nothing was made, as the connection is left alone. Asking again makes sense after `wait_seconds`."""

    def __init__(self, wait_seconds: int) -> None:
        super().__init__(OUTCOMES["outage"].sentence)
        self.wait_seconds = wait_seconds


def refuse(run: Run, connection: ProviderConnection) -> None:
    """Raise LeftAlone if this run, which is not saved yet, would have to wait for the end of a rest."""
    found = circuit.find(connection, maker_id=run.maker_id)
    if found is not None and found.rest > timedelta(0) and failover.next_connection(run, None, connection) is None:
        raise LeftAlone(found.wait_seconds)


def wait_seconds(slot: Slot) -> int | None:
    """Return when to ask again after an outage ended this slot, in seconds. None: the connection is not left alone."""
    connection = slot.connection or slot.run.connection
    found = circuit.find(connection, maker_id=slot.run.maker_id) if connection else None
    return found.wait_seconds if found else None


def end_awaited() -> int:
    """End the slots that callers with an open request wait for in vain. Return how many."""
    seen = list[int]()
    count = 0
    while (ended := _end_next(seen)) is not None:
        count += ended
    return count


def _end_next(seen: list[int]) -> bool | None:
    """End one ticket in a transaction of its own, so that a failure stops no other. Return None if none is left."""
    with transaction.atomic():
        hurry()
        with database.cursor() as cursor:
            cursor.execute(AWAITED_IN_VAIN, {"seen": seen, "patience": tickets.AWAITED_PATIENCE.total_seconds()})
            row = cursor.fetchone()
        if row is None:
            return None
        ticket_id, org_id, slot_code = row
        seen.append(ticket_id)
        try:
            with tenancy.tenant(org_id):
                return _end(slot_code)
        except Exception:
            log.exception("runs that waited too long cannot be ended", slot=str(slot_code))
            return False


def _end(slot_code: UUID) -> bool:
    slots = Slot.objects.select_related("run__connection", "run__org", "org", "connection")
    slot = slots.filter(code=slot_code).first()
    if slot is None:  # its run is gone, so no caller waits for it
        tickets.withdraw_unclaimed([slot_code])
        run_holds.resolve(slot_code, Charged.NO)
        return False
    here = slot.connection or slot.run.connection
    if here is not None and failover.next_connection(slot.run, slot.code, here) is not None:
        return False  # it moves as soon as its turn comes
    tickets.withdraw_unclaimed([slot_code])
    finish.end(slot.run, slot, "outage")
    return True


def call_for_models() -> None:
    """Send for the list of models of each provider where that is due; then it is not due again for a while."""
    while (claimed := _claim()) is not None:
        wake.now("probe", *claimed)


def _claim() -> tuple[int, int] | None:
    """Claim a circuit that is due. Return its organization and connection. Reads no rows behind a tenant's wall."""
    with database.cursor() as cursor:
        cursor.execute(CLAIM, {"lasts": PROBE_LASTS.total_seconds()})
        found: tuple[int, int] | None = cursor.fetchone()
    return found


def ask_for_models(org_id: int, connection_id: int) -> None:
    """End the outage of a connection if it lists its models. No database connection is kept while it is asked."""
    with released(), tenancy.tenant(org_id):
        connection = ProviderConnection.objects.select_related("org").filter(pk=connection_id).first()
    if connection is None:
        return  # removed; its circuit went with it
    has_answered = probe.has_answered(connection)
    with released(), tenancy.tenant(org_id):
        rest = circuit.note_models(connection, has_answered=has_answered)
        if rest is not None:
            failover.wake_after(rest)
        elif has_answered:
            after_commit(wake.for_waiting)
