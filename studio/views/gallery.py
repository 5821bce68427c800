from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from accounts.access import OrgRequest, member_required
from accounts.models import Role
from studio import choices
from studio import gallery as walls
from studio.filters import Filters
from studio.models import Output


@require_safe
@vary_on_headers("HX-Request")
@member_required(Role.VIEWER)
def gallery(request: OrgRequest) -> HttpResponse:
    filters = Filters.read(request.GET.dict())
    if "newer" in request.GET:
        wall = walls.newer(request.member, filters, than=request.GET["newer"])
    else:
        wall = walls.wall(request.member, filters, before=request.GET.get("before", ""))
    context: dict[str, Any] = {"wall": wall, "filters": filters, "query": filters.query()}
    if request.headers.get("HX-Request"):
        return render(request, "studio/_wall.html", context)
    return render(request, "studio/gallery.html", {**context, **choices.of(request.member, filters)})


@require_safe
@vary_on_headers("HX-Request")
@member_required(Role.VIEWER)
def picture(request: OrgRequest, code: UUID) -> HttpResponse:
    visible = Output.objects.filter(org=request.org).visible_to(request.member)
    output = get_object_or_404(visible.select_related("run__maker", "slot", "api_key", "composite"), code=code)
    filters = Filters.read(request.GET.dict())
    newer, older = walls.beside(request.member, filters, output)
    context = {"output": output, "run": output.run, "newer": newer, "older": older, "query": filters.query()}
    piece = "studio/_picture.html" if request.headers.get("HX-Request") else "studio/picture.html"
    return render(request, piece, context)
