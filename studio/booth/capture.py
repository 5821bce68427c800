"""Take a capture: a guest's photo becomes a run through the same verb as every other, paid from the event's budget."""

import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from django.db import IntegrityError
from django.utils import timezone

from accounts.errors import Refused
from accounts.limits import budgets
from accounts.limits.refusals import LimitReached
from accounts.models import Membership, Subject
from billing import prices
from saas.database import tenancy
from saas.text.codes import code_or_none
from studio.booth import doors
from studio.catalogue import image_models
from studio.catalogue.fields import SpecRefused
from studio.imaging.inspection import UploadRefused
from studio.inputs import uploads
from studio.inputs.uploads import Ready
from studio.models import Capture, CaptureTicket, Consent, Event, Moderation, Visibility
from studio.runs import plan, submit_run
from studio.runs.plan import Pictures
from studio.styles import styled_spec
from studio.styles.shelf import MOST_CHOSEN

KEY = re.compile(r"[0-9A-Za-z_-]{8,64}", re.ASCII)
SHORT_CODE_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"  # none that are mistaken for another
SHORT_CODE_LENGTH = 5
MOST_PEOPLE = 50
MOST_TIMES = 4  # that a capture is tried: each time another one took its place or its short code
LATE = timedelta(days=7)  # that a capture may have waited in a kiosk without a network
SAVES_FROM_PERCENT = 80
FORMAT = {"format": "jpeg", "partial_images": 2}

log = structlog.get_logger("darkroom.booth")


