from ninja import Router

from accounts.models import Scope
from billing import prices
from saas.text import money
from studio.api import run_bodies
from studio.api.door import ApiRequest, inside, may
from studio.api.runs import REFUSALS
from studio.api.shapes import EstimateIn, EstimateOut
from studio.money import run_holds

router = Router(tags=["Runs"])
UNWRITTEN = "…"
DAYS_A_MONTH = 30


@router.post("/estimate", auth=may(Scope.GENERATE), response={200: EstimateOut, **REFUSALS}, url_name="api_estimate")
@inside
def estimate_run(request: ApiRequest, body: EstimateIn) -> EstimateOut:
    """Estimate what a run will cost

    The body is that of a run, and what a run refuses is refused here, too. Nothing is made, held or charged."""
    plan = run_bodies.plan_of(body, request.auth, prompt=UNWRITTEN)
    price, connections = plan.price, plan.connections
    held = run_holds.most_each(price, spec=plan.spec, model=plan.model, standbys=connections.standbys)
    a_month = price.each * (body.pictures_a_day or 0) * DAYS_A_MONTH
    return EstimateOut(
        exact=money.exact(price.high) if price.is_exact else None,
        low=money.exact(price.low),
        high=money.exact(price.high),
        upper_bound=money.exact(held * price.images),
        pictures=price.images,
        is_play=prices.is_play(connections.default),
        a_month=money.exact(a_month) if body.pictures_a_day else None,
    )
