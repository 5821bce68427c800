"""Judge the prompt bar before Generate is pressed: whether it can run, all reasons why not, and what it will cost."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils import timezone

from accounts.connections import circuit
from accounts.connections.circuit import Outage
from accounts.errors import Refused
from accounts.limits import remaining
from accounts.limits.remaining import Budget, LimitsNow
from accounts.models import Membership, Organization, ProviderConnection, Unit
from billing.prices import Estimate, is_play
from saas.text import money
from saas.text.codes import code_or_none
from studio.catalogue import image_models, specs
from studio.catalogue.fields import Fault, SpecRefused
from studio.catalogue.image_models import Catalogue
from studio.catalogue.specs import Spec
from studio.inputs import mask_fit, uploads
from studio.models import ImageModel, Input
from studio.money import offers
from studio.money.offers import USUAL, Offer, Route
from studio.prompt import durations
from studio.prompt.durations import Durations
from studio.prompt.prompt_form import PromptForm
from studio.runs import plan
from studio.runs.plan import Pictures, Plan
from studio.styles import styled_spec

LONGEST_CODE = 36
UNWRITTEN = "…"
NO_ROOM = "no_room"  # a budget, as it was when the bar was drawn; a limit that refuses says the same better


@dataclass(frozen=True, slots=True)
class Verdict:
    pictures: Pictures
    faults: list[Fault]
    spec: Spec | None = None
    price: Estimate | None = None
    offer: Offer | None = None
    connection: ProviderConnection | None = None  # that the run would use
    route: Route = USUAL
    budget: Budget | None = None  # the limit on money that ends first, of those that pay
    lacking: Sequence[tuple[Budget, str]] = ()  # limits of money or pictures without room for this, and a sentence
    durations: Durations | None = None  # of this organization's last pictures
    outage: Outage | None = None  # of the connection, if it concerns this person's runs
    limits: LimitsNow | None = None

    @property
    def is_play(self) -> bool:
        return self.connection is not None and is_play(self.connection)

    @property
    def can_run(self) -> bool:
        return self.plan is not None

    @property
    def plan(self) -> Plan | None:
        """Return what can be submitted, or None if there is a fault."""
        if self.faults or self.spec is None or self.offer is None or self.connection is None or self.price is None:
            return None
        return Plan(
            self.spec, plan.model_of(self.spec), self.offer, self.connection, self.price, self.pictures, self.route
        )


def check(*, org: Organization, member: Membership, values: PromptForm, models: Catalogue) -> Verdict:
    pictures, missing = _look_up(values, member)
    offer = offers.read(org)
    spec, faults = _read(values, member, models)
    faults += missing
    connection = _connection(offer, values.route, faults)
    if spec is None or connection is None:
        faults += mask_fit.mask_faults(pictures.mask, pictures.references)
        return Verdict(pictures, faults, offer=offer, connection=connection)
    outage = circuit.find(connection, maker_id=member.user_id)
    model = models.model(spec.model)
    faults += plan.faults_of(spec, model, connection, pictures)
    price = _price(spec, model, connection, pictures, offer, faults=faults)
    limits = remaining.read(member)
    money_left, pictures_left = _budgets(limits, connection) if price else (None, None)
    lacking = _lacking(money_left, pictures_left, price) if price else []
    faults += [Fault("", NO_ROOM, sentence) for _, sentence in lacking]
    return Verdict(
        pictures,
        faults,
        spec,
        price,
        offer,
        connection,
        values.route,
        money_left,
        lacking,
        durations.of_last(org),
        outage,
        limits,
    )


def plan_at_once(*, org: Organization, member: Membership, values: PromptForm) -> Plan | None:
    """Plan what is in the bar, with what this process remembers of prices and connections: nothing is read if the
    bar names no rows. Return None if it cannot run; `check` then finds all reasons."""
    pictures, missing = _look_up(values, member)
    spec, faults = _read(values, member, image_models.at(timezone.now(), org=org))
    if spec is None or faults or missing:
        return None
    try:
        return plan.make(org=org, spec=spec, pictures=pictures, route=values.route)
    except (SpecRefused, Refused):
        return None


def _look_up(values: PromptForm, member: Membership) -> tuple[Pictures, list[Fault]]:
    """Return the pictures that the values name and that this member may use, and a fault if any are missing."""
    codes = [code for code in (*values.reference, values.mask) if _is_code(code)]
    known: dict[str, Input] = {}
    if codes:
        known = {str(one.code): one for one in uploads.visible_to(member).filter(code__in=codes)}
    references = [known[code] for code in values.reference if code in known]
    mask = known.get(values.mask)
    if len(references) == len(values.reference) and (mask is not None or not values.mask):
        return Pictures(references, mask), []
    sentence = "A picture that you added is no longer available. Add it again."
    return Pictures(references, mask), [Fault("reference", "gone", sentence)]


def _read(values: PromptForm, by: Membership, models: Catalogue) -> tuple[Spec | None, list[Fault]]:
    """Return the spec and its faults. If only the prompt is at fault, return a spec with a placeholder, so that the
    price is known before the prompt is written."""
    try:
        return styled_spec.read_spec(values.asked(), styles=values.style, by=by, models=models, from_form=True), []
    except SpecRefused as refusal:
        if values.style or {error.field for error in refusal.errors} != {"prompt"}:
            return None, refusal.errors
        return specs.read_spec({**values.asked(), "prompt": UNWRITTEN}, models=models, from_form=True), refusal.errors


def _connection(offer: Offer, route: Route, faults: list[Fault]) -> ProviderConnection | None:
    try:
        return plan.connection_for(offer, route)
    except SpecRefused as refusal:
        faults += refusal.errors
    except Refused as refusal:
        faults.append(Fault("", "no_connection", refusal.sentence))
    return None


def _price(
    spec: Spec,
    model: ImageModel,
    connection: ProviderConnection,
    pictures: Pictures,
    offer: Offer,
    *,
    faults: list[Fault],
) -> Estimate | None:
    try:
        return plan.price_of(spec, model, connection, pictures, offer)
    except Refused as refusal:
        faults.append(Fault("model", "unpriced", refusal.sentence))
        return None


def _budgets(limits: LimitsNow, connection: ProviderConnection) -> tuple[Budget | None, Budget | None]:
    """Return the limits that end first: of money, and of the number of pictures."""
    of_money, of_pictures = (
        limits.tightest(is_play=is_play(connection), is_lent=connection.traits.is_lent, unit=unit)
        for unit in (Unit.MONEY, Unit.IMAGES)
    )
    return of_money, of_pictures


def _lacking(money_left: Budget | None, pictures_left: Budget | None, price: Estimate) -> list[tuple[Budget, str]]:
    """Return those of the limits that have no room for this, each with a sentence."""
    found = list[tuple[Budget, str]]()
    if money_left and price.high > money_left.left:
        has, needs = money.show(money_left.left), money.show(price.high)
        found.append((money_left, f"{money_left.name} has {has} left, and this needs up to {needs}."))
    if pictures_left and price.images > pictures_left.left:
        left = "1 picture" if pictures_left.left == 1 else f"{pictures_left.left:,} pictures"
        found.append((pictures_left, f"{pictures_left.name} has {left} left, and this needs {price.images}."))
    return found


def _is_code(text: str) -> bool:
    return len(text) <= LONGEST_CODE and code_or_none(text) is not None
