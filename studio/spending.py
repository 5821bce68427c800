"""Runs and their money: what a run holds before anything is asked, and what becomes of it slot by slot. Called in the
transaction that makes or ends the slot, so that neither happens without the other."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

import structlog

from accounts import circuits, loans, quotas
from accounts.models import ApiKey, Membership, ProviderConnection
from accounts.quotas import Part
from accounts.refusals import Payer, Wish
from billing import charging, prices
from billing.ledger import Purpose
from billing.prices import Estimate
from studio import costs, pricing
from studio.models import Charged, ImageModel, Kind, Run, Slot
from studio.sizes import Size
from studio.specs import Spec

log = structlog.get_logger("darkroom.money")


def hold(
    *,
    run: Run,
    slots: Sequence[Slot],
    by: Membership,
    api_key: ApiKey | None,
    spec: Spec,
    model: ImageModel,
    connection: ProviderConnection,
    price: Estimate | None = None,
) -> None:
    """For each of these slots. Raises Unpriced or LimitReached; then the caller's transaction has to be undone."""
    estimate = price or pricing.estimate(spec=spec, model=model, connection=connection)
    others = [_each_elsewhere(spec, model, other) for other in circuits.standbys(connection)]
    quotas.hold(
        org=run.org,
        payer=Payer(by, api_key),
        wish=wish_of(spec, model),
        run_code=run.code,
        parts=[Part(slot.code, slot.tries) for slot in slots],
        micros=max([estimate.each, *others]),  # whoever takes over in an outage may be dearer
        is_play=prices.is_play(connection),
        is_lent=connection.traits.is_lent,
        terms=charging.terms(estimate.tariff, _purpose(run, by, api_key, connection)),
    )


def diverted(slot_code: UUID, model: str, connection: ProviderConnection) -> bool:
    """Another connection takes over, at its own price; where that has none, what was agreed stays. Answers whether it
    may: the operator's key does so only within what they lend."""
    held = quotas.newest(slot_code, is_locked=True)  # before any counter is
    if held is None or held.terms["purpose"]["connection_code"] == str(connection.code):
        return True
    if connection.traits.is_lent and not held.is_lent and not loans.begin(held):
        return False
    if held.is_lent and not connection.traits.is_lent:
        loans.end(held)
    try:
        talk_model = connection.leading_model if held.terms["purpose"]["run_kind"] == Kind.RESPOND else ""
        tariff = prices.tariff_for(model=model, connection=connection, talk_model=talk_model).to_json()
    except prices.Unpriced:
        tariff = held.terms["tariff"]
    named = {"connection_code": str(connection.code), "connection_label": connection.name}
    held.terms = {"tariff": tariff, "purpose": {**held.terms["purpose"], **named}}
    held.save(update_fields=["terms"])
    return True


def ended(slot_code: UUID, charged: Charged, *, request_id: str = "") -> None:
    """A try has ended without a picture, or will never begin. Its hold is the slot's newest: an older one has been
    decided on before."""
    held = quotas.newest(slot_code)
    if held is None:
        return
    if charged == Charged.NO:
        charging.release(held)
    elif charged == Charged.PERHAPS:
        charging.doubt(held, request_id=request_id)
    else:
        charging.settle(held, usage=None, request_id=request_id)
        costs.note(held)


def never_begun(slot_codes: Collection[UUID]) -> None:
    """Of a run that was stopped: several slots at once, each perhaps paid by somebody else."""
    charging.release(*quotas.newest_of(slot_codes))


def kept(
    slot_code: UUID, *, tried: int, usage: Mapping[str, Any] | None, used: Mapping[str, Any], request_id: str
) -> None:
    """A try has brought a picture, late perhaps and perhaps the slot's second one: it was paid for."""
    held = quotas.paying_for(slot_code, tried)
    if held is None:
        log.error("picture without a hold", slot=str(slot_code), tried=tried)
        return
    charging.settle(held, usage=usage, used=used, request_id=request_id)
    costs.note(held)


def wish_of(spec: Spec, model: ImageModel) -> Wish:
    quality = model.auto_quality if spec.quality == pricing.AUTO else spec.quality
    size = Size.read(model.auto_size if spec.size == pricing.AUTO else spec.size)
    return Wish(model=spec.model, quality=quality, pixels=size.pixels, pictures=spec.n)


def _each_elsewhere(spec: Spec, model: ImageModel, connection: ProviderConnection) -> int:
    try:
        return pricing.estimate(spec=spec, model=model, connection=connection).each
    except prices.Unpriced:
        return 0


def _purpose(run: Run, by: Membership, api_key: ApiKey | None, connection: ProviderConnection) -> Purpose:
    return Purpose(
        run_kind=run.kind,
        model=run.model,
        quality=run.asked["quality"],
        size=run.asked["size"],
        project=run.project,
        user_label=f"{by.user.display_name} <{by.user.email}>"[:254],
        key_code=str(api_key.code) if api_key else None,
        key_label=api_key.name if api_key else "",
        connection_code=str(connection.code),
        connection_label=connection.name,
    )
