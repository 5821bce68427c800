"""Read what the composer of a thread's page asks, and say what the next turn would cost before it is sent."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from django.utils import timezone

from accounts.errors import Refused
from accounts.models import Membership
from billing.prices import Estimate, is_play
from studio.catalogue import image_models
from studio.catalogue.fields import Fault, SpecRefused
from studio.catalogue.specs import Spec
from studio.models import ImageModel, Input, Turn
from studio.money.offers import Route
from studio.runs import plan
from studio.runs.plan import Pictures, Plan
from studio.styles import styled_spec
from studio.threads import defaults
from studio.threads.base import Base, ParentRefused
from studio.threads.words import Branch

SETTINGS = ("model", "size", "quality", "n", "keep_rest", "feather")
USUAL_QUALITY = "medium"
LONGEST_WORD, LONGEST_TEXT = 100, 40_000
PARTIALS = 2
UNWRITTEN = "…"


@dataclass(frozen=True, slots=True)
class Asked:
    """What the composer holds: words, settings, and which of the parent's pictures it starts from."""

    say: str
    settings: Mapping[str, str]
    references: Sequence[Input] = ()
    has_mask: bool = False
    styles: Sequence[str] = ()
    branch: Branch | None = None
    collapses: Turn | None = None  # the turn whose wishes it has in one

    @property
    def words(self) -> str:
        """Return what is said to the model, without the turn that it goes back to."""
        return self.branch.words if self.branch else self.say

    def spec(self, base: Base, by: Membership, *, prompt: str | None = None) -> Spec:
        """Check the request. Raise SpecRefused."""
        models = image_models.at(timezone.now(), org=by.org)
        given = {name: value for name, value in self.settings.items() if value}
        taken = {"quality": USUAL_QUALITY, **defaults.settings_for(base, models, model=given.get("model", ""))}
        model = defaults.model_for(base, models, asked=given.get("model", ""))
        if taken["quality"] not in model.qualities:
            del taken["quality"]
        partials = min(PARTIALS, model.partial_images_max) if model.can_stream else 0
        count = len(self.references) + (not base.is_fresh)
        said = {**taken, **given, "partial_images": partials, "references": count}
        if not self.has_mask:
            said = {name: value for name, value in said.items() if name not in {"keep_rest", "feather"}}
        said |= {"mask": self.has_mask, "prompt": self.words if prompt is None else prompt}
        return styled_spec.read_spec(said, styles=self.styles, by=by, models=models, from_form=True)


@dataclass(frozen=True, slots=True)
class Quote:
    """What the composer's button shows: the price, every reason why it cannot be pressed, and what is taken over."""

    base: Base | None
    asked: Asked
    model: ImageModel
    price: Estimate | None = None
    spec: Spec | None = None
    is_play: bool = False
    faults: Sequence[Fault] = field(default_factory=list)

    @property
    def can_run(self) -> bool:
        return self.price is not None and not self.faults

    @property
    def resized_from(self) -> str:
        """Return the size of the picture, where the model cannot make it and no other was chosen."""
        if self.base is None or self.base.size is None or self.spec is None or self.asked.settings.get("size"):
            return ""
        return defaults.resized_from(self.base.size, {"size": self.spec.size})


def quote(by: Membership, base: Base | ParentRefused, asked: Asked) -> Quote:
    """Judge what the composer holds."""
    models = image_models.at(timezone.now(), org=by.org)
    if isinstance(base, ParentRefused):
        return Quote(None, asked, models.default, faults=[Fault("parent", base.code, base.sentence)])
    model, faults = defaults.model_for(base, models, asked=asked.settings.get("model", "")), list[Fault]()
    try:
        spec = asked.spec(base, by)
    except SpecRefused as refusal:
        faults = [_said(one) for one in refusal.errors]
        if {one.field for one in refusal.errors} != {"prompt"}:
            return Quote(base, asked, model, faults=faults)
        spec = asked.spec(base, by, prompt=UNWRITTEN)
    try:
        planned = plan_of(by, base, asked, spec)
    except SpecRefused as refusal:
        return Quote(base, asked, model, spec=spec, faults=[*faults, *refusal.errors])
    except Refused as refusal:
        return Quote(base, asked, model, spec=spec, faults=[*faults, Fault("", "refused", refusal.sentence)])
    play = is_play(planned.connection)
    return Quote(base, asked, model, planned.price, spec, play, faults)


def plan_of(by: Membership, base: Base, asked: Asked, spec: Spec, pictures: Pictures | None = None) -> Plan:
    """Plan a turn. Without its pictures, plan with their sizes, which are enough for a price."""
    if pictures is None:
        first = [Input(width=base.size[0], height=base.size[1])] if base.size else []
        pictures = Pictures([*first, *asked.references])
    route = Route.of(project=base.run.project) if base.run else Route()
    return plan.make(org=by.org, spec=spec, pictures=pictures, route=route)


def _said(fault: Fault) -> Fault:
    if fault.field == "prompt" and fault.code == "required":
        return Fault("say", "required", "Say what should change.")
    return fault
