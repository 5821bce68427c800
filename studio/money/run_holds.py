"""Hold money for a run's slots before the provider is asked, and decide on each hold when its slot ends: settle it,
release it or mark it uncertain. Called in the transaction that makes or ends the slot, so that neither happens without
the other."""

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import structlog
from django.utils import timezone
from psycopg.types.json import Jsonb

from accounts.limits import counters, holds, operator_key
from accounts.limits.hold_requests import HoldRequest, Part
from accounts.limits.refusals import Payer, Wish
from accounts.models import ApiKey, Hold, Membership, ProviderConnection
from billing import charging, prices, tokens
from billing.ledger import Purpose
from billing.prices import Estimate, PriceList
from studio.catalogue import image_models
from studio.catalogue.specs import AUTO, Spec
from studio.imaging.sizes import Size
from studio.models import Charged, ImageModel, Kind, Run, Slot
from studio.money import costs, estimates

LIVE_TARIFF = "live_tariff"

log = structlog.get_logger("darkroom.money")


def request(
    *,
    run: Run,
    parts: Sequence[Part],
    by: Membership,
    api_key: ApiKey | None,
    spec: Spec,
    model: ImageModel,
    connection: ProviderConnection,
    standbys: Iterable[ProviderConnection],
    price: Estimate | None = None,
    price_list: PriceList | None = None,
    reserve: Estimate | None = None,
    now: datetime | None = None,
) -> HoldRequest:
    """Return what is to be held for some slots of a run. Prices that are not given are read. With a reserve, as much is
    held as it says, and `go_live` can change to its tariff. Raise Unpriced."""
    estimate = price or estimates.estimate(spec=spec, model=model, connection=connection)
    return HoldRequest(
        org=run.org,
        payer=Payer(by, api_key),
        wish=wish_of(spec, model),
        run_code=run.code,
        parts=parts,
        micros=max(
            most_each(estimate, spec=spec, model=model, standbys=standbys, price_list=price_list),
            reserve.each if reserve else 0,
        ),
        is_play=prices.is_play(connection),
        is_lent=connection.traits.is_lent,
        terms={
            **charging.terms(estimate.tariff, _purpose(run, by, api_key, connection)),
            **({LIVE_TARIFF: reserve.tariff.to_json()} if reserve else {}),
        },
        at=now or timezone.now(),
        budget_id=run.budget_id,
    )


def most_each(
    estimate: Estimate,
    *,
    spec: Spec,
    model: ImageModel,
    standbys: Iterable[ProviderConnection],
    price_list: PriceList | None = None,
) -> int:
    """Return what is held for one picture: a connection that takes over in an outage may be dearer."""
    return max([estimate.each, *(_each_elsewhere(spec, model, other, price_list) for other in standbys)])


def reprice(slot: Slot, connection: ProviderConnection) -> bool:
    """Move the slot's hold to another connection and its price; if that has none, the agreed price stays. Return
    whether the connection may take over: the lent one does so only within the loan's limits, and only if the held
    money covers its price."""
    held = holds.newest(slot.code, is_locked=True)  # locked before any counter is
    if held is None or held.terms["purpose"]["connection_code"] == str(connection.code):
        return True
    if connection.traits.is_lent and held.micros < _most_for_one(slot.run, connection):
        return False
    if connection.traits.is_lent and not held.is_lent and not operator_key.begin(held):
        return False
    if held.is_lent and not connection.traits.is_lent:
        operator_key.end(held)
    try:
        talk_model = connection.leading_model if held.terms["purpose"]["run_kind"] == Kind.RESPOND else ""
        tariff = prices.tariff_for(model=slot.run.model, connection=connection, talk_model=talk_model).to_json()
    except prices.Unpriced:
        tariff = held.terms["tariff"]
    named = {"connection_code": str(connection.code), "connection_label": connection.name}
    held.terms = {"tariff": tariff, "purpose": {**held.terms["purpose"], **named}}
    held.save(update_fields=["terms"])
    return True


