"""Send alerts when 50, 80 and 100 % of a limit are used, or a threshold that an admin named is reached: each once in a
day or month, to the admins and to the person who spends."""

from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.db.models import BooleanField, Exists, ExpressionWrapper, OuterRef, Q, QuerySet, Value
from django.db.models.lookups import Exact
from django.template.loader import render_to_string

from accounts import mail_outbox
from accounts.limits import thresholds
from accounts.limits.counters import Amount, CounterState, Place
from accounts.limits.periods import resets_at, today, zone
from accounts.models import (
    ApiKey,
    Counter,
    LimitAlert,
    Membership,
    Organization,
    Period,
    Role,
    SeenAlert,
    Subject,
    Unit,
    WebhookEvent,
)
from accounts.webhooks import delivery
from saas.text import money

ALL = 100
PERCENTS = (50, 80, ALL)
MOST_ADMINS = 20


def note_spending(org_id: int, found: Iterable[CounterState], spent: Amount, *, is_play: bool) -> None:
    """Send the alerts that this spending reached. `found` are the counters after `spent` was added to them. A budget
    has none: the page of what it is for shows it."""
    named = thresholds.of_organization(org_id)
    for counter in found:
        if counter.place.subject == Subject.BUDGET:
            continue
        for unit, allowed, now, grew in (
            (Unit.MONEY, counter.allowed_micros, counter.spent_micros, spent.micros),
            (Unit.IMAGES, counter.allowed_images, counter.spent_images, spent.images),
        ):
            for one in named:
                if not thresholds.is_of(one, counter.place, unit):
                    continue
                if one.amount is not None and now - grew < one.amount <= now:
                    _tell(org_id, counter.place, unit, 0, allowed, is_play=is_play, amount=one.amount)
                elif one.percent is not None and _crosses(now, grew, allowed, one.percent):
                    _tell(org_id, counter.place, unit, one.percent, allowed, is_play=is_play, is_named=True)
            crossed = [p for p in PERCENTS if _crosses(now, grew, allowed, p)]
            if crossed:
                _tell(org_id, counter.place, unit, max(crossed), allowed or 0, is_play=is_play)


def note_refusal(org: Organization, place: Place, unit: Unit, allowed: int, *, is_play: bool) -> None:
    """Send the alert for 100 % after a refusal: nothing more fits, even if a few cents are left."""
    _tell(org.pk, place, unit, 100, allowed, is_play=is_play)


def for_page(member: Membership) -> LimitAlert | None:
    """Return the gravest alert of today and this month that concerns this person, is still true, and was not put away
    by them."""
    now = today(member.org)
    current = Q(period=Period.DAY, starts_on=now.day) | Q(period=Period.MONTH, starts_on=now.month)
    still_true = Q(amount__isnull=False) | ~Q(_is_raised())
    found = concerning(member).filter(current).exclude(seen__user=member.user_id).filter(still_true)
    alert = found.order_by("is_play", "-percent", "-amount", "-pk").first()
    if alert is None or (alert.is_play and Counter.objects.filter(org=member.org_id, is_play=False).exists()):
        return None  # alerts on play money are shown only where nothing else was ever spent
    return alert


def shown_to(member: Membership) -> dict[str, Any]:
    """Return the context of templates/accounts/_alert.html, empty if there is no alert."""
    alert = for_page(member)
    if alert is None:
        return {}
    words = sentence(alert, member)
    return {"alert": alert, "sentence": words, "organization": member.org, "is_admin": member.is_admin}


def put_away(*, alert: LimitAlert, by: Membership) -> None:
    """Put an alert away for this person, together with the lesser ones of the same limit."""
    same = {name: getattr(alert, name) for name in (*Place._fields, "is_play", "unit")}
    below = Q(amount__lte=alert.amount) if alert.amount is not None else Q(amount=None, percent__lte=alert.percent)
    lesser = LimitAlert.objects.filter(below, org=by.org_id, **same)
    SeenAlert.objects.bulk_create(
        (SeenAlert(org_id=by.org_id, user=by.user, alert=each) for each in lesser), ignore_conflicts=True
    )


def sentence(alert: LimitAlert, member: Membership) -> str:
    """Say in a sentence for this person what the alert means."""
    org = member.org
    place = _place(alert)
    word = "daily" if place.period == Period.DAY else "monthly"
    is_own = place.subject == Subject.MEMBER
    limit = f"your {word} limit" if is_own else f"the {word} limit of {_name(org, place)}"
    if alert.allowed is not None:
        limit += f" of {_amount(Unit(alert.unit), alert.allowed)}"
    if alert.amount is not None:
        reached = f"{_amount(Unit(alert.unit), alert.amount)} of {'today' if word == 'daily' else 'this month'}"
        return f"{reached} are spent by {'you' if is_own else _name(org, place)}. This stops nothing."
    if alert.percent < ALL:
        return f"{alert.percent} % of {limit} is used."
    moment = resets_at(org, Period(place.period), place.starts_on).astimezone(zone(org))
    return f"Nothing is left of {limit}. It resets on {moment:%-d %B at %H:%M} ({org.time_zone})."


