"""Half, four fifths and all of a limit are told once each: to the admins, and to the person whose limit it is."""

from collections.abc import Iterable
from datetime import date

from django.conf import settings
from django.db.models import Q
from django.template.loader import render_to_string

from accounts import deliveries
from accounts.counters import Amount, Found, Place
from accounts.models import LimitAlert, Organization, Period, Role, Subject, Unit, WebhookEvent
from accounts.periods import resets_at, zone
from saas import mail, money

ALL = 100
PERCENTS = (50, 80, ALL)
MOST_ADMINS = 20


def note_spending(org_id: int, found: Iterable[Found], spent: Amount, *, is_play: bool) -> None:
    """`found` are the counters after `spent` was added to them."""
    for counter in found:
        for unit, allowed, now, grew in (
            (Unit.MONEY, counter.allowed_micros, counter.spent_micros, spent.micros),
            (Unit.IMAGES, counter.allowed_images, counter.spent_images, spent.images),
        ):
            crossed = [p for p in PERCENTS if allowed and (now - grew) * 100 < allowed * p <= now * 100]
            if crossed:
                _tell(org_id, counter.place, unit, max(crossed), allowed or 0, is_play=is_play)


def note_refusal(org: Organization, place: Place, unit: Unit, allowed: int, *, is_play: bool) -> None:
    """Nothing fits any more, which is all of it, whatever a few cents say."""
    _tell(org.pk, place, unit, 100, allowed, is_play=is_play)


def newest(org: Organization, subject: Subject, subject_id: int, since: Iterable[date]) -> LimitAlert | None:
    """The gravest of these days and months, for the page."""
    of_subject = org.limit_alerts.filter(subject=subject, subject_id=subject_id, starts_on__in=list(since))
    return of_subject.order_by("-percent", "-pk").first()


def _tell(org_id: int, place: Place, unit: Unit, percent: int, allowed: int, *, is_play: bool) -> None:
    _, is_new = LimitAlert.objects.get_or_create(
        org_id=org_id, **place._asdict(), is_play=is_play, unit=unit, percent=percent
    )
    if is_new and not is_play:
        _send(Organization.objects.get(pk=org_id), place, unit, percent, allowed)


def _send(org: Organization, place: Place, unit: Unit, percent: int, allowed: int) -> None:
    concerned = Q(role__in=[Role.ADMIN, Role.OWNER])
    if place.subject == Subject.MEMBER:
        concerned |= Q(user=place.subject_id)
    people = list(org.memberships.filter(concerned).select_related("user").order_by("pk")[:MOST_ADMINS])
    whose = _name(org, place)
    word = "daily" if place.period == Period.DAY else "monthly"
    amount = money.show(allowed) if unit == Unit.MONEY else f"{allowed:,} pictures"
    moment = resets_at(org, Period(place.period), place.starts_on).astimezone(zone(org))
    context = {
        "whose": whose,
        "word": word,
        "amount": amount,
        "percent": percent,
        "organization": org.name,
        "resets": f"{moment:%-d %B %Y at %H:%M} ({org.time_zone})",
        "link": f"{settings.PUBLIC_URL}/o/{org.slug}/limits/",
    }
    subject = f"{org.name}: {percent} % of the {word} limit of {whose}"
    if percent == ALL:
        told = {"limit": f"{place.subject}_{unit}_{place.period}", "whose": whose, "resets_at": moment.isoformat()}
        deliveries.announce(org.pk, WebhookEvent.LIMIT_REACHED, told)
    for member in people:
        body = render_to_string("accounts/mail/limit_alert.txt", {**context, "is_admin": member.is_admin})
        mail.send(subject=subject, body=body, to=[member.user.email])


def _name(org: Organization, place: Place) -> str:
    if place.subject == Subject.MEMBER:
        member = org.memberships.filter(user=place.subject_id).select_related("user").first()
        return member.user.display_name if member else "a former member"
    if place.subject == Subject.KEY:
        key = org.api_keys.filter(pk=place.subject_id).first()
        return f"the API key {key.name}" if key else "an API key"
    return "the lent key" if place.subject == Subject.LOAN else org.name
