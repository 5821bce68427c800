from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse

from accounts import periods
from accounts.access import OrgRequest, member_required
from accounts.models import Role
from billing import charts, usage
from billing.spans import OWN, PERIODS, Span
from billing.usage import EVERY_BY, NAMELESS, Scope
from billing.views.tabs import usage_tabs
from saas.broker import enqueue
from saas.pages import cursor_page

MOST_ROWS = 300
UNITS = ("money", "images")


@member_required(Role.VIEWER)
def usage_page(request: OrgRequest) -> HttpResponse:
    """A member sees their own, an admin everybody's."""
    scope = scope_of(request)
    by = _by(request, scope)
    if usage.is_behind(request.org):
        from billing.tasks import fold_usage

        enqueue(fold_usage, request.org.pk)
    return render(request, "billing/usage.html", _context(request, scope, by))


@member_required(Role.VIEWER)
def usage_entries(request: OrgRequest) -> HttpResponse:
    """The entries behind a figure, each with its run."""
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
    only = {name: said[name] for name in EVERY_BY if name in said}
    return Scope(
        org=request.org,
        span=Span.read(said, today=today),
        is_play=is_play(request, said.get("play")),
        only=only,
        user_id=None if request.member.is_admin else request.user.pk,
    )


def is_play(request: OrgRequest, said: str | None) -> bool:
    """Not said, it is the real money, unless there is none to be had."""
    if said in {"0", "1"}:
        return said == "1"
    return usage.is_on_play_money(request.org)


def _by(request: OrgRequest, scope: Scope) -> str:
    usual = "member" if scope.user_id is None and "member" not in scope.only else "model"
    asked = request.GET.get("by", usual)
    return asked if asked in EVERY_BY else usual


def _context(request: OrgRequest, scope: Scope, by: str) -> dict[str, Any]:
    unit = request.GET.get("unit", "money") if request.GET.get("unit") in UNITS else "money"
    sums = usage.by_day(scope, by)
    rows = usage.over_days(sums)
    before = {one.key: one for one in usage.sums(scope.of(scope.span.before), by)}
    now, then = _add(rows), _add(before.values())
    query = _query(request, scope)
    largest = max((abs(row.micros) for row in rows), default=0)
    return {
        "scope": scope,
        "by": by,
        "unit": unit,
        "chart": charts.of(scope.span.days, sums, [row.key for row in rows], in_images=unit == "images"),
        "days": _by_days(sums),
        "rows": [
            _row(row, number, before=before.get(row.key), largest=largest, query=query, by=by)
            for number, row in enumerate(rows[:MOST_ROWS])
        ],
        "count_more": max(0, len(rows) - MOST_ROWS),
        "now": now,
        "then": then,
        "change": _change(now["micros"], then["micros"]),
        "only": only_shown(scope),
        "query": query,
        "choices": _choices(query, by, unit, scope),
        "periods": PERIODS,
        "own": OWN,
        "dimension": EVERY_BY[by].title,
        "subnav": usage_tabs(request, "usage"),
    }


def _row(row: usage.Sum, number: int, *, before: usage.Sum | None, largest: int, query: str, by: str) -> dict[str, Any]:
    narrowed = f"{query}&{urlencode({by: row.key})}"
    return {
        "key": row.key,
        "label": row.label or NAMELESS[by],
        "micros": row.micros,
        "images": row.images,
        "series": min(number, charts.MOST_SERIES),
        "share": round(100 * row.micros / largest) if largest and row.micros > 0 else 0,
        "change": _change(row.micros, before.micros if before else 0),
        "narrowed": narrowed,
    }


def _add(rows: Any) -> dict[str, int]:
    found = list(rows)
    return {"micros": sum(row.micros for row in found), "images": sum(row.images for row in found)}


def _change(now: int, then: int) -> int | None:
    """In percent; None where there is nothing to compare with."""
    return round(100 * (now - then) / then) if then > 0 else None


def _by_days(sums: list[usage.DaySum]) -> list[dict[str, Any]]:
    days: dict[Any, dict[str, Any]] = {}
    for one in sums:
        day = days.setdefault(one.day, {"day": one.day, "micros": 0, "images": 0})
        day["micros"] += one.micros
        day["images"] += one.images
    return list(days.values())


def _query(request: OrgRequest, scope: Scope) -> str:
    said = {name: request.GET[name] for name in ("by", "unit", "play") if name in request.GET}
    return urlencode({**scope.span.as_query(), **scope.only, **said})


def only_shown(scope: Scope) -> list[dict[str, str]]:
    """What it is narrowed to, with the way out of each."""
    rest: Mapping[str, str] = scope.only
    shown = []
    for name, value in rest.items():
        others = {key: kept for key, kept in rest.items() if key != name}
        label = next(iter(usage.sums(scope, name)), None)
        words = (label.label if label else value) or NAMELESS[name]
        without = urlencode({**scope.span.as_query(), **others, "play": "1" if scope.is_play else "0"})
        shown.append({"name": name, "value": value, "title": EVERY_BY[name].title, "label": words, "without": without})
    return shown


def _choices(query: str, by: str, unit: str, scope: Scope) -> dict[str, list[dict[str, Any]]]:
    """Links that change one thing and keep the rest."""
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
