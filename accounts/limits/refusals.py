"""Decide whether a ceiling, a pace or a used-up limit refuses a request, and say why in a sentence for the person who
asked."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from accounts.errors import Refused
from accounts.limits.counters import Amount, CounterState, Place
from accounts.limits.periods import resets_at, zone
from accounts.limits.rules import Rules
from accounts.models import ApiKey, Budget, Membership, Organization, Period, Role, Subject, Unit
from accounts.models.limits_and_holds import QUALITIES
from saas.text import money

MOST_NAMES = 2  # admins that a refusal names
MINUTE = timedelta(minutes=1)
LONGEST: list[str] = [Period.DAY, Period.MONTH, Period.EVER]
BUSY_SECONDS = 20  # after which one of the running runs has probably ended
OF_OPERATOR = "The operator of this Darkroom sets it: ask them for more, or have an admin add a key of your own."


class LimitReached(Refused):
    """A refusal by a limit. `code` names the limit; `left` is in micro-dollars or pictures; `resets_at` is when the
    limit resets. If a budget refused, `place` and `unit` say which one, and `needed` how much was asked of it; if
    a pace refused, `wait_seconds` says when to ask again."""

    def __init__(
        self,
        code: str,
        sentence: str,
        *,
        left: int | None = None,
        resets_at: datetime | None = None,
        place: Place | None = None,
        unit: Unit | None = None,
        allowed: int = 0,
        needed: int = 0,
        is_play: bool = False,
        wait_seconds: int | None = None,
    ) -> None:
        super().__init__(sentence)
        self.code, self.left, self.resets_at, self.is_play = code, left, resets_at, is_play
        self.place, self.unit, self.allowed, self.needed = place, unit, allowed, needed
        self.wait_seconds = wait_seconds


@dataclass(frozen=True, slots=True)
class Payer:
    """The member and the API key whose limits count."""

    member: Membership
    api_key: ApiKey | None = None


@dataclass(frozen=True, slots=True)
class Wish:
    """What a run asks for, as ceilings check it; the worst case where the provider decides."""

    model: str
    quality: str
    pixels: int
    pictures: int


def refuse_beyond_ceilings(org: Organization, payer: Payer, rules: Rules, wish: Wish) -> None:
    for subject, quota in rules.items():
        whose = _whose(org, payer, subject)
        if quota.model_names is not None and wish.model not in quota.model_names:
            raise _ceiling(org, f"{subject}_model", f"{whose} limits do not allow the model {wish.model}.")
        if quota.most_pixels is not None and wish.pixels > quota.most_pixels:
            most = f"{quota.most_pixels / 1e6:.1f} megapixels"
            raise _ceiling(org, f"{subject}_size", f"{whose} limits allow pictures of at most {most}.")
        if quota.highest_quality and _rank(wish.quality) > _rank(quota.highest_quality):
            text = f"{whose} limits allow the quality “{quota.highest_quality}” at most."
            raise _ceiling(org, f"{subject}_quality", text)
        if quota.most_pictures is not None and wish.pictures > quota.most_pictures:
            text = f"{whose} limits allow at most {_pictures(quota.most_pictures)} in one run."
            raise _ceiling(org, f"{subject}_pictures", text)


def beyond_pace(org: Organization, payer: Payer, why: Mapping[str, Any], moment: datetime) -> LimitReached:
    """Return the refusal by a limit on runs at once or runs a minute. `why` is what the database said of it."""
    subject = Subject.MEMBER.value if why["subject"] == Subject.ROLE else str(why["subject"])
    whose, runs = _whose(org, payer, subject), _runs(why["runs"])
    if why["pace"] == "at_once":
        text = f"{whose} limits allow {runs} at once. Wait until one has ended."
        return LimitReached(f"{subject}_runs_at_once", f"{text} {_whom(org)}", wait_seconds=BUSY_SECONDS)
    text = f"{whose} limits allow {runs} a minute. Wait a moment."
    wait = int(MINUTE.total_seconds())
    return LimitReached(f"{subject}_runs_per_minute", text, left=0, resets_at=moment + MINUTE, wait_seconds=wait)


def no_room(
    org: Organization, payer: Payer, refusing: list[CounterState], amount: Amount, *, is_play: bool
) -> LimitReached:
    """Return the refusal. If several limits refuse, name the one that does so for the longest time."""
    counter = max(refusing, key=lambda found: (LONGEST.index(found.place.period), found.place.subject))
    place = counter.place
    left = {
        Unit.MONEY: _left(counter.allowed_micros, counter.spent_micros + counter.held_micros),
        Unit.IMAGES: _left(counter.allowed_images, counter.spent_images + counter.held_images),
    }
    money_left = left[Unit.MONEY]
    is_money = money_left is not None and amount.micros > money_left
    unit = Unit.MONEY if is_money else Unit.IMAGES
    rest = left[unit] or 0
    has, needs = (
        (money.show(rest), f"up to {money.show(amount.micros)}")
        if is_money
        else (_pictures(rest), _pictures(amount.images))
    )
    if place.subject == Subject.BUDGET:
        name = Budget.objects.get(pk=place.subject_id).name
        sentence = f"The budget of “{name}” has {has} left, and this needs {needs}."
        return LimitReached(
            "budget", sentence, left=rest, place=place, unit=unit, needed=amount.micros, is_play=is_play
        )
    moment = resets_at(org, Period(place.period), place.starts_on)
    word = "daily" if place.period == Period.DAY else "monthly"
    when = moment.astimezone(zone(org))
    sentence = (
        f"{_whose(org, payer, place.subject)} {word} limit has {has} left, and this needs {needs}. "
        f"It resets on {when:%-d %B %Y at %H:%M} ({org.time_zone}). "
        f"{OF_OPERATOR if place.subject == Subject.LOAN else _whom(org)}"
    )
    code = f"{place.subject}_{unit}_{place.period}"
    return LimitReached(
        code,
        sentence,
        left=rest,
        resets_at=moment,
        place=place,
        unit=unit,
        allowed=(counter.allowed_micros if is_money else counter.allowed_images) or 0,
        needed=amount.micros if is_money else amount.images,
        is_play=is_play,
    )


def _ceiling(org: Organization, code: str, text: str) -> LimitReached:
    return LimitReached(code, f"{text} {_whom(org)}")


def _whom(org: Organization) -> str:
    admins = org.memberships.filter(role__in=[Role.ADMIN, Role.OWNER]).select_related("user").order_by("role", "pk")
    names = [member.user.display_name for member in admins[:MOST_NAMES]]
    return f"Ask {' or '.join(names)} for more." if names else ""


def _whose(org: Organization, payer: Payer, subject: str) -> str:
    if subject == Subject.KEY and payer.api_key:
        return f"The API key {payer.api_key.name}'s"
    if subject == Subject.LOAN:
        return "The lent key's"
    return f"{org.name}'s" if subject == Subject.ORGANIZATION else "Your"


def qualities_below(quality: str) -> list[str]:
    """Return the qualities that a ceiling may name and that are too low for this one."""
    return list(QUALITIES[: _rank(quality)])


def _rank(quality: str) -> int:
    return QUALITIES.index(quality) if quality in QUALITIES else len(QUALITIES)


def _left(allowed: int | None, taken: int) -> int | None:
    return None if allowed is None else max(0, allowed - taken)


def _pictures(count: int) -> str:
    return "1 picture" if count == 1 else f"{count:,} pictures"


def _runs(count: int) -> str:
    return "1 run" if count == 1 else f"{count:,} runs"
