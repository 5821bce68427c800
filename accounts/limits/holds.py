"""Money and pictures are set aside before they are spent: `hold`, then `settle` or `release`.

A hold is taken on every limit that applies, or on none. Whoever calls has opened the organization's wall and is in the
transaction that makes the run, so that there is no run without its hold and no hold without its run."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.utils import timezone

from accounts import alerts, counters, limits, loans, refusals
from accounts.counters import Amount, Found, Holds
from accounts.models import Hold, HoldState, Organization, Subject
from accounts.models.quotas import KEPT
from accounts.periods import today
from accounts.refusals import Payer, Wish

# Read for every picture, so it is written out: to compile it anew would cost as much as the reading.
NEWEST = """
SELECT * FROM accounts_hold
WHERE slot_code = %(slot)s AND (%(tried)s IS NULL OR after_try < %(tried)s)
ORDER BY attempt DESC LIMIT 1
"""


@dataclass(frozen=True, slots=True)
class Part:
    """One picture to hold money for: its slot, and the tries that came before."""

    slot_code: UUID
    tries: int = 0


def hold(
    *,
    org: Organization,
    payer: Payer,
    wish: Wish,
    run_code: UUID,
    parts: Sequence[Part],
    micros: int,
    is_play: bool,
    is_lent: bool = False,
    terms: dict[str, Any],
    now: datetime | None = None,
) -> None:
    """`micros` for each part. Raises LimitReached; then the caller's transaction has to be undone."""
    moment = now or timezone.now()
    date = today(org, moment)
    key_id = payer.api_key.pk if payer.api_key else None
    wanted = counters.places(org.pk, payer.member.user_id, key_id, date, is_lent=is_lent)
    rules = limits.rules_for(payer.member, payer.api_key, is_lent=is_lent)
    refusals.refuse_beyond_ceilings(org, payer, rules, wish)
    if is_lent:
        loans.follow_setting(org, rules[Subject.LOAN.value], wanted)
    holds = Holds(
        run_code=run_code,
        slots=[part.slot_code for part in parts],
        after_tries=[part.tries for part in parts],
        user_id=payer.member.user_id,
        key_id=key_id,
        is_lent=is_lent,
        day=date.day,
        micros=micros,
        terms=terms,
        at=moment,
    )
    found = counters.take_holds(org.pk, wanted, holds, is_play=is_play)
    if len(found) < len(wanted):
        # The first in a new day or month. Behind the organization's lock by now, so the rules are read once more.
        rules = limits.rules_for(payer.member, payer.api_key, is_lent=is_lent)
        limits.make_counters(org, wanted, rules, is_play=is_play)
        found = counters.take(org.pk, wanted, holds.amount, is_play=is_play)
    refusing = [counter for counter in found if not counter.fits]
    if refusing:
        raise refusals.no_room(org, payer, refusing, holds.amount, is_play=is_play)
    refusals.refuse_beyond_pace(org, payer, rules, run_code, moment)


def hold_text(
    *,
    org: Organization,
    payer: Payer,
    code: UUID,
    micros: int,
    is_play: bool,
    is_lent: bool = False,
    terms: dict[str, Any],
) -> None:
    """For a text, which is no picture and no run: it costs money, and what limits say of pictures does not count.
    Raises LimitReached; then the caller's transaction has to be undone."""
    moment = timezone.now()
    date = today(org, moment)
    key_id = payer.api_key.pk if payer.api_key else None
    wanted = counters.places(org.pk, payer.member.user_id, key_id, date, is_lent=is_lent)
    rules = limits.rules_for(payer.member, payer.api_key, is_lent=is_lent)
    if is_lent:
        loans.follow_setting(org, rules[Subject.LOAN.value], wanted)
    Hold.objects.create(
        org=org,
        run_code=code,
        slot_code=code,
        attempt=1,
        after_try=0,
        user_id=payer.member.user_id,
        api_key=payer.api_key,
        is_lent=is_lent,
        day=date.day,
        is_play=is_play,
        micros=micros,
        images=0,
        terms=terms,
        created_at=moment,
    )
    amount = Amount(micros, 0)
    found = counters.take(org.pk, wanted, amount, is_play=is_play)
    if len(found) < len(wanted):
        rules = limits.rules_for(payer.member, payer.api_key, is_lent=is_lent)
        limits.make_counters(org, wanted, rules, is_play=is_play)
        found = counters.take(org.pk, wanted, amount, is_play=is_play)
    refusing = [counter for counter in found if not counter.fits]
    if refusing:
        raise refusals.no_room(org, payer, refusing, amount, is_play=is_play)


