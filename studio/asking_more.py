"""A run that a limit refused, from the question to its start: what was refused is remembered for the person who may ask
for more, goes along with the question, and starts by itself once it is granted."""

from datetime import date

from django.contrib.sessions.backends.base import SessionBase
from django.utils import timezone

from accounts import alerts, asks
from accounts.counters import Place
from accounts.errors import Refused
from accounts.models import Ask, Membership, Organization, Subject, Unit
from accounts.refusals import LimitReached
from studio import catalogue, runs, verdicts
from studio.models import Run, Visibility
from studio.prompting import Values

SESSION_KEY = "refused"


def remember(session: SessionBase, org: Organization, refusal: LimitReached, values: Values) -> None:
    """Until the same person asks, or is refused again."""
    if refusal.place is None or refusal.unit is None:
        return
    alerts.note_refusal(org, refusal.place, refusal.unit, refusal.allowed, is_play=refusal.is_play)
    if refusal.place.subject == Subject.LOAN:
        return  # no admin could answer
    session[SESSION_KEY] = {
        "org": org.pk,
        "values": values.to_json(),
        "code": refusal.code,
        "sentence": refusal.sentence,
        "place": [*refusal.place[:3], refusal.place.starts_on.isoformat()],
        "unit": refusal.unit.value,
        "needed": refusal.needed,
        "is_play": refusal.is_play,
    }


def remembered(session: SessionBase, org: Organization) -> tuple[LimitReached, Values] | None:
    found = session.get(SESSION_KEY)
    if not found or found["org"] != org.pk:
        return None
    subject, subject_id, period, starts_on = found["place"]
    refusal = LimitReached(
        found["code"],
        found["sentence"],
        place=Place(subject, subject_id, period, date.fromisoformat(starts_on)),
        unit=Unit(found["unit"]),
        needed=found["needed"],
        is_play=found["is_play"],
    )
    return refusal, Values.stored(found["values"])


def ask(*, org: Organization, by: Membership, session: SessionBase, reason: str) -> Ask:
    found = remembered(session, org)
    if found is None:
        raise Refused("There is nothing that was refused. Generate it first.")
    refusal, values = found
    made = asks.ask(org=org, by=by, refusal=refusal, reason=reason, wish=values.to_json())
    session.pop(SESSION_KEY)
    return made


def grant(*, ask: Ask, by: Membership, is_lasting: bool) -> Run | None:
    """Answers the run that has started, or None where something else is in its way by now."""
    asks.grant(ask=ask, by=by, is_lasting=is_lasting)
    asker = ask.org.memberships.filter(user=ask.user_id).select_related("user", "org").first()
    if asker is None:
        return None
    try:
        return _start(ask, asker, Values.stored(ask.wish))
    except Refused:
        return None


def _start(ask: Ask, asker: Membership, values: Values) -> Run | None:
    verdict = verdicts.weigh(org=ask.org, member=asker, values=values, models=catalogue.at(timezone.now()))
    if verdict.spec is None or not verdict.can_run:
        return None
    return runs.submit(
        org=ask.org,
        by=asker,
        spec=verdict.spec,
        references=verdict.given.references,
        mask=verdict.given.mask,
        visibility=Visibility(values.visibility),
        project=values.project.strip(),
        request_key=f"ask-{ask.code.hex}",  # so that it starts once, however often somebody clicks
        request_hash=ask.code.hex,
    )
