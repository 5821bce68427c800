from ninja import Field, Router, Schema

from accounts.models import Scope
from billing import prices
from saas.text import money
from studio.api import run_bodies
from studio.api.door import ApiRequest, inside, may
from studio.api.runs import REFUSALS
from studio.api.shapes import RunFields
from studio.money import run_holds
from studio.runs import plan

router = Router(tags=["Runs"])
UNWRITTEN = "…"
DAYS_A_MONTH = 30


class EstimateIn(RunFields):
    """The body of a run. Without a prompt, a short one is assumed."""

    prompt: str | None = Field(None, examples=["A lamp in the rain"])
    pictures_a_day: int | None = Field(None, ge=1, le=1_000_000, description="To learn what a month of them costs")


class EstimateOut(Schema):
    """US dollars for all pictures of the run together."""

    exact: str | None = Field(description="The cost, where it is known before: a flat price. Else null")
    low: str
    high: str = Field(description="The worst case, as the studio shows it")
    upper_bound: str = Field(
        description="What would be held. More than `high` only where a dearer connection may take over in an outage"
    )
    pictures: int
    is_play: bool = Field(description="Sandbox play money")
    a_month: str | None = Field(description="30 days of `pictures_a_day`, in the worst case; null without them")


@router.post(
    "/estimate",
    auth=may(Scope.GENERATE),
    response={200: EstimateOut, **REFUSALS},
    url_name="api_estimate",
    openapi_extra=run_bodies.described(EstimateIn),
)
@inside
def estimate_run(request: ApiRequest) -> EstimateOut:
    """Estimate what a run will cost

    The body is that of a run, and what a run refuses is refused here, too. Nothing is made, held or charged."""
    asked = run_bodies.read_request(request, EstimateIn)
    spec = run_bodies.spec_of(asked.body, asked.unknown, request.auth, prompt=UNWRITTEN)
    pictures, route = run_bodies.pictures_of(asked.body, request.auth), run_bodies.route_of(asked.body, request.auth)
    planned = plan.make(org=request.auth.org, spec=spec, pictures=pictures, route=route)
    price = planned.price
    held = run_holds.most_each(price, spec=spec, model=planned.model, standbys=planned.standbys)
    a_day = asked.body.pictures_a_day if isinstance(asked.body, EstimateIn) else None
    return EstimateOut(
        exact=money.exact(price.high) if price.is_exact else None,
        low=money.exact(price.low),
        high=money.exact(price.high),
        upper_bound=money.exact(held * price.images),
        pictures=price.images,
        is_play=prices.is_play(planned.connection),
        a_month=money.exact(price.each * a_day * DAYS_A_MONTH) if a_day else None,
    )
