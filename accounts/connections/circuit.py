"""Open and close circuits. After outages of several different requests in a row, a connection is left alone for a
while, longer each time. Then one call may try it, and its outcome closes the circuit or opens it again.

A request that always fails counts once, however often it is sent. If all failed requests came from one person, the
circuit is open for that person only: other people's calls show whether the provider works. A request that failed is
never the one that tries; if no other waits, the provider is asked for its list of models instead."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from django.db import transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Now

from accounts.models import Circuit, Organization, ProviderConnection

OUTAGES_TO_OPEN = 5
WINDOW = timedelta(minutes=2)
FIRST_REST = timedelta(seconds=15)
LONGEST_REST = timedelta(minutes=5)
MOST_OPENINGS = 20  # the count stops here
MOST_CAUSES = 100  # older ones are forgotten
PROBE_LASTS = timedelta(seconds=30)  # if the trying call takes longer, another call may try as well
LEAST_WAIT = timedelta(seconds=1)

log = structlog.get_logger("darkroom.circuits")


@dataclass(frozen=True)
class Failed:
    """A call that ended in an outage. `likeness` is the same number for all calls that ask for the same thing."""

    ticket_id: int
    maker_id: int
    likeness: int


def note_outage(connection: ProviderConnection, failed: Failed) -> timedelta | None:
    """Count an outage. Return for how long the circuit is open, if this outage opened it. Call inside the connection's
    tenant wall."""
    with transaction.atomic():
        Circuit.objects.get_or_create(connection_id=connection.pk)
        circuit = Circuit.objects.select_for_update().annotate(now=Now()).get(pk=connection.pk)
        now: datetime = circuit.now
        if circuit.is_open and circuit.prober_id != failed.ticket_id:
            _widen(circuit, failed)
            return None
        if not circuit.is_open and (circuit.first_outage_at is None or now - circuit.first_outage_at > WINDOW):
            circuit.causes, circuit.makers, circuit.first_outage_at = [], [], now
        _count(circuit, failed)
        if not circuit.is_open and circuit.outages < OUTAGES_TO_OPEN:
            return None
        rest = _open(circuit, now, has_standby(connection))
    log.warning("circuit opened", connection=str(connection.code), seconds=rest.total_seconds())
    return rest


def note_answer(connection: ProviderConnection, *, maker_id: int, is_trying: bool) -> bool:
    """Note that the provider answered a call. Return whether this closed the circuit: the call that tries may close it,
    and if one person's requests opened it, so may any other person's call."""
    found = Circuit.objects.filter(Q(outages__gt=0) | Q(openings__gt=0) | Q(open_until__isnull=False), pk=connection.pk)
    if not found.exists():
        return False  # nearly always: no outage is noted
    _close(found.filter(open_until=None), openings=0)
    of_another = Q(makers__len=1) & ~Q(makers__contains=[maker_id])
    is_open = found.filter(open_until__isnull=False)
    closed = _close(is_open if is_trying else is_open.filter(of_another), openings=0)
    if closed:
        log.warning("circuit closed", connection=str(connection.code))
    return closed == 1


def note_models(connection: ProviderConnection, *, has_answered: bool) -> timedelta | None:
    """Note whether the provider answered a request for its models. An answer closes the circuit but keeps the number of
    its openings: a provider that lists its models and makes no pictures is left alone longer each time. Return for how
    long the circuit is open, if this opened it again."""
    with transaction.atomic():
        circuit = Circuit.objects.select_for_update().annotate(now=Now()).filter(pk=connection.pk).first()
        if circuit is None or circuit.open_until is None or circuit.open_until > circuit.now:
            return None  # a call has closed or reopened it meanwhile
        if has_answered:
            _close(Circuit.objects.filter(pk=circuit.pk), openings=circuit.openings)
            log.warning("circuit closed", connection=str(connection.code), by="models")
            return None
        if circuit.prober_id is not None:
            return None  # a real call is trying, which tells more
        rest = _open(circuit, circuit.now, has_standby(connection))
    log.warning("circuit opened", connection=str(connection.code), seconds=rest.total_seconds(), by="models")
    return rest


@dataclass(frozen=True)
class Outage:
    """The outage of a connection whose circuit is open."""

    since: datetime
    lasts: timedelta
    rest: timedelta  # until one call may try; zero or less: one may try now, or is trying
    probe: timedelta  # until another call may join the one that tries; zero or less: none tries

    @property
    def wait_seconds(self) -> int:
        """Return after how many seconds it is worth asking again."""
        left = max(self.rest, self.probe, LEAST_WAIT)
        return -int(-left.total_seconds() // 1)


def find(connection: ProviderConnection, *, maker_id: int | None = None) -> Outage | None:
    """Return the outage of a connection, or None. With `maker_id`, only an outage that concerns this person's
    requests."""
    return find_all([connection], maker_id=maker_id).get(connection.pk)


def find_all(connections: Iterable[ProviderConnection], *, maker_id: int | None = None) -> dict[int, Outage]:
    keys = [connection.pk for connection in connections]
    found = Circuit.objects.filter(pk__in=keys, open_until__isnull=False).annotate(now=Now())
    return {
        circuit.pk: Outage(
            circuit.opened_at,
            circuit.now - circuit.opened_at,
            circuit.open_until - circuit.now,
            circuit.probe_until - circuit.now if circuit.probe_until else timedelta(0),
        )
        for circuit in found
        if circuit.opened_at and circuit.open_until and (maker_id is None or circuit.is_open_for(maker_id))
    }


def count_open() -> int:
    return Circuit.objects.filter(open_until__isnull=False).count()


def forget(connection: ProviderConnection) -> None:
    """Delete the circuit of a connection that is removed, or that has a new address or key."""
    Circuit.objects.filter(pk=connection.pk).delete()


def note_standbys(org: Organization) -> None:
    """Note which connections have a standby, so that tickets of a connection in an outage move as soon as an admin
    names another one to take over."""
    for connection in org.connections.all():
        Circuit.objects.filter(pk=connection.pk).update(has_standby=has_standby(connection))


def standbys(connection: ProviderConnection) -> list[ProviderConnection]:
    """Return the connections that take over for this one, first to last. The sandbox never takes over and is never
    taken over for: a picture that was to be real must not be a play one, nor the other way round."""
    if connection.traits.is_play:
        return []
    others = ProviderConnection.objects.filter(org=connection.org_id, position__isnull=False)
    return standbys_among(others.order_by("position", "pk"), connection)


def standbys_among(found: Iterable[ProviderConnection], connection: ProviderConnection) -> list[ProviderConnection]:
    """Do as `standbys`, of connections that are at hand already, in their order."""
    if connection.traits.is_play:
        return []
    others = [other for other in found if other.pk != connection.pk and other.position is not None]
    return [other for other in others if not other.traits.is_play]


def has_standby(connection: ProviderConnection) -> bool:
    return bool(standbys(connection))


def _count(circuit: Circuit, failed: Failed) -> None:
    """Count a failed request and its maker, each of them once. Only failures within WINDOW add up (see note_outage):
    five outages in a week are no outage."""
    circuit.causes = [*_without(circuit.causes, failed.likeness), failed.likeness][-MOST_CAUSES:]
    circuit.makers = [*_without(circuit.makers, failed.maker_id), failed.maker_id][-MOST_CAUSES:]
    circuit.outages = len(circuit.causes)
    circuit.save(update_fields=["outages", "causes", "makers", "first_outage_at"])


def _widen(circuit: Circuit, failed: Failed) -> None:
    """Add a failure to a circuit that is open already. A call that was sent before the circuit opened is no new
    evidence, but its request must not be the one that tries next. A call that was let through, because the circuit was
    open for another person only, shows that the outage is not that person's doing."""
    if failed.likeness not in circuit.causes:
        _count(circuit, failed)


def _without(numbers: list[int], number: int) -> list[int]:
    return [one for one in numbers if one != number]


def _open(circuit: Circuit, now: datetime, has_standby: bool) -> timedelta:
    rest: timedelta = min(FIRST_REST * 2**circuit.openings, LONGEST_REST)
    circuit.openings = min(circuit.openings + 1, MOST_OPENINGS)
    circuit.opened_at = circuit.opened_at or now
    circuit.open_until = now + rest
    circuit.prober_id = circuit.probe_until = None
    circuit.has_standby = has_standby
    circuit.save(update_fields=["openings", "opened_at", "open_until", "prober_id", "probe_until", "has_standby"])
    return rest


def _close(found: QuerySet[Circuit], *, openings: int) -> int:
    return found.update(
        outages=0,
        causes=[],
        makers=[],
        first_outage_at=None,
        openings=openings,
        opened_at=None,
        open_until=None,
        prober_id=None,
        probe_until=None,
    )
