"""Make, change, pause and end events. For admins, whose runs an event's captures are."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from uuid import UUID

from django.contrib.auth.hashers import check_password, make_password
from django.utils import timezone

from accounts import audit
from accounts.errors import NotAllowed, Refused
from accounts.limits import budgets
from accounts.models import Membership
from saas.storage.redis_cache import counters
from saas.text import money
from studio.booth import branding, doors
from studio.gallery.organize import named
from studio.models import Consent, Event, Input, Moderation
from studio.styles import shelf

MOST_OPEN = 50  # events of an organization that have not ended
PIN_DIGITS = 4, 12
MOST_STYLES = 12
TRIES, TRIES_SECONDS = 10, 900


class WrongPin(Refused):
    def __init__(self) -> None:
        super().__init__("That PIN is wrong.")


class TooManyTries(Refused):
    def __init__(self) -> None:
        super().__init__("Too many wrong PINs. Try again in 15 minutes.")


@dataclass(frozen=True, slots=True)
class Settings:
    """What an event is like, but for its styles, budget, consent and pictures."""

    name: str
    starts_at: datetime
    ends_at: datetime
    size: str
    quality: str
    saving_quality: str = ""
    captures_per_guest: int = 3
    photo_days: int = 0
    result_days: int = 30
    language: str = "en"
    asks_age: bool = True
    moderation: str = Moderation.WALL
    colour: str = ""
    background: str = ""
    attract: str = ""


def make(
    *,
    by: Membership,
    settings: Settings,
    styles: Sequence[UUID],
    budget_micros: int,
    consent: str,
    pin: str,
    logo: Input | None = None,
    overlay: Input | None = None,
) -> Event:
    """Create an event with its budget, its first consent text and the link of its kiosk."""
    _check_may(by)
    if by.org.events.not_ended().count() >= MOST_OPEN:
        raise Refused(f"There are already {MOST_OPEN} events that have not ended. End some first.")
    _check(by, settings, styles)
    if overlay is not None:
        branding.check(overlay, settings.size)
    event = Event.objects.create(
        org=by.org,
        maker=by.user,
        **{**asdict(settings), "name": named(settings.name, "the event")},
        styles=list(styles),
        budget=budgets.make(org=by.org, name=settings.name, micros=budget_micros),
        pin=_hashed(pin),
        logo=logo,
        overlay=overlay,
        **doors.new_token(doors.KIOSK),
    )
    say_consent(event, settings.language, consent)
    audit.record(org=by.org, by=by.user, action="event.made", target=event.name)
    return event


def say_consent(event: Event, language: str, text: str) -> Consent:
    """Write the next version of the text that guests agree to, unless it is the same."""
    text = text.strip()
    if not text:
        raise Refused("Write what guests agree to before the camera opens.")
    newest = consent_of(event, language)
    if newest is not None and newest.text == text:
        return newest
    version = newest.version + 1 if newest else 1
    return Consent.objects.create(org_id=event.org_id, event=event, language=language, version=version, text=text)


def consent_of(event: Event, language: str) -> Consent | None:
    return Consent.objects.filter(event=event, language=language).order_by("-version").first()


def end(*, by: Membership, event: Event) -> None:
    """End the event for good. What is being made is finished, and guests keep their pages until the retention ends."""
    _check_may(by)
    if Event.objects.filter(pk=event.pk, ended_at=None).update(ended_at=timezone.now()):
        audit.record(org=by.org, by=by.user, action="event.ended", target=event.name)


def replace_link(*, by: Membership, event: Event) -> None:
    """Give the kiosk another link. The one before opens nothing any more."""
    _check_may(by)
    Event.objects.filter(pk=event.pk).update(**doors.new_token(doors.KIOSK))
    audit.record(org=by.org, by=by.user, action="event.link_replaced", target=event.name)


def check_pin(event: Event, pin: str) -> None:
    """Raise WrongPin, or TooManyTries. Each try is counted before the check, so that concurrent tries cannot exceed the
    limit."""
    name = f"event-pin:{event.code}"
    if counters.count(name, TRIES_SECONDS) > TRIES:
        raise TooManyTries
    if not check_password(pin[: PIN_DIGITS[1]], event.pin):
        raise WrongPin
    counters.delete(name)


def pause(*, by: Membership, event: Event) -> None:
    """Take no more captures for now. What is being made goes on."""
    if Event.objects.filter(pk=event.pk, paused_at=None).update(paused_at=timezone.now()):
        audit.record(org=by.org, by=by.user, action="event.paused", target=event.name)


def resume(*, by: Membership, event: Event) -> None:
    if Event.objects.filter(pk=event.pk, paused_at__isnull=False).update(paused_at=None):
        audit.record(org=by.org, by=by.user, action="event.resumed", target=event.name)


def set_budget(*, by: Membership, event: Event, micros: int) -> None:
    """Set the budget. One below what is spent and held stops new captures and nothing else."""
    _check_may(by)
    before = event.budget.micros
    budgets.change(event.budget, micros=micros)
    details = {"budget": f"${money.exact(before)} → ${money.exact(micros)}"}
    audit.record(org=by.org, by=by.user, action="event.budget_set", target=event.name, details=details)


def change(*, by: Membership, event: Event, settings: Settings, styles: Sequence[UUID], consent: str) -> Event:
    """Change what an event is like. What was captured before keeps the consent that its guest saw."""
    _check_may(by)
    _check(by, settings, styles)
    values = {**asdict(settings), "name": named(settings.name, "the event"), "styles": list(styles)}
    for name, value in values.items():
        setattr(event, name, value)
    event.save(update_fields=list(values))
    say_consent(event, settings.language, consent)
    audit.record(org=by.org, by=by.user, action="event.changed", target=event.name)
    return event


def _check_may(by: Membership) -> None:
    if not by.is_admin:
        raise NotAllowed("Only an admin can run events.")


def _check(by: Membership, settings: Settings, styles: Sequence[UUID]) -> None:
    if settings.ends_at <= settings.starts_at:
        raise Refused("The event must end after it starts.")
    usable = {version.style.code for version in shelf.usable_by(by)}
    if not styles or not set(styles) <= usable:
        raise Refused("Choose at least one style that is in use.")
    if len(styles) > MOST_STYLES:
        raise Refused(f"An event offers at most {MOST_STYLES} styles.")


def _hashed(pin: str) -> str:
    if not pin.isdecimal() or not pin.isascii() or not PIN_DIGITS[0] <= len(pin) <= PIN_DIGITS[1]:
        raise Refused(f"The PIN needs {PIN_DIGITS[0]} to {PIN_DIGITS[1]} digits.")
    return make_password(pin)
