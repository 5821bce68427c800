from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from accounts.access import OrgRequest, member_required
from accounts.models import Role
from saas.text.codes import code_or_none
from studio.gallery import bin as bins
from studio.gallery import filter_choices, unfinished
from studio.gallery import tiles as walls
from studio.gallery.filters import Filters
from studio.models import Output, State, Visibility

MOST_COMPARED = 4
MOST_IN_BIN = 300
KEYS = "studio/_gallery_keys.html"


@require_safe
@vary_on_headers("HX-Request")
@member_required(Role.VIEWER)
def gallery(request: OrgRequest) -> HttpResponse:
    filters = Filters.read(request.GET.dict())
    if filters.unfinished:
        return _unfinished(request, filters, filters.unfinished)
    if "newer" in request.GET:
        wall = walls.newer(request.member, filters, than=request.GET["newer"])
    else:
        wall = walls.page(request.member, filters, before=request.GET.get("before", ""))
    context: dict[str, Any] = {"wall": wall, "filters": filters, "query": filters.query(), "page_keys": KEYS}
    if request.htmx:
        return render(request, "studio/_wall.html", context)
    return render(request, "studio/gallery.html", {**context, **filter_choices.filter_options(request.member, filters)})


def _unfinished(request: OrgRequest, filters: Filters, state: State) -> HttpResponse:
    page = unfinished.page(request.member, filters, state, before=request.GET.get("before", ""))
    context = {"unfinished": page, "filters": filters, "query": filters.query()}
    return render(request, "studio/gallery.html", {**context, **filter_choices.filter_options(request.member, filters)})


@require_safe
@vary_on_headers("HX-Request")
@member_required(Role.VIEWER)
def picture(request: OrgRequest, code: UUID) -> HttpResponse:
    visible = Output.objects.filter(org=request.org).visible_to(request.member)
    output = get_object_or_404(visible.select_related("run__maker", "slot", "api_key", "composite"), code=code)
    filters = Filters.read(request.GET.dict())
    newer, older = walls.neighbours(request.member, filters, output)
    context = {
        "output": output,
        "run": output.run,
        "newer": newer,
        "older": older,
        "query": filters.query(),
        "tags": [tagging.tag.name for tagging in output.taggings.select_related("tag").order_by("tag__name")],
        "collected": [item.collection for item in output.collection_items.select_related("collection")],
        "comments": output.run.comments.select_related("author").order_by("pk"),
        "shelf": request.org.collections.order_by("name").values_list("code", "name")[: filter_choices.MOST],
        "page_keys": KEYS,
        "is_private": output.visibility == Visibility.PRIVATE,
        "is_mine": output.maker_id == request.user.pk or request.member.is_admin,
    }
    piece = "studio/_picture.html" if request.htmx else "studio/picture.html"
    return render(request, piece, context)


@require_safe
@member_required(Role.VIEWER)
def compare(request: OrgRequest) -> HttpResponse:
    """Show up to four pictures side by side, in the order given. Those that this member may not see are left out."""
    codes = [found for text in request.GET.getlist("picture")[:MOST_COMPARED] if (found := code_or_none(text))]
    visible = Output.objects.filter(org=request.org, code__in=codes).visible_to(request.member)
    outputs = sorted(visible.select_related("run__maker", "composite"), key=lambda output: codes.index(output.code))
    return render(request, "studio/compare.html", {"outputs": outputs, "page_keys": KEYS})


@require_safe
@member_required(Role.VIEWER)
def bin_page(request: OrgRequest) -> HttpResponse:
    found = bins.in_bin(request.member).select_related("run", "maker", "composite", "binned_by")[:MOST_IN_BIN]
    pictures = [(output, bins.days_left(output)) for output in found]
    return render(request, "studio/bin.html", {"pictures": pictures, "days": bins.DAYS})
