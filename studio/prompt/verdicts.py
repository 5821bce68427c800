"""Judge the prompt bar before Generate is pressed: whether it can run, all reasons why not, and what it will cost."""

from dataclasses import dataclass, field
from uuid import UUID

from accounts.errors import Refused
from accounts.limits import remaining
from accounts.limits.remaining import Budget
from accounts.models import Membership, Organization, ProviderConnection
from billing.prices import Estimate, is_play
from saas.text import money
from studio.catalogue import specs
from studio.catalogue.fields import SpecError, SpecRefused
from studio.catalogue.image_models import Catalogue
from studio.catalogue.specs import Spec
from studio.inputs import mask_checks, uploads
from studio.models import ImageModel, Input
from studio.money import estimates
from studio.prompt.values import Values

LONGEST_CODE = 36
UNWRITTEN = "…"


@dataclass(frozen=True, slots=True)
class Given:
    """The pictures that the values name and that this member may use."""

    references: list[Input] = field(default_factory=list)
    mask: Input | None = None
    faults: list[SpecError] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Verdict:
    given: Given
    faults: list[SpecError]
    spec: Spec | None = None
    price: Estimate | None = None
    connection: ProviderConnection | None = None
    budget: Budget | None = None  # the limit that ends first, of those that pay

    @property
    def is_play(self) -> bool:
        return self.connection is not None and is_play(self.connection)

    @property
    def can_run(self) -> bool:
        return self.spec is not None and not self.faults


def look_up(values: Values, member: Membership) -> Given:
    codes = [code for code in (*values.reference, values.mask) if _is_code(code)]
    known: dict[str, Input] = {}
    if codes:
        known = {str(one.code): one for one in uploads.visible_to(member).filter(code__in=codes)}
    references = [known[code] for code in values.reference if code in known]
    mask = known.get(values.mask)
    faults = []
    if len(references) < len(values.reference) or (values.mask and mask is None):
        faults.append(SpecError("reference", "gone", "A picture that was given is not here any more. Give it again."))
    faults += mask_checks.mask_faults(mask, references)
    return Given(references, mask, faults)


def weigh(*, org: Organization, member: Membership, values: Values, models: Catalogue) -> Verdict:
    given = look_up(values, member)
    connection = org.connections.filter(is_default=True).first()
    spec, faults = _read(values, models)
    faults += given.faults
    if connection is None:
        faults.append(SpecError("", "no_connection", "There is no connection to a provider. An admin can add one."))
    if spec is None or connection is None:
        return Verdict(given, faults, connection=connection)
    faults += _connection_faults(spec, connection)
    faults += mask_checks.keeping_faults(spec, given.references, models.model(spec.model))
    price = _price(spec, models.model(spec.model), connection, given, faults)
    budget = (
        remaining.tightest(member, is_play=is_play(connection), is_lent=connection.traits.is_lent) if price else None
    )
    if price and budget and price.high > budget.left:
        faults.append(_no_room(budget, price))
    return Verdict(given, faults, spec, price, connection, budget)


def _read(values: Values, models: Catalogue) -> tuple[Spec | None, list[SpecError]]:
    """Return the spec and its faults. If only the prompt is at fault, return a spec with a placeholder, so that the
    price is known before the prompt is written."""
    try:
        return specs.read(values.asked(), models=models, from_form=True), []
    except SpecRefused as refusal:
        if {error.field for error in refusal.errors} != {"prompt"}:
            return None, refusal.errors
        return specs.read({**values.asked(), "prompt": UNWRITTEN}, models=models, from_form=True), refusal.errors


def _price(
    spec: Spec, model: ImageModel, connection: ProviderConnection, given: Given, faults: list[SpecError]
) -> Estimate | None:
    sizes = [(one.width, one.height) for one in given.references]
    try:
        return estimates.estimate(spec=spec, model=model, connection=connection, references=sizes)
    except Refused as refusal:
        faults.append(SpecError("model", "unpriced", refusal.sentence))
        return None


def _no_room(budget: Budget, price: Estimate) -> SpecError:
    has, needs = money.show(budget.left), money.show(price.high)
    return SpecError("", "no_room", f"{budget.name} has {has} left, and this needs up to {needs}.")


def _connection_faults(spec: Spec, connection: ProviderConnection) -> list[SpecError]:
    if spec.api == "responses" and not connection.can_respond:
        sentence = f"{connection.name} does not offer the Responses API."
        return [SpecError("api", "unsupported", sentence, "images")]
    return []


def _is_code(text: str) -> bool:
    try:
        return len(text) <= LONGEST_CODE and bool(UUID(text))
    except ValueError:
        return False
