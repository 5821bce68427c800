"""Move slots to the next connection while theirs has an outage, and never back. Only slots move for which certainly
nothing was made. None moves after a refusal, or for a bad key or an empty balance: no other connection pays then."""

from datetime import timedelta
from uuid import UUID

from accounts.connections import circuit
from accounts.models import ProviderConnection
from studio.models import Kind, Run, Slot
from studio.money import run_holds
from studio.queue import tickets, wake
from studio.queue.tickets import Claim
from studio.runs import events, finish

LEAST_WAIT = timedelta(seconds=10)  # while one call tries the connection, the others do not ask all the time


def next_connection(run: Run, slot_code: UUID | None, connection: ProviderConnection) -> ProviderConnection | None:
    """Return the connection that takes over, or None. Without a slot no money is held yet, so no price is compared."""
    if run.connection is None:
        return None
    chain = [run.connection, *circuit.standbys(run.connection)]
    behind = chain[chain.index(connection) + 1 :] if connection in chain else []
    return next((other for other in behind if _can_make(run, slot_code, other)), None)


def move(claim: Claim, slot: Slot, connection: ProviderConnection, other: ProviderConnection) -> None:
    """Move a waiting slot, whose ticket this worker has claimed, to another connection."""
    tickets.move(claim, connection_id=other.pk, connection_limit=other.most_calls_at_once)
    slot.move()
    events.record(slot.run, "moved", slot=slot.index, data={"from": connection.name, "to": other.name})
    wake.soon("develop")


def reroute(claim: Claim, slot: Slot, connection: ProviderConnection) -> None:
    """Handle a slot whose turn comes while its connection is left alone: move it, let it wait for the end of the rest,
    or end it if the outage has lasted too long."""
    other = next_connection(slot.run, slot.code, connection)
    found = circuit.find(connection, maker_id=slot.run.maker_id)
    if other is not None:
        move(claim, slot, connection, other)
    elif found is not None and found.lasts > tickets.PATIENCE:
        tickets.remove(claim)
        finish.end(slot.run, slot, "outage")
    else:
        wait = max(found.rest, LEAST_WAIT) if found else timedelta(0)
        tickets.requeue(claim, wait_seconds=wait.total_seconds())


def wake_after(rest: timedelta) -> None:
    """Send a message for the end of the rest, so that a worker tries then; the line decides with which slot."""
    wake.after("develop", delay_seconds=rest.total_seconds() + 0.1)


def _can_make(run: Run, slot_code: UUID | None, connection: ProviderConnection) -> bool:
    if run.kind == Kind.RESPOND and not connection.can_respond:
        return False
    if slot_code is not None and connection.traits.is_lent and not run_holds.covers(slot_code, run, connection):
        return False  # held at a price below the operator's, so the lent connection does not take it
    return connection.lists(run.model) and circuit.find(connection, maker_id=run.maker_id) is None
