"""Define the job of a worker: a claimed ticket and the rows behind it.

Between frames a worker keeps no transaction and no database connection, so that many slots can wait on the network at
once. Each write goes through `in_tenant`; one that needs the claim asks `check_claim` there first whether it is still
valid."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from threading import Event
from typing import Any, Self

from accounts.models import Hold, Organization, ProviderConnection
from billing import charging, tokens
from saas.database import functions, tenancy
from saas.database.release import released
from saas.queue.thread_shares import Place
from studio.models import Charged, Run, Slot
from studio.providers.answers import Final
from studio.providers.metering import MeteredCall
from studio.providers.outcomes import ProviderError
from studio.queue import tickets
from studio.queue.tickets import Claim, ClaimState

KEEP_WAITS_SECONDS = (0.5, 2.0, 8.0)  # between the tries to write down what a provider said
ROOM_WAITS_SECONDS = (
    2.0,
    3.0,
    *(5.0,) * 35,
)  # between the tries to put a picture on a disk that is full: three minutes


class Lost(Exception):
    """The claim was lost, or the slot has ended otherwise."""


@dataclass(frozen=True)
class Job:
    claim: Claim
    org: Organization
    run: Run
    slot: Slot
    connection: ProviderConnection | None  # None: removed meanwhile
    hold: Hold | None = None  # that pays for this try, as it was when the try began
    partials: set[int] = field(default_factory=set)  # indexes of this try's partials that were kept or noted as lost
    storage_failed: Event = field(default_factory=Event)  # storage did not take a partial, so it gets no more of them
    line_is_empty: Event = field(default_factory=Event)  # when the picture was noted, no ticket waited

    @classmethod
    def begun(cls, claim: Claim, told: Mapping[str, Any]) -> Self:
        """Return the job of a slot that a function of the database has begun."""
        org, run, slot = (
            functions.row(Organization, told["org"]),
            functions.row(Run, told["run"]),
            functions.row(Slot, told["slot"]),
        )
        connection = functions.row(ProviderConnection, told["connection"]) if told["connection"] else None
        run.org = slot.org = org
        slot.run, slot.connection = run, connection
        if connection is not None:
            connection.org = org
            if run.connection_id == connection.pk:
                run.connection = connection
        hold = functions.row(Hold, told["hold"]) if told["hold"] else None
        return cls(claim, org, run, slot, connection, hold)

    @property
    def place(self) -> Place:
        return self.claim.place

    @cached_property
    def call(self) -> MeteredCall:
        return MeteredCall(self.run, self.slot, str(self.connection.code) if self.connection else "")

    def micros_of(self, end: Final | ProviderError) -> int | None:
        """Return what the call cost: by the provider's usage for a picture or for words, and else by whether it has
        charged. None is unknown."""
        if isinstance(end, Final):
            return charging.price(self.hold, usage=end.usage, used=end.used).micros if self.hold else None
        if end.outcome.charged == Charged.NO:
            return 0
        if self.hold is None or end.outcome.charged != Charged.YES:
            return None
        return charging.price(self.hold, usage=end.usage, read=tokens.read_talk_usage).micros


def waits() -> Iterator[float | None]:
    """Yield how long to wait after each try to write something down, and None for the last one."""
    yield from KEEP_WAITS_SECONDS
    yield None


def waits_for_room() -> Iterator[float | None]:
    """Yield the same for a disk that is full."""
    yield from ROOM_WAITS_SECONDS
    yield None


def check_claim(job: Job) -> ClaimState | None:
    """Lock the job's ticket. Return None if this claim was lost."""
    return tickets.check_claim(job.claim)


@contextmanager
def in_tenant(job: Job) -> Iterator[None]:
    with released(), tenancy.tenant(job.claim.org_id):
        yield
