"""Where a slot goes when its connection has an outage: on to the next one that takes over, and never back. Only for
what proves that nothing was made; a refusal, a bad key or an empty balance is nobody else's to pay for."""

from datetime import timedelta
from uuid import UUID

from accounts import circuits
from accounts.models import ProviderConnection
from saas.broker import enqueue, enqueue_later
from studio import endings, events, line
from studio.line import Held
from studio.models import Kind, Run, Slot

LEAST_WAIT = timedelta(seconds=10)  # while one call tries, the others do not ask every moment


def next_connection(run: Run, connection: ProviderConnection) -> ProviderConnection | None:
    if run.connection is None:
        return None
    chain = [run.connection, *circuits.standbys(run.connection)]
    behind = chain[chain.index(connection) + 1 :] if connection in chain else []
    return next((other for other in behind if _can_make(run, other)), None)


def move(worker: UUID, ticket_id: int, slot: Slot, connection: ProviderConnection, other: ProviderConnection) -> None:
    """Of a slot that waits, whose ticket this worker holds."""
    from studio.tasks import develop

    line.move(worker, ticket_id, connection_id=other.pk, connection_limit=other.most_calls_at_once)
    slot.move()
    events.record(slot.run, "moved", slot=slot.index, data={"from": connection.name, "to": other.name})
    enqueue(develop)


def divert(worker: UUID, held: Held, slot: Slot, connection: ProviderConnection) -> None:
    """A slot whose turn has come while its connection is left alone: it moves, waits for the end of the rest, or ends
    where the outage lasts too long."""
    other = next_connection(slot.run, connection)
    found = circuits.find(connection)
    if other is not None:
        move(worker, held.id, slot, connection, other)
    elif found is not None and found.lasts > line.PATIENCE:
        line.leave(held.id)
        endings.end(slot.run, slot, "outage")
    else:
        wait = max(found.rest, LEAST_WAIT) if found else timedelta(0)
        line.step_back(worker, held.id, wait_seconds=wait.total_seconds())


def wake_after(rest: timedelta) -> None:
    """Somebody shall try when the rest is over; the line decides who."""
    from studio.tasks import develop

    enqueue_later(develop, delay_seconds=rest.total_seconds() + 0.1)


def _can_make(run: Run, connection: ProviderConnection) -> bool:
    if run.kind == Kind.RESPOND and not connection.can_respond:
        return False
    return connection.lists(run.model) and circuits.find(connection) is None
