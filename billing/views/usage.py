from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse

from accounts.access import OrgRequest, member_required
from accounts.limits import periods
from accounts.models import Role
from billing import charts, folding, usage
from billing.charts import Chart
from billing.spans import OWN, PERIODS, Span
from billing.tasks import fold_usage
from billing.usage import EVERY_BY, NAMELESS, Layer, Line, Scope
from billing.views.tabs import usage_tabs
from saas.queue.broker import enqueue
from saas.web.pagination import cursor_page

MOST_ROWS = 300
UNITS = ("money", "images")


@member_required(Role.VIEWER)
def usage_page(request: OrgRequest) -> HttpResponse:
    """Show usage: a member's own or, for an admin, that of all members."""
    scope = scope_of(request)
    by = _by(request, scope)
    if folding.is_behind(request.org):
        enqueue(fold_usage, request.org.pk)
    return render(request, "billing/usage.html", _context(request, scope, by))


@member_required(Role.VIEWER)
def usage_entries(request: OrgRequest) -> HttpResponse:
    """Show the entries behind a figure, each with its run."""
    scope = scope_of(request)
    page = cursor_page(usage.entries(scope), before=request.GET.get("before", ""))
    query = _query(request, scope)
    crumbs = [{"name": "Usage", "url": f"{reverse('usage', args=[request.org.slug])}?{query}"}, {"name": "Entries"}]
    context = {"page": page, "scope": scope, "only": only_shown(scope), "query": query, "crumbs": crumbs}
    return render(request, "billing/entries.html", context)


def scope_of(request: OrgRequest, asked: QueryDict | None = None) -> Scope:
    asked = request.GET if asked is None else asked
    said = {name: str(value).replace("\0", "") for name, value in asked.items()}
    today = periods.today(request.org).day
    only = {name: usage.canonical(name, said[name]) for name in EVERY_BY if name in said}
    return Scope(
        org=request.org,
        span=Span.read(said, today=today),
        is_play=is_play(request, said.get("play")),
        only=only,
        user_id=None if request.member.is_admin else request.user.pk,
    )


def is_play(request: OrgRequest, said: str | None) -> bool:
    """Return whether to show play money: as the request says or, if it says nothing, only if there is no real money."""
    if said in {"0", "1"}:
        return said == "1"
    return usage.is_on_play_money(request.org)


def _by(request: OrgRequest, scope: Scope) -> str:
    usual = "member" if scope.user_id is None and "member" not in scope.only else "model"
    asked = request.GET.get("by", usual)
    return asked if asked in EVERY_BY else usual


def _context(request: OrgRequest, scope: Scope, by: str) -> dict[str, Any]:
    unit = request.GET.get("unit", "money") if request.GET.get("unit") in UNITS else "money"
    lines, layers = usage.compared(
        scope, by, days_a_bar=charts.days_a_bar(scope.span.count_days), most_series=charts.MOST_SERIES
    )
    rows = [line for line in lines if line.micros is not None]
    now, before = sum(line.micros or 0 for line in rows), sum(line.micros_before for line in lines)
    query = _query(request, scope)
    largest = max((abs(line.micros or 0) for line in rows), default=0)
    chart = charts.stack(scope.span.days, layers, in_images=unit == "images")
    return {
        "scope": scope,
        "by": by,
        "unit": unit,
        "chart": chart,
        "bars": _told(chart, layers),
        "rows": [
            _row(line, number, largest=largest, query=query, by=by) for number, line in enumerate(rows[:MOST_ROWS])
        ],
        "count_more": max(0, len(rows) - MOST_ROWS),
        "spent": now,
        "pictures": sum(line.images for line in rows),
        "before": before,
        "change": _change(now, before),
        "only": only_shown(scope),
        "query": query,
        "choices": _choices(query, by, unit, scope),
        "periods": PERIODS,
        "own": OWN,
        "dimension": EVERY_BY[by].title,
        "subnav": usage_tabs(request, "usage"),
    }


def _row(line: Line, number: int, *, largest: int, query: str, by: str) -> dict[str, Any]:
    narrowed, micros = f"{query}&{urlencode({by: line.key})}", line.micros or 0
    return {
        "key": line.key,
        "label": line.label or NAMELESS[by],
        "micros": micros,
        "images": line.images,
        "series": min(number, charts.MOST_SERIES),
        "share": round(100 * micros / largest) if largest and micros > 0 else 0,
        "change": _change(micros, line.micros_before),
        "narrowed": narrowed,
    }


def _change(now: int, then: int) -> int | None:
    """Return the change in percent; None if there is nothing to compare with."""
    return round(100 * (now - then) / then) if then > 0 else None


def _told(chart: Chart, layers: list[Layer]) -> list[dict[str, Any]]:
    """Return what the chart draws as figures, in money and in pictures; bars without a layer are left out."""
    told: dict[int, dict[str, Any]] = {}
    for layer in layers:
        line = told.setdefault(layer.bar, {"bar": chart.bars[layer.bar], "micros": 0, "images": 0})
        line["micros"] += layer.micros
        line["images"] += layer.images
    return list(told.values())


def _query(request: OrgRequest, scope: Scope) -> str:
    said = {name: request.GET[name] for name in ("by", "unit", "play") if name in request.GET}
    return urlencode({**scope.span.as_query(), **scope.only, **said})


def only_shown(scope: Scope) -> list[dict[str, str]]:
    """Return what the scope is narrowed to, each with the query that no longer narrows by it."""
    rest: Mapping[str, str] = scope.only
    shown = []
    for name, value in rest.items():
        others = {key: kept for key, kept in rest.items() if key != name}
        words = _words(scope, name, value)
        without = urlencode({**scope.span.as_query(), **others, "play": "1" if scope.is_play else "0"})
        shown.append({"name": name, "value": value, "title": EVERY_BY[name].title, "label": words, "without": without})
    return shown


def _words(scope: Scope, name: str, value: str) -> str:
    if EVERY_BY[name].label == EVERY_BY[name].column:
        return value or NAMELESS[name]
    return (usage.label_of(scope, name) if value else "") or value or NAMELESS[name]


def _choices(query: str, by: str, unit: str, scope: Scope) -> dict[str, list[dict[str, Any]]]:
    """Return links that change one parameter and keep the rest."""
    dimensions = [name for name in EVERY_BY if scope.user_id is None or name != "member"]
    spans = [("period", name, title) for name, title in PERIODS.items()]
    return {
        "period": [_choice(query, *one, is_on=scope.span.period == one[1]) for one in spans],
        "by": [_choice(query, "by", name, EVERY_BY[name].title, is_on=name == by) for name in dimensions],
        "unit": [
            _choice(query, "unit", name, name.replace("images", "pictures").capitalize(), is_on=name == unit)
            for name in UNITS
        ],
        "play": [
            _choice(query, "play", value, title, is_on=scope.is_play == (value == "1"))
            for value, title in (("0", "Paid"), ("1", "Sandbox"))
        ],
    }


def _choice(query: str, name: str, value: str, title: str, *, is_on: bool) -> dict[str, Any]:
    changed = QueryDict(query, mutable=True)
    changed[name] = value
    if name == "period":
        for other in ("from", "to"):
            changed.pop(other, None)
    return {"title": title, "query": changed.urlencode(), "is_on": is_on}
