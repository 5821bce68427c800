"""Verbs on circuits. After several outages in a row a connection is left alone for a while, each time longer; then one
call may try it, and its outcome closes the circuit or opens it again."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now

from accounts.models import Circuit, Organization, ProviderConnection

OUTAGES_TO_OPEN = 5
WINDOW = timedelta(minutes=2)
FIRST_REST = timedelta(seconds=15)
LONGEST_REST = timedelta(minutes=5)
MOST_OPENINGS = 20  # that are counted

log = structlog.get_logger("darkroom.circuits")


def note_outage(connection: ProviderConnection, *, ticket_id: int) -> timedelta | None:
    """Answers for how long the circuit is open, if this opened it. Under the connection's tenant wall."""
    with transaction.atomic():
        Circuit.objects.get_or_create(connection_id=connection.pk)
        circuit = Circuit.objects.select_for_update().annotate(now=Now()).get(pk=connection.pk)
        if circuit.is_open and circuit.prober_id != ticket_id:
            return None  # left before it was opened, and tells nothing new
        now: datetime = circuit.now
        if not circuit.is_open:
            _count(circuit, now)
            if circuit.outages < OUTAGES_TO_OPEN:
                return None
        rest = _open(circuit, now, has_standby(connection))
    log.warning("circuit opened", connection=str(connection.code), seconds=rest.total_seconds())
    return rest


def note_answer(connection: ProviderConnection, *, ticket_id: int) -> bool:
    """The provider works. Answers whether this closed the circuit; only the call that tries may do so."""
    found = Circuit.objects.filter(Q(outages__gt=0) | Q(open_until__isnull=False), pk=connection.pk)
    if not found.exists():
        return False  # nearly always: nothing to forget
    found.filter(open_until=None, outages__gt=0).update(outages=0, first_outage_at=None)
    closed = found.filter(open_until__isnull=False, prober_id=ticket_id).update(
        outages=0, first_outage_at=None, openings=0, opened_at=None, open_until=None, prober_id=None
    )
    if closed:
        log.warning("circuit closed", connection=str(connection.code))
    return closed == 1


@dataclass(frozen=True)
class Outage:
    """Of a connection whose circuit is open."""

    since: datetime
    lasts: timedelta
    rest: timedelta  # until one call may try; zero or less: it may now, or does


def find(connection: ProviderConnection) -> Outage | None:
    return find_all([connection]).get(connection.pk)


def find_all(connections: Iterable[ProviderConnection]) -> dict[int, Outage]:
    keys = [connection.pk for connection in connections]
    found = Circuit.objects.filter(pk__in=keys, open_until__isnull=False).annotate(now=Now())
    return {
        circuit.pk: Outage(circuit.opened_at, circuit.now - circuit.opened_at, circuit.open_until - circuit.now)
        for circuit in found
        if circuit.opened_at and circuit.open_until
    }


def count_open() -> int:
    return Circuit.objects.filter(open_until__isnull=False).count()


def forget(connection: ProviderConnection) -> None:
    """It is removed, or leads somewhere else now."""
    Circuit.objects.filter(pk=connection.pk).delete()


def note_standbys(org: Organization) -> None:
    """What waits for a connection in an outage moves as soon as an admin names another that takes over."""
    for connection in org.connections.all():
        Circuit.objects.filter(pk=connection.pk).update(has_standby=has_standby(connection))


def standbys(connection: ProviderConnection) -> list[ProviderConnection]:
    """Who takes over for this one, first to last. The sandbox never does, and nobody does for the sandbox: a picture
    that was to be real must not be a painted one, nor the other way round."""
    if connection.traits.is_play:
        return []
    others = ProviderConnection.objects.filter(~Q(pk=connection.pk), org=connection.org_id, position__isnull=False)
    return [other for other in others.order_by("position", "pk") if not other.traits.is_play]


def has_standby(connection: ProviderConnection) -> bool:
    return bool(standbys(connection))


def _count(circuit: Circuit, now: datetime) -> None:
    """In a row means within a while, too: five outages in a week are no outage."""
    if circuit.first_outage_at is None or now - circuit.first_outage_at > WINDOW:
        circuit.outages, circuit.first_outage_at = 0, now
    circuit.outages += 1
    circuit.save(update_fields=["outages", "first_outage_at"])


def _open(circuit: Circuit, now: datetime, has_standby: bool) -> timedelta:
    rest: timedelta = min(FIRST_REST * 2**circuit.openings, LONGEST_REST)
    circuit.openings = min(circuit.openings + 1, MOST_OPENINGS)
    circuit.opened_at = circuit.opened_at or now
    circuit.open_until = now + rest
    circuit.prober_id = None
    circuit.has_standby = has_standby
    circuit.save(update_fields=["openings", "opened_at", "open_until", "prober_id", "has_standby"])
    return rest
