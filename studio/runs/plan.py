"""Plan a run. Each door checks a request here, so that the page, REST, the gateway, prints and granted requests find
the same connection and price, and refuse for the same reasons, before anything is sent and paid for."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from django.utils import timezone

from accounts.errors import Refused
from accounts.models import Organization, ProviderConnection
from billing.prices import Estimate
from studio.catalogue import image_models
from studio.catalogue.fields import Fault, SpecRefused
from studio.catalogue.specs import Spec
from studio.inputs import mask_fit
from studio.models import ImageModel, Input, Lane, RunInput
from studio.money import estimates, offers
from studio.money.offers import USUAL, Offer, Route

NO_CONNECTION = "There is no connection to a provider. An admin can add one."
NOT_OFFERED = "The chosen connection may not be used any more. Choose another one, or ask an admin."


@dataclass(frozen=True, slots=True)
class Pictures:
    """The stored pictures that go into a run."""

    references: Sequence[Input] = ()
    mask: Input | None = None

    @property
    def all(self) -> list[Input]:
        return [*self.references, *([self.mask] if self.mask else [])]

    @property
    def numbered(self) -> list[tuple[Input, int]]:
        """Return the pictures with their numbers in the run: the references from one, and the mask."""
        numbered = [(one, number) for number, one in enumerate(self.references, start=1)]
        return [*numbered, *([(self.mask, RunInput.MASK)] if self.mask else [])]

    @property
    def sizes(self) -> list[tuple[int, int]]:
        return [(one.width, one.height) for one in self.references]


NO_PICTURES = Pictures()


@dataclass(frozen=True, slots=True)
class Plan:
    """A request that has been checked and can be submitted."""

    spec: Spec
    model: ImageModel
    offer: Offer
    connection: ProviderConnection
    price: Estimate
    pictures: Pictures = NO_PICTURES
    route: Route = USUAL
    lane: Lane = Lane.NOW
    reserve: Estimate | None = None  # what is held beside, for the case that an overnight run is made by day after all

    @property
    def standbys(self) -> list[ProviderConnection]:
        """Return the connections that take over in an outage. What goes to a batch stays with its connection."""
        if self.lane == Lane.OVERNIGHT:
            return []
        return self.offer.standbys_of(self.connection)


def connection_of(org: Organization, route: Route = USUAL) -> ProviderConnection:
    """Return the connection that the organization's runs use on this route. Raise the same as `connection_for`."""
    return connection_for(offers.read(org), route)


def connection_for(offer: Offer, route: Route) -> ProviderConnection:
    """Return the connection that a run on this route uses. Raise SpecRefused if it may not be chosen, Refused if there
    is none at all."""
    if route.named or route.of_key is not None:
        chosen = offer.named(route.named) if route.named else offer.of_key(route.of_key or 0)
        if chosen is None:
            raise SpecRefused([Fault("connection", "not_offered", NOT_OFFERED)])
        return chosen
    found = (offer.of_project(route.project) if route.project else None) or offer.default
    if found is None:
        raise Refused(NO_CONNECTION)
    return found


def model_of(spec: Spec) -> ImageModel:
    """Return the model that a spec names. Raise Refused if it is not available any more."""
    try:
        return image_models.at(timezone.now()).model(spec.model)
    except image_models.UnknownModel:
        raise Refused(f"The model {spec.model} is not available any more.") from None


def make(*, org: Organization, spec: Spec, pictures: Pictures = NO_PICTURES, route: Route = USUAL) -> Plan:
    """Plan a run. Raise SpecRefused with all faults of the request, or Refused if there is no connection or price. What
    this process remembers of the offer is enough to plan with, since it is compared at the submit, and never enough to
    refuse."""
    offer = offers.remembered(org)
    if offer is not None:
        with suppress(SpecRefused, Refused):
            return make_from(offer, spec=spec, pictures=pictures, route=route)
    return make_from(offers.read(org), spec=spec, pictures=pictures, route=route)


def make_from(offer: Offer, *, spec: Spec, pictures: Pictures, route: Route = USUAL) -> Plan:
    """Plan a run with this offer. Raise the same."""
    connection, model = connection_for(offer, route), model_of(spec)
    if faults := faults_of(spec, model, connection, pictures):
        raise SpecRefused(faults)
    price = price_of(spec, model, connection, pictures, offer)
    return Plan(spec, model, offer, connection, price, pictures, route)


def faults_of(spec: Spec, model: ImageModel, connection: ProviderConnection, pictures: Pictures) -> list[Fault]:
    """Return why this connection cannot run a spec with these pictures."""
    return [
        *mask_fit.mask_faults(pictures.mask, pictures.references),
        *_api_faults(spec, connection),
        *mask_fit.keep_rest_faults(spec, pictures.references, model),
    ]


def price_of(
    spec: Spec, model: ImageModel, connection: ProviderConnection, pictures: Pictures, offer: Offer
) -> Estimate:
    """Return the price that is shown and held. Raise Refused if the connection has none for the model."""
    return estimates.estimate(
        spec=spec, model=model, connection=connection, references=pictures.sizes, price_list=offer.prices
    )


def _api_faults(spec: Spec, connection: ProviderConnection) -> list[Fault]:
    if spec.api == "responses" and not connection.can_respond:
        return [Fault("api", "unsupported", f"{connection.name} does not offer the Responses API.", "images")]
    return []
