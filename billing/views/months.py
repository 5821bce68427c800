"""Show months and a month's statement for the books, and close months."""

from datetime import date

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from accounts.access import OrgRequest, member_required
from accounts.errors import Refused
from accounts.models import Role
from billing import charts, months
from billing.views.tabs import usage_tabs
from billing.views.usage import is_play

MOST_BARS = 24


@require_safe
@member_required(Role.ADMIN)
def months_page(request: OrgRequest) -> HttpResponse:
    play = is_play(request, request.GET.get("play"))
    found = months.all_months(request.org, is_play=play)
    context = {
        "months": found,
        "chart": charts.stack_months([(month.first, month.micros) for month in reversed(found[:MOST_BARS])]),
        "is_play": play,
        "has_closed": any(month.closed for month in found),
        "next_to_close": next((month for month in reversed(found) if month.is_over and not month.closed), None),
        "subnav": usage_tabs(request, "months"),
    }
    return render(request, "billing/months.html", context)


@require_safe
@member_required(Role.ADMIN)
def month_page(request: OrgRequest, month: str) -> HttpResponse:
    """Show a month's statement; of an open month, as it stands now."""
    play = is_play(request, request.GET.get("play"))
    found = months.statement(request.org, _month_or_404(month), is_play=play)
    context = {
        "statement": found,
        "month": found.month,
        "is_play": play,
        "is_closing": "close" in request.GET,
        "drawn_up": months.now_in(request.org),
        "crumbs": [{"name": "Months", "url": reverse("months", args=[request.org.slug])}, {"name": found.month.name}],
    }
    return render(request, "billing/month.html", context)


@require_POST
@member_required(Role.ADMIN)
def close_month(request: OrgRequest, month: str) -> HttpResponse:
    first = _month_or_404(month)
    try:
        closed = months.close(org=request.org, by=request.member, month=first)
        messages.success(request, f"{closed} is closed. Anything learnt later is booked in the next open month.")
    except Refused as refusal:
        messages.error(request, refusal.sentence)
    return redirect("month", request.org.slug, month)


def _month_or_404(text: str) -> date:
    try:
        return date.fromisoformat(f"{text}-01")
    except ValueError:
        raise Http404 from None
