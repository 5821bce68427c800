from django.db.models import Count, Q
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from accounts.access import OrgRequest, member_required
from accounts.models import Role
from studio.models import LIVE, Run


@require_GET
@member_required(Role.VIEWER)
def queue(request: OrgRequest) -> HttpResponse:
    """Show how many runs are under way: the member's own, and all that the member may see."""
    live = Run.objects.visible_to(request.member).filter(state__in=LIVE)
    return render(
        request, "studio/_queue.html", live.aggregate(mine=Count("pk", Q(maker=request.user)), all=Count("pk"))
    )
