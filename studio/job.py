"""What a worker holds in its hand: a ticket of the line, and the rows behind it.

Between frames no transaction and no connection is held, so that many slots can wait on the network at once: whoever
writes goes through `wall`, and asks there first whether the ticket is still this worker's."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from uuid import UUID, uuid4

from django.db import connection

from accounts.models import Organization, ProviderConnection
from saas import tenancy
from studio import line
from studio.line import Grip, Held
from studio.measuring import Call
from studio.models import Run, Slot

WORKER: UUID = uuid4()
KEEP_WAITS_SECONDS = (0.5, 2.0, 8.0)  # between the tries to write down what a provider said


class Lost(Exception):
    """Somebody else decides about this slot now."""


@dataclass(frozen=True)
class Job:
    held: Held
    org: Organization
    run: Run
    slot: Slot
    connection: ProviderConnection | None  # None: removed meanwhile
    partials: set[int] = field(default_factory=set)  # of this try, by their index

    @cached_property
    def call(self) -> Call:
        return Call(self.run, self.slot, str(self.connection.code) if self.connection else "")


def waits() -> Iterator[float | None]:
    """How long to wait after each try to write something down; None: that was the last one."""
    yield from KEEP_WAITS_SECONDS
    yield None


def grip(job: Job) -> Grip | None:
    """None: somebody else decides about its slot by now."""
    return line.grip(WORKER, job.held.id)


@contextmanager
def wall(job: Job) -> Iterator[None]:
    with released(), tenancy.tenant(job.held.org_id):
        yield


@contextmanager
def released() -> Iterator[None]:
    """Gives the connection back to the pool afterwards: a slot waits minutes on the network."""
    try:
        yield
    finally:
        if not connection.in_atomic_block:
            connection.close()
