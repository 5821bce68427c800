"""Let a person ask an admin for more after a limit refused a run, and start the run when it is granted. The refused run
is remembered for an hour, stored with the request, and submitted once an admin grants it."""

import json
from datetime import date

from django.utils import timezone

from accounts.errors import Refused
from accounts.limits import alerts, requests
from accounts.limits.counters import Place
from accounts.limits.refusals import LimitReached
from accounts.models import Ask, Membership, Subject, Unit
from saas.crypto import sealing
from saas.storage.redis_cache import counters
from studio.catalogue import image_models
from studio.models import Run, Visibility
from studio.prompt import verdicts
from studio.prompt.prompt_form import PromptForm
from studio.runs import submit_run

KEPT_SECONDS = 3600


def remember(by: Membership, refusal: LimitReached, values: PromptForm) -> None:
    """Remember the refused run for an hour, or until the same person asks or is refused again. It is sealed, because it
    contains a prompt. A refusal by the lent key's limit is not kept: no admin of the organization can raise it."""
    if refusal.place is None or refusal.unit is None:
        return
    alerts.note_refusal(by.org, refusal.place, refusal.unit, refusal.allowed, is_play=refusal.is_play)
    if refusal.place.subject == Subject.LOAN:
        return  # the operator's limit: no admin can raise it
    refused = {
        "values": values.to_json(),
        "code": refusal.code,
        "sentence": refusal.sentence,
        "place": [*refusal.place[:3], refusal.place.starts_on.isoformat()],
        "unit": refusal.unit.value,
        "needed": refusal.needed,
        "is_play": refusal.is_play,
    }
    counters.set(_key(by), sealing.seal(json.dumps(refused), context=_key(by)), KEPT_SECONDS)


def remembered(by: Membership) -> tuple[LimitReached, PromptForm] | None:
    try:
        sealed = sealing.unseal(counters.get(_key(by), ""), context=_key(by))
    except sealing.CannotUnseal:  # no run was refused, or the hour is over
        return None
    found = json.loads(sealed.reveal())
    subject, subject_id, period, starts_on = found["place"]
    refusal = LimitReached(
        found["code"],
        found["sentence"],
        place=Place(subject, subject_id, period, date.fromisoformat(starts_on)),
        unit=Unit(found["unit"]),
        needed=found["needed"],
        is_play=found["is_play"],
    )
    return refusal, PromptForm.stored(found["values"])


def ask(*, by: Membership, reason: str) -> Ask:
    found = remembered(by)
    if found is None:
        raise Refused("There is nothing that was refused. Generate it first.")
    refusal, values = found
    made = requests.ask(org=by.org, by=by, refusal=refusal, reason=reason, wish=values.to_json())
    counters.delete(_key(by))
    return made


def _key(by: Membership) -> str:
    return f"refused:{by.org_id}:{by.user_id}"


def grant(*, ask: Ask, by: Membership, is_lasting: bool) -> Run | None:
    """Grant the request and submit its run. Return the run, or None if something else now prevents it."""
    requests.grant(ask=ask, by=by, is_lasting=is_lasting)
    asker = ask.org.memberships.filter(user=ask.user_id).select_related("user", "org").first()
    if asker is None:
        return None
    try:
        return _start(ask, asker, PromptForm.stored(ask.wish))
    except Refused:
        return None


def _start(ask: Ask, asker: Membership, values: PromptForm) -> Run | None:
    verdict = verdicts.check(
        org=ask.org, member=asker, values=values, models=image_models.at(timezone.now(), org=ask.org)
    )
    if verdict.plan is None:
        return None
    return submit_run.submit(
        by=asker,
        plan=verdict.plan,
        visibility=Visibility(values.visibility),
        project=values.project.strip(),
        request_key=f"ask-{ask.code.hex}",  # so that it starts only once, even after several clicks
        request_hash=ask.code.hex,
    )
