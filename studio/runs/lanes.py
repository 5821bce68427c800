"""Put a plan into the overnight lane: made by the provider's Batch API within a day, at half price."""

from dataclasses import replace

from accounts.errors import Refused
from billing import prices
from studio.models import Lane
from studio.money import estimates
from studio.runs.plan import Plan


def overnight(plan: Plan, *, goes_live: bool = False) -> Plan:
    """Return the same plan for the overnight lane, at half price. If it `goes_live`, what is missing at its deadline is
    made by day, and the difference is held beforehand. Raise Refused if the connection or the model cannot do it."""
    refuse(plan)
    try:
        price = estimates.estimate(
            spec=plan.spec,
            model=plan.model,
            connection=plan.connection,
            references=plan.pictures.sizes,
            price_list=prices.batch_list(),
        )
    except prices.Unpriced:
        raise Refused(f"{plan.model.title} has no price for batches, so it cannot be made overnight.") from None
    return replace(plan, price=price, lane=Lane.OVERNIGHT, reserve=plan.price if goes_live else None)


def refuse(plan: Plan) -> None:
    """Raise Refused with the reason why a plan cannot be made overnight, if there is one."""
    connection, model = plan.connection, plan.model
    if not connection.traits.has_batches:
        raise Refused(f"{connection.name} offers no batches, so nothing can be made overnight with it.")
    if not model.can_batch:
        raise Refused(f"{model.title} cannot be made overnight: its provider offers no batches for it.")
    if plan.price.tariff.flat_micros is not None:
        raise Refused(f"{connection.name} has a flat price for a picture, and none for batches.")
    if plan.spec.api != "images":
        raise Refused("A talk cannot be made overnight.")


def can_be_overnight(plan: Plan) -> bool:
    try:
        refuse(plan)
    except Refused:
        return False
    return True
