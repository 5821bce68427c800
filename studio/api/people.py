from collections.abc import Callable
from datetime import date
from typing import Any

from django.db.models import Sum
from django.utils import timezone
from ninja import Router

from accounts.limits import remaining
from accounts.limits.periods import resets_at
from accounts.models import Counter, Period, Scope, Unit
from saas.text import money
from studio.api.door import ApiCaller, ApiRequest, inside, may
from studio.api.runs import REFUSALS
from studio.api.shapes import (
    AmountOut,
    ConnectionOut,
    LimitOut,
    MemberOut,
    ModelOut,
    OrganizationOut,
    Page,
    UsageDay,
    UsageOut,
)
from studio.catalogue import image_models
from studio.models import ImageModel
from studio.money import offers

router = Router(tags=["Organization"])


@router.get(
    "/organization", auth=may(Scope.READ), response={200: OrganizationOut, **REFUSALS}, url_name="api_organization"
)
@inside
def read_organization(request: ApiRequest) -> OrganizationOut:
    """Read whose key this is"""
    return OrganizationOut(slug=request.auth.org.slug, name=request.auth.org.name)


@router.get("/members", auth=may(Scope.READ), response={200: Page[MemberOut], **REFUSALS}, url_name="api_members")
@inside
def list_members(request: ApiRequest) -> dict[str, Any]:
    """List the members"""
    members = request.auth.org.memberships.select_related("user").order_by("user__name", "pk")
    key = request.auth.api_key
    tells = request.auth.member.is_admin and (key is None or Scope.MANAGE in key.scopes)
    found = [
        MemberOut(id=one.user.code, name=one.user.display_name, role=one.role, email=one.user.email if tells else None)
        for one in members
    ]
    return {"data": found, "next": None}


@router.get("/limits", auth=may(Scope.USAGE), response={200: Page[LimitOut], **REFUSALS}, url_name="api_limits")
@inside
def list_limits(request: ApiRequest) -> dict[str, Any]:
    """Read what is left of the limits that count for you, today and this month"""
    caller = request.auth
    limits = remaining.read(caller.member, caller.api_key)
    found = limits.counters(is_lent=limits.default_is_lent)
    return {"data": [_limit(caller, row) for row in found], "next": None}


@router.get("/usage", auth=may(Scope.USAGE), response={200: UsageOut, **REFUSALS}, url_name="api_usage")
@inside
def read_usage(
    request: ApiRequest, since: date | None = None, until: date | None = None, play: bool = False
) -> dict[str, Any]:
    """Read what was used and what it cost, day by day

    An admin's key sees the whole organization's, another one its maker's. `play` is the sandbox's play money."""
    caller = request.auth
    entries = caller.org.ledger.filter(is_play=play)
    entries = entries if caller.member.is_admin else entries.filter(user=caller.member.user)
    entries = entries.filter(counted_on__gte=since) if since else entries
    entries = entries.filter(counted_on__lte=until) if until else entries
    days = entries.values("counted_on").annotate(micros=Sum("micros"), pictures=Sum("images")).order_by("counted_on")
    rows = [UsageDay(day=row["counted_on"], images=row["pictures"], cost=money.exact(row["micros"])) for row in days]
    return {
        "data": rows,
        "images": sum(row["pictures"] for row in days),
        "cost": money.exact(sum(row["micros"] for row in days)),
    }


@router.get("/models", auth=may(Scope.READ), response={200: Page[ModelOut], **REFUSALS}, url_name="api_models")
@inside
def list_models(request: ApiRequest) -> dict[str, Any]:
    """List the models with what each can do"""
    found = image_models.at(timezone.now(), org=request.auth.org)
    return {"data": [_model(model, is_default=model is found.default) for model in found.models], "next": None}


@router.get(
    "/connections", auth=may(Scope.READ), response={200: Page[ConnectionOut], **REFUSALS}, url_name="api_connections"
)
@inside
def list_connections(request: ApiRequest) -> dict[str, Any]:
    """List the connections that a run may use: the default one and those that may be chosen"""
    offer = offers.read(request.auth.org)
    found = [*([offer.default] if offer.default else []), *offer.choices]
    return {"data": [ConnectionOut.from_connection(one) for one in found], "next": None}


def _limit(caller: ApiCaller, row: Counter) -> LimitOut:
    return LimitOut(
        of=row.subject,
        period=row.period,
        is_play=row.is_play,
        resets_at=resets_at(caller.org, Period(row.period), row.starts_on),
        cost=_amount(row, Unit.MONEY, money.exact),
        images=_amount(row, Unit.IMAGES, str),
    )


def _amount(row: Counter, unit: Unit, said: Callable[[int], str]) -> AmountOut:
    allowed, left = row.allowed(unit), row.left(unit)
    return AmountOut(
        allowed=None if allowed is None else said(allowed),
        left=None if left is None else said(left),
        spent=said(row.spent(unit)),
        held=said(row.held(unit)),
    )


def _model(model: ImageModel, *, is_default: bool) -> ModelOut:
    return ModelOut(
        name=model.name,
        snapshots=model.dated_names,
        title=model.title,
        is_default=is_default,
        qualities=model.qualities,
        formats=model.formats,
        backgrounds=model.backgrounds,
        sizes=model.size_rule,
        most_pictures=model.n_max,
        most_partials=model.partial_images_max,
        most_references=model.references_max,
        can_edit=model.can_edit,
        can_mask=model.can_mask,
        available_until=model.available_until,
    )
