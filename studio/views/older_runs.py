"""Load older runs into the stream."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from accounts.access import OrgRequest, member_required
from accounts.models import Role
from saas.text.codes import code_or_none
from studio.models import Run
from studio.views.pages import stream_page

PAGE_SIZE = 12
MOST_AT_ONCE = 500


@require_GET
@member_required(Role.VIEWER)
def older_runs(request: OrgRequest) -> HttpResponse:
    """Return the next page of runs or, with `through`, all down to that run, to restore a position far down. Only a
    script asks for it, so each picture's buttons are sent in a template: js/stream/tools.js unpacks them when the
    pointer or the focus reaches the picture."""
    before, through = request.GET.get("before", ""), request.GET.get("through", "")
    page = stream_page(request, size=_size(request, before, through))
    return render(request, "studio/_older.html", {"page": page, "is_at_rest": True})


def _size(request: OrgRequest, before: str, through: str) -> int:
    ends = [code for code in map(code_or_none, (before, through)) if code]
    if len(ends) < 2:  # noqa: PLR2004 both of them
        return PAGE_SIZE
    visible = Run.objects.visible_to(request.member)
    newer, last = (visible.filter(code=code).values("pk") for code in ends)
    between = visible.filter(pk__lt=newer, pk__gte=last)[:MOST_AT_ONCE].count()
    return max(PAGE_SIZE, between)
