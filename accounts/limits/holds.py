"""Set money and pictures aside before they are spent: `hold`, then `settle` or `release`.

A hold is taken on every limit that applies, or on none. The caller has opened the organization's wall and is in the
transaction that makes the run, so that there is no run without its hold and no hold without its run."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.utils import timezone

from accounts.limits import alerts, counters, hold_requests, operator_key, refusals
from accounts.limits import rules as limit_rules
from accounts.limits.counters import Amount, CounterState
from accounts.limits.hold_requests import HoldRequest, Part, make_missing
from accounts.limits.periods import today
from accounts.limits.refusals import Payer, Wish
from accounts.models import Hold, HoldState, Organization, Subject
from accounts.models.limits_and_holds import KEPT
from saas.database import functions

# Read for every picture, so it is raw SQL: compiling a query each time would cost as much as running it.
NEWEST = """
SELECT * FROM accounts_hold
WHERE slot_code = %(slot)s AND (%(tried)s IS NULL OR after_try < %(tried)s)
ORDER BY attempt DESC LIMIT 1
"""


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
    """Hold `micros` for each part. Raise LimitReached if it does not fit; the caller must then roll back its
    transaction."""
    take(HoldRequest(org, payer, wish, run_code, parts, micros, is_play, is_lent, terms, now or timezone.now()))


def take(request: HoldRequest) -> None:
    """Do as `hold`, for a request that is there already."""
    for _ in range(hold_requests.MOST_TIMES):
        why = functions.ask(request.org.pk, hold_requests.HOLD, request.parameters)
        if why is None:
            return
        request.resolve(why)
    raise hold_requests.NeverSettled


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
    """Hold money for a text, which is no picture and no run: limits on pictures do not count. Raise LimitReached if it
    does not fit; the caller must then roll back its transaction."""
    at = timezone.now()
    date = today(org, at)
    key_id = payer.api_key.pk if payer.api_key else None
    wanted = counters.places(org.pk, payer.member.user_id, key_id, date, is_lent=is_lent)
    rules = limit_rules.rules_for(payer.member, payer.api_key, is_lent=is_lent)
    if is_lent and operator_key.is_behind(org, rules[Subject.LOAN.value]):
        rules = make_missing(org, payer, wanted, is_play=is_play, is_lent=is_lent)
        operator_key.follow_setting(org, rules[Subject.LOAN.value], wanted)
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
        created_at=at,
    )
    amount = Amount(micros, 0)
    found = counters.take(org.pk, wanted, amount, is_play=is_play)
    if len(found) < len(wanted):
        make_missing(org, payer, wanted, is_play=is_play, is_lent=is_lent)
        found = counters.take(org.pk, wanted, amount, is_play=is_play)
    refusing = [counter for counter in found if not counter.fits]
    if refusing:
        raise refusals.no_room(org, payer, refusing, amount, is_play=is_play)


class Settled(NamedTuple):
    """What a settlement changed: by how much the spending grew, and whether it was the first charge of the hold."""

    micros: int
    is_first: bool


@contextmanager
def settling(held: Hold, *, micros: int, is_estimated: bool = False) -> Iterator[Settled | None]:
    """Move a hold to spent. Yield None if nothing is new: a second settlement only replaces an estimate. A hold that
    was released becomes spent too, since the money was paid.

    The counters change after the block ends, so that the block writes before their locks are taken."""
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


def note_settled(held: Hold, found: Iterable[CounterState], *, micros: int) -> None:
    """Send alerts after a hold was settled in one statement with its entry. `found` are the counters after that."""
    _tell(held, found, Amount(micros, held.images))


def settle(held: Hold, *, micros: int, is_estimated: bool = False) -> Settled | None:
    with settling(held, micros=micros, is_estimated=is_estimated) as settled:
        return settled


def release(*holds: Hold) -> int:
    """Release holds of which nothing was paid. Return how many were still held."""
    now = timezone.now()
    released = [
        held
        for held in sorted(holds, key=lambda held: held.pk)
        if held.move(HoldState.RELEASED, since=KEPT, ended_at=now)
    ]
    _give_back(released)
    return len(released)


def correct(held: Hold, *, micros: int) -> None:
    """Correct what a settled hold cost by `micros`: more, or less if it is negative."""
    was = _locked(held)
    was.move(HoldState.SETTLED, since=[HoldState.SETTLED], spent_micros=was.spent_micros + micros, is_estimated=False)
    _shift(was, held=Amount(0, 0), spent=Amount(micros, 0))


def doubt(held: Hold) -> bool:
    """Mark a hold as uncertain: the provider may have charged, so the money stays held until that is known."""
    return held.move(HoldState.UNCERTAIN, since=[HoldState.OPEN])


def newest(slot_code: UUID, *, is_locked: bool = False) -> Hold | None:
    found = Hold.objects.raw(f"{NEWEST} FOR UPDATE" if is_locked else NEWEST, {"slot": slot_code, "tried": None})
    return next(iter(found), None)


def newest_of(slot_codes: Collection[UUID]) -> list[Hold]:
    """Return the newest hold of each slot that has one."""
    holds = Hold.objects.filter(slot_code__in=slot_codes)
    return list(holds.order_by("slot_code", "-attempt").distinct("slot_code"))


def paying_for(slot_code: UUID, tried: int) -> Hold | None:
    """Return the hold with which a try of a slot was made."""
    return next(iter(Hold.objects.raw(NEWEST, {"slot": slot_code, "tried": tried})), None)


def _locked(held: Hold) -> Hold:
    return Hold.objects.select_for_update().get(pk=held.pk)


def _give_back(holds: Iterable[Hold]) -> None:
    """Return held amounts to the counters, one change for holds with the same counters. If the counters differ, lock
    all of them before the first change."""
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


def _tell(of: Hold, found: Iterable[CounterState], spent: Amount) -> None:
    if spent.micros > 0 or spent.images > 0:
        alerts.note_spending(of.org_id, found, spent, is_play=of.is_play)
