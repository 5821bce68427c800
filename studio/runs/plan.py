"""Plan a run. Each door checks a request here, so that the page, REST, the gateway, prints and granted requests find
the same connection and price, and refuse for the same reasons, before anything is sent and paid for."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Q
from django.utils import timezone

from accounts.connections import circuit
from accounts.errors import Refused
from accounts.models import Organization, ProviderConnection
from billing.prices import Estimate
from studio.catalogue import image_models
from studio.catalogue.fields import Fault, SpecRefused
from studio.catalogue.specs import Spec
from studio.inputs import mask_fit
from studio.models import ImageModel, Input
from studio.money import estimates

NO_CONNECTION = "There is no connection to a provider. An admin can add one."


@dataclass(frozen=True, slots=True)
class Pictures:
    """The stored pictures that go into a run."""

    references: Sequence[Input] = ()
    mask: Input | None = None

    @property
    def all(self) -> list[Input]:
        return [*self.references, *([self.mask] if self.mask else [])]

    @property
    def sizes(self) -> list[tuple[int, int]]:
        return [(one.width, one.height) for one in self.references]


NO_PICTURES = Pictures()


@dataclass(frozen=True, slots=True)
class Connections:
    """The connection that the organization's runs use, and those that take over for it in an outage, first to last."""

    default: ProviderConnection
    standbys: Sequence[ProviderConnection]


@dataclass(frozen=True, slots=True)
class Plan:
    """A request that has been checked and can be submitted in this transaction."""

    spec: Spec
    model: ImageModel
    connections: Connections
    price: Estimate
    pictures: Pictures = NO_PICTURES

    @property
    def connection(self) -> ProviderConnection:
        return self.connections.default


def find_connections(org: Organization) -> Connections | None:
    """Return the connections that the organization's runs use, or None if it has no default one."""
    used = org.connections.filter(Q(is_default=True) | Q(position__isnull=False))
    found = list(used.order_by("position", "pk"))
    default = next((one for one in found if one.is_default), None)
    return None if default is None else Connections(default, circuit.standbys_among(found, default))


def connections_of(org: Organization) -> Connections:
    """Do as `find_connections`. Raise Refused if there is none."""
    found = find_connections(org)
    if found is None:
        raise Refused(NO_CONNECTION)
    return found


def model_of(spec: Spec) -> ImageModel:
    """Return the model that a spec names. Raise Refused if it is not available any more."""
    try:
        return image_models.at(timezone.now()).model(spec.model)
    except image_models.UnknownModel:
        raise Refused(f"The model {spec.model} is not available any more.") from None


def make(*, org: Organization, spec: Spec, pictures: Pictures = NO_PICTURES) -> Plan:
    """Plan a run. Raise SpecRefused with all faults of the request, or Refused if there is no connection or price."""
    connections, model = connections_of(org), model_of(spec)
    if faults := faults_of(spec, model, connections.default, pictures):
        raise SpecRefused(faults)
    return Plan(spec, model, connections, price_of(spec, model, connections.default, pictures), pictures)


def faults_of(spec: Spec, model: ImageModel, connection: ProviderConnection, pictures: Pictures) -> list[Fault]:
    """Return why this connection cannot run a spec with these pictures."""
    return [
        *mask_fit.mask_faults(pictures.mask, pictures.references),
        *_api_faults(spec, connection),
        *mask_fit.keep_rest_faults(spec, pictures.references, model),
    ]


def price_of(spec: Spec, model: ImageModel, connection: ProviderConnection, pictures: Pictures) -> Estimate:
    """Return the price that is shown and held. Raise Refused if the connection has none for the model."""
    return estimates.estimate(spec=spec, model=model, connection=connection, references=pictures.sizes)


def _api_faults(spec: Spec, connection: ProviderConnection) -> list[Fault]:
    if spec.api == "responses" and not connection.can_respond:
        return [Fault("api", "unsupported", f"{connection.name} does not offer the Responses API.", "images")]
    return []
