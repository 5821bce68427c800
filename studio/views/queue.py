from django.db.models import Count, Q
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from accounts.access import OrgRequest, member_required
from accounts.models import Role
from studio import runs
from studio.models import LIVE


@require_GET
@member_required(Role.VIEWER)
def queue(request: OrgRequest) -> HttpResponse:
    """How many runs are under way: mine, and all that I may see."""
    live = runs.visible_to(request.member).filter(state__in=LIVE)
    return render(
        request, "studio/_queue.html", live.aggregate(mine=Count("pk", Q(maker=request.user)), all=Count("pk"))
    )