class CaptureRefused(Refused):
    """A capture that was not taken. `code` says why for programs; `field` names what the kiosk sent wrong, if that is
    the reason."""

    def __init__(self, code: str, sentence: str, field: str = "") -> None:
        super().__init__(sentence)
        self.code, self.field = code, field


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a kiosk sends with a photo."""

    key: str
    guest: str
    styles: Sequence[str]
    people: int
    consent: str
    is_of_age: bool
    consented_at: datetime | None = None


def take(*, event: Event, wanted: Wanted, name: str, data: bytes) -> Capture:
    """Take a capture, or return the one that this key has taken before. Raise CaptureRefused; then nothing has changed.
    The photo is read before the transaction that keeps it, without a database connection."""
    with tenancy.tenant(event.org_id):
        if (earlier := _earlier(event, wanted.key)) is not None:
            return earlier
        _check(event, wanted)
    try:
        ready = uploads.store_picture(org=event.org, name=name, data=data)
    except UploadRefused as refusal:
        raise CaptureRefused(refusal.code, refusal.sentence, "photo") from None
    is_kept = False
    try:
        capture = _keep(event, wanted, ready)
        is_kept = capture.input is not None and capture.input.code == ready.code
        return capture
    finally:
        if not is_kept:
            uploads.forget(ready)


def _keep(event: Event, wanted: Wanted, ready: Ready) -> Capture:
    """Keep a photo that was read. Another capture of the same moment may have the same key, place or short code: the
    unique index lets one through, and the other has waited for its commit."""
    for _ in range(MOST_TIMES):
        try:
            with tenancy.tenant(event.org_id):
                return _earlier(event, wanted.key) or _make(event, wanted, ready)
        except IntegrityError:
            continue
        except LimitReached as refusal:
            raise _no_money(event, refusal) from None
        except SpecRefused as refusal:
            log.warning("capture refused", of=str(event.code), faults=[one.code for one in refusal.errors])
            raise CaptureRefused("not_possible", "This cannot be made right now. Ask the staff.") from None
        except CaptureRefused:
            raise
        except Refused as refusal:
            log.warning("capture refused", of=str(event.code), reason=refusal.sentence)
            raise CaptureRefused("not_possible", "This cannot be made right now. Ask the staff.") from None
    raise CaptureRefused("busy", "That did not work. Try again.")


def _make(event: Event, wanted: Wanted, ready: Ready) -> Capture:
    event = Event.objects.select_related("org", "budget").get(pk=event.pk)  # it may have ended while we read the photo
    consent = _check(event, wanted)
    by, now = _maker_of(event), timezone.now()
    given = uploads.keep(ready, by=by.user)
    capture = Capture.objects.create(
        org=event.org,
        event=event,
        short_code="".join(secrets.choice(SHORT_CODE_LETTERS) for _ in range(SHORT_CODE_LENGTH)),
        key=wanted.key,
        guest=wanted.guest,
        place=_place(event, wanted),
        consent=consent,
        consented_at=_consented_at(wanted, now),
        is_of_age=wanted.is_of_age,
        people=wanted.people,
        input=given,
        created_at=now,
        released_at=now if event.moderation == Moderation.OFF else None,
        **doors.new_token(doors.GUEST),
    )
    asked = {**FORMAT, "references": 1, "size": event.size, "quality": _quality(event)}
    models = image_models.at(now)
    spec = styled_spec.read_spec(asked, styles=wanted.styles, by=by, models=models, people=wanted.people)
    capture.run = submit_run.submit(
        by=by,
        plan=plan.make(org=event.org, spec=spec, pictures=Pictures([given])),
        visibility=Visibility.PRIVATE,
        project=event.name,
        budget=event.budget,
        now=now,
    )
    capture.save(update_fields=["run"])
    CaptureTicket.objects.create(org_id=event.org_id, capture_code=capture.code)
    return capture


def is_play(event: Event) -> bool:
    """Return whether captures are paid with play money now."""
    try:
        return prices.is_play(plan.connection_of(event.org))
    except Refused:
        return False


def _earlier(event: Event, key: str) -> Capture | None:
    return Capture.objects.select_related("run", "input").filter(event=event, key=key).first()


def _check(event: Event, wanted: Wanted) -> Consent:
    """Refuse what cannot be taken, whatever the photo is. Return the text that the guest has agreed to."""
    _check_open(event)
    if not KEY.fullmatch(wanted.key):
        raise CaptureRefused("invalid", "The key needs 8 to 64 letters, digits, - or _.", "key")
    if not KEY.fullmatch(wanted.guest):
        raise CaptureRefused("invalid", "The guest needs 8 to 64 letters, digits, - or _.", "guest")
    if not 1 <= wanted.people <= MOST_PEOPLE:
        raise CaptureRefused("invalid", f"Say how many people there are, from 1 to {MOST_PEOPLE}.", "people")
    offered = [code_or_none(one) for one in wanted.styles]
    if not 1 <= len(offered) <= MOST_CHOSEN or len(set(offered)) < len(offered) or not set(offered) <= {*event.styles}:
        raise CaptureRefused("invalid", f"Choose 1 to {MOST_CHOSEN} of the event's styles.", "styles")
    language, _, version = wanted.consent.rpartition("-")
    found = None
    if version.isdecimal() and version.isascii() and len(version) <= 4:  # noqa: PLR2004 digits
        found = Consent.objects.filter(event=event, language=language, version=int(version)).first()
    if found is None:
        raise CaptureRefused("no_consent", "Agree to the text first. No picture is taken without it.", "consent")
    if event.asks_age and not wanted.is_of_age:
        raise CaptureRefused("no_consent", "Say that everybody in the picture is old enough.", "of_age")
    if Capture.objects.filter(event=event, guest=wanted.guest).count() >= event.captures_per_guest:
        raise CaptureRefused("guest_limit", "You have had all your pictures. Thank you!")
    return found


def _check_open(event: Event) -> None:
    if event.has_ended:
        raise CaptureRefused("ended", "This event has ended.")
    if not event.has_started:
        raise CaptureRefused("not_started", "This event has not started yet.")
    if event.paused_at is not None:
        raise CaptureRefused("paused", "There is a short break. Ask the staff.")


def _maker_of(event: Event) -> Membership:
    found = event.org.memberships.select_related("org", "user").filter(user=event.maker_id).first()
    if found is None:
        raise Refused("The maker of this event is no longer a member.")
    return found


def _place(event: Event, wanted: Wanted) -> int:
    return Capture.objects.filter(event=event, guest=wanted.guest).count() + 1


def _consented_at(wanted: Wanted, now: datetime) -> datetime:
    """Return when the guest agreed, as the kiosk says: it may have waited for the network. Its clock may be wrong."""
    said = wanted.consented_at
    return said if said is not None and now - LATE <= said <= now else now


def _quality(event: Event) -> str:
    """Return the quality, or the cheaper one that the event chose for the last part of its budget."""
    if event.saving_quality and budgets.standing(event.budget, is_play=is_play(event)).percent >= SAVES_FROM_PERCENT:
        return event.saving_quality
    return event.quality


def _no_money(event: Event, refusal: LimitReached) -> CaptureRefused:
    """Word the refusal for guests, who need not know how much is left of what."""
    log.warning("capture refused", of=str(event.code), limit=refusal.code)
    if refusal.place is not None and refusal.place.subject == Subject.BUDGET:
        return CaptureRefused("budget_used", "All pictures of this event have been made.")
    return CaptureRefused("limit", "No more pictures can be made right now. Ask the staff.")