def go_live(slot_code: UUID) -> bool:
    """Change a slot's hold from the price of a batch to the price by day, for which it holds enough. Return False if
    that was not agreed on."""
    held = holds.newest(slot_code, is_locked=True)
    if held is None or LIVE_TARIFF not in held.terms:
        return False
    held.terms = {"tariff": held.terms[LIVE_TARIFF], "purpose": held.terms["purpose"]}
    held.save(update_fields=["terms"])
    return True


def covers(slot_code: UUID, run: Run, connection: ProviderConnection) -> bool:
    """Return whether the slot's hold covers the price of its picture at this connection."""
    held = holds.newest(slot_code)
    return held is not None and held.micros >= _most_for_one(run, connection)


def resolve(slot_code: UUID, charged: Charged, *, request_id: str = "", usage: Mapping[str, Any] | None = None) -> None:
    """Release or settle the hold of a try that ended without a picture or never begins, or mark it uncertain. It is the
    slot's newest hold: older ones have been decided on before. `usage` is that of a talk that ended in words."""
    held = holds.newest(slot_code)
    if held is None:
        return
    if charged == Charged.NO:
        charging.release(held)
    elif charged == Charged.PERHAPS:
        charging.doubt(held, request_id=request_id)
    else:
        charging.settle(held, usage=usage, request_id=request_id, read=tokens.read_talk_usage)
        costs.note(held)


def release(slot_codes: Collection[UUID]) -> None:
    """Release the holds of a stopped run's slots, all at once: each slot may have another payer."""
    charging.release(*holds.newest_of(slot_codes))


def paying_for(slot_code: UUID, tried: int) -> Hold | None:
    """Return the hold with which a try of a slot was made."""
    held = holds.paying_for(slot_code, tried)
    if held is None:
        log.error("picture without a hold", slot=str(slot_code), tried=tried)
    return held


def settlement(hold: Hold | None, **said: Any) -> dict[str, Any]:
    """Return the parameters by which a function of the database charges a hold with what the provider `said`."""
    if hold is None:
        return {"hold": None, "charge": None, **{name: [] for name in ("subjects", "ids", "periods", "starts")}}
    charge = {**charging.price(hold, **said).to_json(), "images": hold.images}
    return {"hold": hold.pk, "charge": Jsonb(charge), **counters.where(counters.places_of(hold))}


def note_charged(hold: Hold, found: list[dict[str, Any]], **said: Any) -> None:
    """Send the alerts that a charge has reached. `found` are the counters after it, as the function returned them."""
    states = [counters.read_json(one) for one in found if one["subject"] is not None]
    holds.note_settled(hold, states, micros=charging.price(hold, **said).micros)


def charge(
    slot_code: UUID, *, tried: int, usage: Mapping[str, Any] | None, used: Mapping[str, Any], request_id: str
) -> None:
    """Settle the hold of a try whose money is not simply held any more: given back, or charged by an estimate."""
    held = holds.paying_for(slot_code, tried)
    if held is None:
        return
    charging.settle(held, usage=usage, used=used, request_id=request_id)
    costs.note(held)


def wish_of(spec: Spec, model: ImageModel) -> Wish:
    quality = model.auto_quality if spec.quality == AUTO else spec.quality
    size = Size.read(model.auto_size if spec.size == AUTO else spec.size)
    return Wish(model=model.name, quality=quality, pixels=size.pixels, pictures=spec.pictures)


def _each_elsewhere(spec: Spec, model: ImageModel, connection: ProviderConnection, price_list: PriceList | None) -> int:
    try:
        return estimates.estimate(spec=spec, model=model, connection=connection, price_list=price_list).each
    except prices.Unpriced:
        return 0


def _most_for_one(run: Run, connection: ProviderConnection) -> float:
    """Estimate one picture of the run at this connection: infinite if it has no price there."""
    spec = Spec.from_json(run.asked)
    try:
        model = image_models.at(timezone.now()).model(spec.model)
        return estimates.estimate(spec=spec, model=model, connection=connection).each
    except (prices.Unpriced, image_models.UnknownModel):
        return math.inf


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
