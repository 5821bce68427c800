"""Word the tile of a slot without a picture: what happened, whether it cost anything, and the one thing to do."""

from dataclasses import dataclass

from django.utils import timezone

from studio.catalogue import image_models
from studio.catalogue.specs import AUTO
from studio.models import Charged, Run, Slot, State
from studio.providers.refusals import Refusal

# Trying these again cannot succeed before an admin has done something.
FOR_ADMINS = {
    "invalid_key",
    "not_verified",
    "out_of_money",
    "no_connection",
    "no_key",
    "not_allowed",
}
COMES_BY_ITSELF = {"put_aside"}
LESS_STRICT = "low"
LOOSENED = "Fills the prompt bar with the same request and the moderation “Less strict”"
RECALL = ("recall", "Change the prompt", "")
COSTS = {
    Charged.NO: "It cost nothing.",
    Charged.YES: "It was charged.",
    Charged.PERHAPS: "It may have been charged.",
}


@dataclass(frozen=True, slots=True)
class End:
    look: str  # the tile's class
    title: str
    icon: str
    cost: str
    act: str = ""  # recall · loosen · retry · connections
    button: str = ""
    tip: str = ""


def end_of(slot: Slot, run: Run) -> End:
    cost = COSTS[Charged(slot.charged)]
    if "charged" in slot.error_sentence:
        cost = ""  # the sentence says so itself
    act, button, tip = _act(slot, run)
    return End(cost=cost, act=act, button=button, tip=tip, **_words(slot))


def _words(slot: Slot) -> dict[str, str]:
    match State(slot.state):
        case State.ANSWERED:
            return {"look": "answered", "title": "Answered in words", "icon": "info"}
        case State.REFUSED:
            return {"look": "refused", "title": "Refused", "icon": "shield"}
        case State.CANCELLED:
            return {"look": "cancelled", "title": "Stopped", "icon": "stop"}
        case State.UNKNOWN:
            return {"look": "unknown", "title": "Not known", "icon": "question"}
        case _ if slot.charged == Charged.NO:
            return {"look": "failed", "title": "Failed, not charged", "icon": "error"}
        case _:
            return {"look": "charged", "title": "Failed, and charged", "icon": "coin"}


def _may_loosen(slot: Slot, run: Run) -> bool:
    """Return whether the safety system could be asked to be less strict, and that could help."""
    try:
        model = image_models.at(timezone.now()).model(run.model)
    except image_models.UnknownModel:
        return False
    is_usual = run.asked.get("moderation", AUTO) == AUTO
    return is_usual and LESS_STRICT in model.moderations and Refusal.noted(slot.used).may_pass_if_looser


def _act(slot: Slot, run: Run) -> tuple[str, str, str]:
    if slot.error_code in COMES_BY_ITSELF:
        return "", "", ""
    if slot.state == State.ANSWERED:
        return "recall", "Say it again", ""
    if slot.error_code in FOR_ADMINS:
        return "connections", "Open connections", ""
    if slot.state == State.REFUSED and not any(other.state == State.SUCCEEDED for other in run.slots.all()):
        # If a sibling succeeded, the prompt is not the reason.
        return ("loosen", "Try again, less strict", LOOSENED) if _may_loosen(slot, run) else RECALL
    if slot.charged == Charged.NO:
        return "retry", "Try again", ""
    return "retry", "Try again", "This one may be charged a second time"