def concerning(member: Membership) -> QuerySet[LimitAlert]:
    """Select the alerts that concern this person: on their own limits and their keys' limits, and on the
    organization's. Admins see all of the organization's, other members only that it is used up."""
    own = Q(subject=Subject.MEMBER, subject_id=member.user_id)
    keys = Q(subject=Subject.KEY, subject_id__in=ApiKey.objects.filter(org=member.org_id, maker=member.user_id))
    everybodys = Q(subject=Subject.ORGANIZATION, percent=ALL)
    if member.is_admin:
        everybodys = Q(subject=Subject.ORGANIZATION) | Q(amount__isnull=False)
    return LimitAlert.objects.filter(own | keys | everybodys, org=member.org_id)


def _is_raised() -> Exists:
    """Return the condition that the alert's counter by now allows more than the alert says."""
    same = {name: OuterRef(name) for name in ("org", *Place._fields, "is_play")}
    of_money = Q(allowed_micros=None) | Q(allowed_micros__gt=OuterRef("allowed"))
    of_images = Q(allowed_images=None) | Q(allowed_images__gt=OuterRef("allowed"))
    unit = ExpressionWrapper(Q(Exact(OuterRef("unit"), Value(Unit.MONEY.value))), output_field=BooleanField())
    counters = Counter.objects.filter(**same).alias(is_money=unit)
    return Exists(counters.filter((Q(is_money=True) & of_money) | (Q(is_money=False) & of_images)))


def _crosses(now: int, grew: int, allowed: int | None, percent: int) -> bool:
    return bool(allowed) and (now - grew) * 100 < (allowed or 0) * percent <= now * 100


def _tell(
    org_id: int,
    place: Place,
    unit: Unit,
    percent: int,
    allowed: int | None,
    *,
    is_play: bool,
    amount: int | None = None,
    is_named: bool = False,
) -> None:
    """Note an alert, and send it the first time. Of play money e-mails are sent for what an admin named, so that it can
    be tried, and for no other."""
    alert, is_new = LimitAlert.objects.get_or_create(
        org_id=org_id,
        **place._asdict(),
        is_play=is_play,
        unit=unit,
        percent=percent,
        amount=amount,
        defaults={"allowed": allowed},
    )
    if is_new and (not is_play or is_named or amount is not None):
        _send(Organization.objects.get(pk=org_id), alert)


def _send(org: Organization, alert: LimitAlert) -> None:
    place, unit, percent = _place(alert), Unit(alert.unit), alert.percent
    concerned = Q(role__in=[Role.ADMIN, Role.OWNER])
    if place.subject == Subject.MEMBER:
        concerned |= Q(user=place.subject_id)
    people = list(org.memberships.filter(concerned).select_related("user").order_by("pk")[:MOST_ADMINS])
    whose = _name(org, place)
    word = "daily" if place.period == Period.DAY else "monthly"
    amount = _amount(unit, alert.allowed or 0)
    moment = resets_at(org, Period(place.period), place.starts_on).astimezone(zone(org))
    context = {
        "whose": whose,
        "word": word,
        "amount": amount,
        "percent": percent,
        "reached": None if alert.amount is None else _amount(unit, alert.amount),
        "span": "today" if place.period == Period.DAY else "this month",
        "is_play": alert.is_play,
        "organization": org.name,
        "resets": f"{moment:%-d %B %Y at %H:%M} ({org.time_zone})",
        "link": f"{settings.PUBLIC_URL}/o/{org.slug}/limits/",
    }
    subject = f"{org.name}: {percent} % of the {word} limit of {whose}"
    if alert.amount is not None:
        subject = f"{org.name}: {context['reached']} {context['span']}, {whose}"
    if alert.is_play:
        subject += " (play money)"
    if percent == ALL and not alert.is_play:
        told = {"limit": f"{place.subject}_{unit}_{place.period}", "whose": whose, "resets_at": moment.isoformat()}
        delivery.announce(org.pk, WebhookEvent.LIMIT_REACHED, told)
    for member in people:
        body = render_to_string("accounts/mail/limit_alert.txt", {**context, "is_admin": member.is_admin})
        mail_outbox.send(subject=subject, body=body, to=[member.user.email])


def _place(alert: LimitAlert) -> Place:
    return Place(*(getattr(alert, name) for name in Place._fields))


def _amount(unit: Unit, allowed: int) -> str:
    if unit == Unit.MONEY:
        return money.show(allowed)
    return "1 picture" if allowed == 1 else f"{allowed:,} pictures"


def _name(org: Organization, place: Place) -> str:
    if place.subject == Subject.MEMBER:
        member = org.memberships.filter(user=place.subject_id).select_related("user").first()
        return member.user.display_name if member else "a former member"
    if place.subject == Subject.KEY:
        key = org.api_keys.filter(pk=place.subject_id).first()
        return f"the API key {key.name}" if key else "an API key"
    return "the lent key" if place.subject == Subject.LOAN else org.name