class Settled(NamedTuple):
    """By how much the spending grew, and whether this was the first that was known of it."""

    micros: int
    is_first: bool


@contextmanager
def settling(held: Hold, *, micros: int, is_estimated: bool = False) -> Iterator[Settled | None]:
    """What was held becomes what was spent. None where nothing was new: a second settlement changes only what the first
    one had to guess. Also what had been given back is spent then, for it was.

    The counters follow when the block ends: what it writes, it writes before their locks are taken."""
    values = {"spent_micros": micros, "is_estimated": is_estimated, "ended_at": timezone.now()}
    if held.move(HoldState.SETTLED, since=KEPT, **values):
        yield Settled(micros, is_first=True)
        _shift(held, held=Amount(-held.micros, -held.images), spent=Amount(micros, held.images))
        return
    was = _locked(held)
    is_first = was.state == HoldState.RELEASED
    if not is_first and (is_estimated or not was.is_estimated):
        yield None
        return
    was.move(HoldState.SETTLED, since=[HoldState(was.state)], **values)
    grown = micros if is_first else micros - was.spent_micros
    yield Settled(grown, is_first=is_first)
    _shift(was, held=Amount(0, 0), spent=Amount(grown, was.images if is_first else 0))


def note_settled(held: Hold, found: Iterable[Found], *, micros: int) -> None:
    """What was held has become what was spent in one statement with its entry; `found` are the counters after that."""
    _tell(held, found, Amount(micros, held.images))


def settle(held: Hold, *, micros: int, is_estimated: bool = False) -> Settled | None:
    with settling(held, micros=micros, is_estimated=is_estimated) as settled:
        return settled


def release(*holds: Hold) -> int:
    """Nothing was paid. Answers how many were held until now."""
    now = timezone.now()
    released = [
        held
        for held in sorted(holds, key=lambda held: held.pk)
        if held.move(HoldState.RELEASED, since=KEPT, ended_at=now)
    ]
    _give_back(released)
    return len(released)


def correct(held: Hold, *, micros: int) -> None:
    """Somebody knows better what was paid: more, or less where it is negative."""
    was = _locked(held)
    was.move(HoldState.SETTLED, since=[HoldState.SETTLED], spent_micros=was.spent_micros + micros, is_estimated=False)
    _shift(was, held=Amount(0, 0), spent=Amount(micros, 0))


def doubt(held: Hold) -> bool:
    """The provider may have charged: the money stays held until somebody knows."""
    return held.move(HoldState.UNCERTAIN, since=[HoldState.OPEN])


def newest(slot_code: UUID, *, is_locked: bool = False) -> Hold | None:
    found = Hold.objects.raw(f"{NEWEST} FOR UPDATE" if is_locked else NEWEST, {"slot": slot_code, "tried": None})
    return next(iter(found), None)


def newest_of(slot_codes: Collection[UUID]) -> list[Hold]:
    """One for each slot that has any."""
    holds = Hold.objects.filter(slot_code__in=slot_codes)
    return list(holds.order_by("slot_code", "-attempt").distinct("slot_code"))


def paying_for(slot_code: UUID, tried: int) -> Hold | None:
    """The hold that a try of a slot was made with."""
    return next(iter(Hold.objects.raw(NEWEST, {"slot": slot_code, "tried": tried})), None)


def _locked(held: Hold) -> Hold:
    return Hold.objects.select_for_update().get(pk=held.pk)


def _give_back(holds: Iterable[Hold]) -> None:
    """Each counter once. Where they are several people's, all are locked before the first is touched."""
    alike = defaultdict(list)
    for held in holds:
        alike[held.org_id, tuple(counters.places_of(held)), held.is_play].append(held)
    if len(alike) > 1:
        (org_id,) = {org_id for org_id, _, _ in alike}
        counters.lock(org_id, [place for _, places, _ in alike for place in places])
    for (org_id, places, is_play), group in alike.items():
        amount = Amount(-sum(held.micros for held in group), -sum(held.images for held in group))
        counters.shift(org_id, places, held=amount, spent=Amount(0, 0), is_play=is_play)


def _shift(of: Hold, *, held: Amount, spent: Amount) -> None:
    found = counters.shift(of.org_id, counters.places_of(of), held=held, spent=spent, is_play=of.is_play)
    _tell(of, found, spent)


def _tell(of: Hold, found: Iterable[Found], spent: Amount) -> None:
    if spent.micros > 0 or spent.images > 0:
        alerts.note_spending(of.org_id, found, spent, is_play=of.is_play)
