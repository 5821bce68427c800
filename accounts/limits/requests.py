"""Handle “Ask for more”: a person whom a limit stopped asks the admins, who answer with one click."""

from typing import Any

from django.conf import settings
from django.template.loader import render_to_string

from accounts import audit, mail_outbox
from accounts.errors import NotAllowed, Refused
from accounts.limits import rules
from accounts.limits.counters import Place
from accounts.limits.periods import today
from accounts.limits.refusals import LimitReached
from accounts.models import Ask, AskState, Counter, Membership, Organization, Period, Quota, Role, Subject, Unit
from accounts.models.limits_and_holds import CEILINGS, LIMITS
from saas.text import money

MOST_OPEN = 5  # open requests of one person


def ask(*, org: Organization, by: Membership, refusal: LimitReached, reason: str, wish: dict[str, Any]) -> Ask:
    if refusal.place is None or refusal.unit is None:
        raise Refused("A higher limit would not help here. Ask an admin to change what your limits allow.")
    if refusal.place.subject == Subject.LOAN:
        raise Refused("Only the operator of this Darkroom can raise the limit of their key.")
    if org.asks.filter(user=by.user_id, state=AskState.OPEN).count() >= MOST_OPEN:
        raise Refused(f"You already have {MOST_OPEN} open requests. Wait until an admin has answered one.")
    made = Ask.objects.create(
        org=org,
        user=by.user,
        subject=refusal.place.subject,
        subject_id=refusal.place.subject_id,
        period=refusal.place.period,
        unit=refusal.unit,
        is_play=refusal.is_play,
        needed=refusal.needed,
        sentence=refusal.sentence[:400],
        reason=reason[:400],
        wish=wish,
    )
    audit.record(org=org, by=by.user, action="limits.asked", target=amount_of(made), details={"reason": reason})
    _tell_admins(made, by)
    return made


def grant(*, ask: Ask, by: Membership, is_lasting: bool) -> None:
    """Raise the limit by exactly what is missing: for the rest of its day or month, or from now on."""
    org = ask.org.locked()
    _begin(ask, by, AskState.GRANTED, is_lasting=is_lasting)
    counter = _counter(org, ask)
    unit = Unit(ask.unit)
    allowed = counter.allowed(unit)
    missing = 0 if allowed is None else max(0, counter.spent(unit) + counter.held(unit) + ask.needed - allowed)
    if missing and is_lasting:
        _raise_lastingly(org, by, ask, missing)
    elif missing:
        field = "granted_micros" if unit == Unit.MONEY else "granted_images"
        Counter.objects.filter(pk=counter.pk).update(**{field: getattr(counter, field) + missing})
    rules.refresh(org)
    audit.record(
        org=org,
        by=by.user,
        action="limits.granted",
        target=ask.user.email,
        details={"more": _show_amount(unit, missing), "how": "from now on" if is_lasting else "once"},
    )
    _tell_asker(ask, by, is_granted=True)


def decline(*, ask: Ask, by: Membership) -> None:
    ask.org.locked()  # lock the organization before the request, in the same order as `grant`
    _begin(ask, by, AskState.DECLINED, is_lasting=False)
    audit.record(org=ask.org, by=by.user, action="limits.declined", target=ask.user.email)
    _tell_asker(ask, by, is_granted=False)


def amount_of(ask: Ask) -> str:
    return _show_amount(Unit(ask.unit), ask.needed)


def _begin(ask: Ask, by: Membership, state: AskState, *, is_lasting: bool) -> None:
    if not Membership.objects.filter(pk=by.pk, role__in=[Role.ADMIN, Role.OWNER]).exists():
        raise NotAllowed("Only an admin can answer this.")
    if not ask.decide(state, by_id=by.user_id, is_lasting=is_lasting):
        raise Refused("This request has already been answered.")


def _counter(org: Organization, ask: Ask) -> Counter:
    """Return the counter of the present day or month, and make it if it is missing."""
    place = Place(ask.subject, ask.subject_id, ask.period, today(org).start(Period(ask.period)))
    rules.make_counters(org, [place], {}, is_play=ask.is_play)
    rules.refresh(org)
    return Counter.objects.get(org=org, **place._asdict(), is_play=ask.is_play)


def _raise_lastingly(org: Organization, by: Membership, ask: Ask, missing: int) -> None:
    """Raise the limit from now on. A person with the limits of their role gets a quota of their own, with all other
    limits copied."""
    field = f"{ask.unit}_{ask.period}"
    named: dict[str, Any] = {"subject": ask.subject}
    if ask.subject == Subject.MEMBER:
        named["user_id"] = ask.subject_id
    if ask.subject == Subject.KEY:
        named["api_key_id"] = ask.subject_id
    own = Quota.objects.filter(org=org, **named).select_related("user", "api_key").first()
    if own is None:
        role = org.memberships.filter(user=ask.subject_id).values_list("role", flat=True).first()
        pattern = Quota.objects.filter(org=org, subject=Subject.ROLE, role=role or "").first()
        values = {name: getattr(pattern, name) for name in (*LIMITS, *CEILINGS)} if pattern else {}
        own = Quota(org=org, **named)
    else:
        values = {field: getattr(own, field)}
    if values.get(field) is not None:
        rules.change(org=org, by=by, quota=own, values={**values, field: values[field] + missing})


def _tell_admins(ask: Ask, by: Membership) -> None:
    context = {
        "name": by.user.display_name,
        "organization": ask.org.name,
        "sentence": ask.sentence,
        "reason": ask.reason,
        "amount": amount_of(ask),
        "link": f"{settings.PUBLIC_URL}/o/{ask.org.slug}/limits/#asks",
    }
    body = render_to_string("accounts/mail/ask.txt", context)
    admins = ask.org.memberships.filter(role__in=[Role.ADMIN, Role.OWNER]).select_related("user").order_by("pk")
    for admin in admins[:20]:
        mail_outbox.send(subject=f"{by.user.display_name} asks for {amount_of(ask)}", body=body, to=[admin.user.email])


def _tell_asker(ask: Ask, by: Membership, *, is_granted: bool) -> None:
    context = {
        "name": by.user.display_name,
        "organization": ask.org.name,
        "amount": amount_of(ask),
        "is_granted": is_granted,
        "link": f"{settings.PUBLIC_URL}/o/{ask.org.slug}/",
    }
    body = render_to_string("accounts/mail/answer.txt", context)
    word = "granted" if is_granted else "declined"
    mail_outbox.send(subject=f"{ask.org.name}: {amount_of(ask)} {word}", body=body, to=[ask.user.email])


def _show_amount(unit: Unit, amount: int) -> str:
    if unit == Unit.MONEY:
        return money.show(amount)
    return "1 picture" if amount == 1 else f"{amount:,} pictures"
