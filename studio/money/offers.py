"""Find what an organization can use now: the connections of its runs, and the prices there. Each process remembers it
as a guess; studio_submit compares its version with the rows, so that a change counts for the next run."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

from django.utils import timezone

from accounts.connections import circuit
from accounts.models import ApiKey, Organization, ProviderConnection
from billing.models import FlatPrice, Price
from billing.prices import PriceList
from saas.database import functions
from saas.database.guesses import Guesses
from studio.models import Run

OFFER = "SELECT studio_offer(%(org)s, %(at)s)"
MOST_REMEMBERED = 2000  # organizations


@dataclass(frozen=True, slots=True)
class Offer:
    """The connections in the order in which they take over in an outage, and the prices. Threads share the rows, which
    must not be changed."""

    connections: Sequence[ProviderConnection]
    prices: PriceList
    version: str

    @classmethod
    def told(cls, said: Mapping[str, Any]) -> Self:
        flat = [functions.row(FlatPrice, one) for one in said["flat_prices"]]
        prices = [functions.row(Price, one) for one in said["prices"]]
        return cls(
            [functions.row(ProviderConnection, one) for one in said["connections"]],
            PriceList({one.model: one for one in prices}, {one.connection_id: one for one in flat}),
            said["version"],
        )

    @property
    def default(self) -> ProviderConnection | None:
        return next((one for one in self.connections if one.is_default), None)

    @property
    def choices(self) -> list[ProviderConnection]:
        """Return the connections that may be chosen for a run, beside the default one."""
        return [one for one in self.connections if one.is_offered and not one.is_default]

    def standbys_of(self, connection: ProviderConnection) -> list[ProviderConnection]:
        """Return the connections that take over for this one, first to last."""
        return circuit.standbys_among(self.connections, connection)

    def named(self, code: str) -> ProviderConnection | None:
        return next((one for one in self._choosable if str(one.code) == code), None)

    def of_key(self, connection_id: int) -> ProviderConnection | None:
        return next((one for one in self._choosable if one.pk == connection_id), None)

    def of_project(self, project: str) -> ProviderConnection | None:
        return next((one for one in self.connections if project in one.projects), None)

    @property
    def _choosable(self) -> list[ProviderConnection]:
        return [one for one in self.connections if one.is_offered or one.is_default]


@dataclass(frozen=True, slots=True)
class Route:
    """What decides which connection a run uses: the one that is named for it, else its key's, else its project's, else
    the default."""

    named: str = ""  # a connection's code
    of_key: int | None = None
    project: str = ""

    @classmethod
    def of(cls, *, named: str = "", api_key: ApiKey | None = None, project: str = "") -> Self:
        return cls(named, api_key.connection_id if api_key else None, project.strip())


USUAL = Route()


def route_back(run: Run) -> Route:
    """Return the route of another run that uses the connection of an earlier one, while that may be chosen."""
    chosen = run.connection
    is_choice = chosen is not None and chosen.is_offered and not chosen.is_default
    return Route(str(chosen.code) if chosen is not None and is_choice else "", project=run.project)


_offers = Guesses[int, Offer](most=MOST_REMEMBERED)


def remembered(org: Organization) -> Offer | None:
    """Return what this process has read last, or None. It may be out of date by now."""
    return _offers.get(org.pk)


def read(org: Organization) -> Offer:
    """Read the offer as it is now, and remember it."""
    return learn(org, functions.ask(org.pk, OFFER, {"org": org.pk, "at": timezone.now()}))


def learn(org: Organization, said: Mapping[str, Any]) -> Offer:
    """Remember an offer that a function of the database has returned."""
    offer = Offer.told(said)
    _offers.put(org.pk, offer)
    return offer
