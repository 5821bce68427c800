"""What becomes of held money: charged, given back, or uncertain until somebody knows. Each moves the hold and writes
the ledger in one transaction, and each may be called twice: the second time changes nothing."""

from collections.abc import Callable, Mapping
from typing import Any

from accounts import audit, quotas
from accounts.errors import Refused
from accounts.models import Hold, HoldState, Membership
from billing import ledger, tokens
from billing.ledger import Purpose, Said
from billing.models import Entry, EntryKind
from billing.prices import Tariff
from billing.tokens import Tokens
from saas import money


def terms(tariff: Tariff, purpose: Purpose) -> dict[str, Any]:
    """What a hold remembers of what was agreed."""
    return {"tariff": tariff.to_json(), "purpose": purpose.to_json()}


def settle(
    held: Hold,
    *,
    usage: Mapping[str, Any] | None,
    used: Mapping[str, Any] | None = None,
    request_id: str = "",
    read: Callable[[Mapping[str, Any] | None], Tokens | None] = tokens.read,
) -> bool:
    """The provider has delivered, or has charged all the same. Without its usage the held amount is what was paid, and
    the entry says that this is a guess; usage that comes later puts it right.
    Answers whether anything was new."""
    tariff = Tariff.from_json(held.terms["tariff"])
    used_up = read(usage)
    is_estimated = tariff.flat_micros is None and not _says_all(used_up, tariff)
    micros = held.micros if is_estimated else tariff.cost(used_up or Tokens())
    chosen = used or {}
    said = Said(used_up or Tokens(), str(chosen.get("quality", "")), str(chosen.get("size", "")), request_id)
    counted = ledger.charge(held, micros=micros, is_estimated=is_estimated, said=said)
    if counted is not None:
        quotas.note_settled(held, counted, micros=micros)
        return True
    with quotas.settling(held, micros=micros, is_estimated=is_estimated) as settled:
        if settled is not None:
            ledger.write(
                held,
                EntryKind.CHARGE if settled.is_first else EntryKind.CORRECTION,
                micros=settled.micros,
                images=held.images if settled.is_first else 0,
                is_estimated=is_estimated,
                said=said,
                note="" if settled.is_first else "The provider's usage came later.",
            )
    return settled is not None


def release(*holds: Hold) -> None:
    """Nothing was charged, so nothing is written."""
    quotas.release(*(held for held in holds if held.state == HoldState.OPEN))


def doubt(held: Hold, *, request_id: str = "") -> Entry | None:
    """The provider may have charged. The money stays held until somebody resolves it, or usage comes after all."""
    if not quotas.doubt(held):
        return None
    return ledger.write(held, EntryKind.UNCERTAIN, open_micros=held.micros, said=Said(request_id=request_id))


def resolve(held: Hold, *, by: Membership | None, is_charged: bool, note: str, micros: int | None = None) -> Entry:
    """Somebody looked at the provider's own books. `micros` where they know better than what was held."""
    amount = held.micros if micros is None else micros
    if not Hold.objects.select_for_update().filter(pk=held.pk, state=HoldState.UNCERTAIN).exists():
        raise Refused("This is resolved already.")
    if is_charged:
        quotas.settle(held, micros=amount, is_estimated=micros is None)
    else:
        quotas.release(held)
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
    """More, or less where it is negative; never by editing what stands."""
    if held.state != HoldState.SETTLED:
        raise Refused("Only what was charged can be corrected.")
    quotas.correct(held, micros=micros)
    entry = ledger.write(held, EntryKind.CORRECTION, micros=micros, by=by, note=note)
    audit.record(
        org=held.org,
        by=by.user if by else None,
        action="charge.corrected",
        target=str(held.run_code),
        details={"by": money.exact(micros), "note": note},
    )
    return entry


def _says_all(used_up: Tokens | None, tariff: Tariff) -> bool:
    """A talk has used something of its text model, whether that is said or not."""
    return used_up is not None and (used_up.talk_in > 0 or not tariff.counts_talk)
