"""Ask the database to hold money within all limits: what its function gets, and what its refusals mean.

The function (accounts/migrations/sql/holds.sql) decides, under locks, and changes nothing when it refuses. Some of its
reasons are no refusal for the person: counters of a new day are missing, or the operator has changed the usual loan.
`HoldRequest.resolve` puts that right, and the caller asks again."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from accounts.limits import counters, operator_key, refusals
from accounts.limits import rules as limit_rules
from accounts.limits.counters import Amount, Place
from accounts.limits.periods import today
from accounts.limits.refusals import Payer, Wish
from accounts.models import Organization, Quota, Subject
from saas.database import tenancy

MOST_TIMES = 5  # that a step is asked: its reasons to ask again do not come back
ASKED = """
ROW(%(org)s, %(is_play)s, %(is_lent)s, %(micros)s, %(subjects)s, %(ids)s, %(periods)s, %(starts)s,
    %(run)s, %(slots)s, %(after_tries)s, %(payer)s, %(role)s, %(api_key)s, %(day)s, %(terms)s, %(at)s,
    %(model)s, %(lower_qualities)s, %(pixels)s, %(pictures)s, %(loan_day)s, %(loan_month)s,
    %(budget)s)::accounts_asked
"""
HOLD = f"SELECT accounts_hold({ASKED})"


class NeverSettled(RuntimeError):
    """A step was asked MOST_TIMES, and each time there was a reason to ask again."""


@dataclass(frozen=True, slots=True)
class Part:
    """One picture to hold money for: its slot, and the tries that came before."""

    slot_code: UUID
    tries: int = 0


@dataclass(frozen=True)
class HoldRequest:
    """Money to hold for the parts of a run: `micros` for each."""

    org: Organization
    payer: Payer
    wish: Wish
    run_code: UUID
    parts: Sequence[Part]
    micros: int
    is_play: bool
    is_lent: bool
    terms: dict[str, Any]
    at: datetime
    budget_id: int | None = None  # of the one purpose that it is spent for

    @cached_property
    def places(self) -> list[Place]:
        key_id = self.payer.api_key.pk if self.payer.api_key else None
        return counters.places(
            self.org.pk,
            self.payer.member.user_id,
            key_id,
            today(self.org, self.at),
            is_lent=self.is_lent,
            budget_id=self.budget_id,
        )

    @property
    def parameters(self) -> dict[str, Any]:
        """Return the parameters of ASKED."""
        loan = limit_rules.usual_loan(self.org)
        return {
            "org": self.org.pk,
            "is_play": self.is_play,
            "is_lent": self.is_lent,
            "micros": self.micros,
            **counters.where(self.places),
            "run": self.run_code,
            "slots": [part.slot_code for part in self.parts],
            "after_tries": [part.tries for part in self.parts],
            "payer": self.payer.member.user_id,
            "role": self.payer.member.role,
            "api_key": self.payer.api_key.pk if self.payer.api_key else None,
            "day": today(self.org, self.at).day,
            "terms": Jsonb(self.terms),
            "at": self.at,
            "model": self.wish.model,
            "lower_qualities": refusals.qualities_below(self.wish.quality),
            "pixels": self.wish.pixels,
            "pictures": self.wish.pictures,
            "loan_day": loan.money_day,
            "loan_month": loan.money_month,
            "budget": self.budget_id,
        }

    def resolve(self, why: dict[str, Any]) -> None:
        """Raise the refusal that `why` stands for, or put right what keeps the request from being decided."""
        with tenancy.tenant(self.org.pk):
            match why:
                case {"by": "missing"}:
                    self._make_missing()
                case {"by": "behind"}:
                    rules = self._make_missing()
                    operator_key.follow_setting(self.org, rules[Subject.LOAN.value], self.places)
                case {"by": "ceiling"}:
                    rules = limit_rules.rules_for(self.payer.member, self.payer.api_key, is_lent=self.is_lent)
                    refusals.refuse_beyond_ceilings(self.org, self.payer, rules, self.wish)
                case {"by": "pace"}:
                    raise refusals.beyond_pace(self.org, self.payer, why, self.at)
                case {"by": "room", "refusing": found}:
                    refusing = [counters.read_json(one) for one in found]
                    amount = Amount(self.micros * len(self.parts), len(self.parts))
                    raise refusals.no_room(self.org, self.payer, refusing, amount, is_play=self.is_play)

    def _make_missing(self) -> dict[str, Quota]:
        return make_missing(self.org, self.payer, self.places, is_play=self.is_play, is_lent=self.is_lent)


def make_missing(
    org: Organization, payer: Payer, wanted: Sequence[Place], *, is_play: bool, is_lent: bool
) -> dict[str, Quota]:
    """Make the counters that are missing. Return the rules, read again behind the organization's lock."""
    counters.lock_organization(org.pk)
    rules = limit_rules.rules_for(payer.member, payer.api_key, is_lent=is_lent)
    limit_rules.make_counters(org, wanted, rules, is_play=is_play)
    return rules
