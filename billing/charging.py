"""Settle, release or doubt held money, resolve what is uncertain, and correct charges. Each function moves the hold and
writes the ledger in one transaction. `settle`, `release` and `doubt` may be called twice: the second call changes
nothing, except that usage replaces an estimate."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from accounts import audit
from accounts.errors import NotAllowed, Refused
from accounts.limits import holds as limit_holds
from accounts.models import Hold, HoldState, Membership
from billing import ledger, prices, tokens
from billing.ledger import ProviderFacts, Purpose
from billing.models import Entry, EntryKind
from billing.prices import Tariff
from billing.tokens import Tokens
from saas.database.transactions import once_more
from saas.text import money


def terms(tariff: Tariff, purpose: Purpose) -> dict[str, Any]:
    """Return what a hold remembers of what was agreed: the tariff and what it is for."""
    return {"tariff": tariff.to_json(), "purpose": purpose.to_json()}


@dataclass(frozen=True, slots=True)
class Charge:
    """What a hold is settled with."""

    micros: int
    is_estimated: bool
    said: ProviderFacts

    def to_json(self) -> dict[str, Any]:
        return {"micros": self.micros, "is_estimated": self.is_estimated, "said": self.said.to_json()}


def price(
    held: Hold,
    *,
    usage: Mapping[str, Any] | None,
    used: Mapping[str, Any] | None = None,
    request_id: str = "",
    read: Callable[[Mapping[str, Any] | None], Tokens | None] = tokens.read_usage,
) -> Charge:
    """Price what the provider says it has used, by the tariff that the hold remembers. Without usage, the held amount
    counts as paid."""
    tariff = _agreed(held)
    used_up = read(usage)
    is_estimated = tariff.flat_micros is None and not _says_all(used_up, tariff)
    micros = held.micros if is_estimated else tariff.cost(used_up or Tokens())
    chosen = used or {}
    said = ProviderFacts(used_up or Tokens(), str(chosen.get("quality", "")), str(chosen.get("size", "")), request_id)
    return Charge(micros, is_estimated, said)


def settle(
    held: Hold,
    *,
    usage: Mapping[str, Any] | None,
    used: Mapping[str, Any] | None = None,
    request_id: str = "",
    read: Callable[[Mapping[str, Any] | None], Tokens | None] = tokens.read_usage,
) -> bool:
    """Settle a hold: the provider has delivered, or has charged all the same. Without usage, the held amount counts as
    paid and the entry says that this is an estimate; usage that comes later corrects it. Return whether anything was
    new."""
    charge = price(held, usage=usage, used=used, request_id=request_id, read=read)
    micros, is_estimated, said = charge.micros, charge.is_estimated, charge.said
    counted = ledger.charge(held, micros=micros, is_estimated=is_estimated, said=said)
    if counted is not None:
        limit_holds.note_settled(held, counted, micros=micros)
        return True
    with limit_holds.settling(held, micros=micros, is_estimated=is_estimated) as settled:
        if settled is not None:
            ledger.write(
                held,
                EntryKind.CHARGE if settled.is_first else EntryKind.CORRECTION,
                micros=settled.micros,
                images=held.images if settled.is_first else 0,
                is_estimated=is_estimated,
                said=said,
                note="" if settled.is_first else "The provider reported its usage later.",
            )
    return settled is not None


def release(*holds: Hold) -> None:
    """Release open holds. Nothing was charged, so no entry is written."""
    limit_holds.release(*(held for held in holds if held.state == HoldState.OPEN))


def doubt(held: Hold, *, request_id: str = "") -> Entry | None:
    """Mark a hold as uncertain: the provider may have charged. The money stays held until the charge is resolved, or
    usage comes after all. Return the entry, or None if the hold was not open."""
    if not limit_holds.doubt(held):
        return None
    return ledger.write(held, EntryKind.UNCERTAIN, open_micros=held.micros, said=ProviderFacts(request_id=request_id))


def resolve(held: Hold, *, by: Membership | None, is_charged: bool, note: str, micros: int | None = None) -> Entry:
    """Resolve an uncertain charge by what the provider's own books say: `micros`, or what was held, or not charged.
    Raise NotAllowed for the operator's key: its books are the operator's, so no member says what it was charged."""
    _refuse_members(held, by)
    return once_more(lambda: _resolve(held, by=by, is_charged=is_charged, note=note, micros=micros))


@transaction.atomic
def _resolve(held: Hold, *, by: Membership | None, is_charged: bool, note: str, micros: int | None) -> Entry:
    amount = held.micros if micros is None else micros
    if not Hold.objects.select_for_update().filter(pk=held.pk, state=HoldState.UNCERTAIN).exists():
        raise Refused("This charge has already been resolved.")
    if is_charged:
        limit_holds.settle(held, micros=amount, is_estimated=micros is None)
    else:
        limit_holds.release(held)
    entry = ledger.write(
        held,
        EntryKind.RESOLUTION,
        micros=amount if is_charged else 0,
        images=held.images if is_charged else 0,
        is_estimated=is_charged and micros is None,
        by=by,
        note=note,
    )
    audit.record(
        org=held.org,
        by=by.user if by else None,
        action="charge.resolved",
        target=str(held.run_code),
        details={"charged": money.exact(entry.micros) if is_charged else "no", "note": note},
    )
    return entry


def correct(held: Hold, *, by: Membership | None, micros: int, note: str) -> Entry:
    """Correct a charge by `micros`: more, or less if it is negative. A new entry says so; entries are never changed.
    Raise NotAllowed as `resolve` does."""
    _refuse_members(held, by)
    if held.state != HoldState.SETTLED:
        raise Refused("Only what was charged can be corrected.")
    return once_more(lambda: _correct(held, by=by, micros=micros, note=note))


@transaction.atomic
def _correct(held: Hold, *, by: Membership | None, micros: int, note: str) -> Entry:
    limit_holds.correct(held, micros=micros)
    entry = ledger.write(held, EntryKind.CORRECTION, micros=micros, by=by, note=note)
    audit.record(
        org=held.org,
        by=by.user if by else None,
        action="charge.corrected",
        target=str(held.run_code),
        details={"by": money.exact(micros), "note": note},
    )
    return entry


def _refuse_members(held: Hold, by: Membership | None) -> None:
    if held.is_lent and by is not None:
        raise NotAllowed("The operator of this Darkroom paid for this with their key, so only they can change it.")


def _agreed(held: Hold) -> Tariff:
    """Return the tariff that the hold remembers. A flat price on the operator's key dates from the time when an admin
    could set one: count the tokens at the operator's prices instead."""
    agreed = Tariff.from_json(held.terms["tariff"])
    if not held.is_lent or agreed.flat_micros is None:
        return agreed
    try:
        return prices.token_tariff(held.terms["purpose"]["model"], held.created_at)
    except prices.Unpriced:
        return agreed


def _says_all(used_up: Tokens | None, tariff: Tariff) -> bool:
    """Return whether the usage is complete. A talk always uses tokens of its text model, whether the provider says so
    or not."""
    return used_up is not None and (used_up.talk_in > 0 or not tariff.counts_talk)
