"""Find what an organization can use now: the connections of its runs, and the prices there. Each process remembers it
as a guess; studio_submit compares its version with the rows, so that a change counts for the next run."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

from django.utils import timezone

from accounts.connections import circuit
from accounts.models import Organization, ProviderConnection
from billing.models import FlatPrice, Price
from billing.prices import PriceList
from saas.database import functions
from saas.database.guesses import Guesses

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
    def standbys(self) -> list[ProviderConnection]:
        """Return the connections that take over for the default one, first to last."""
        return circuit.standbys_among(self.connections, self.default) if self.default else []


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
