from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from accounts.access import OrgRequest, member_required
from accounts.models import Role
from saas.web.codes import as_code
from studio.gallery import collections
from studio.models import Collection, Output
from studio.views.picture_actions import answer, chosen

COVERS = 4


@require_safe
@member_required(Role.VIEWER)
def collection_list(request: OrgRequest) -> HttpResponse:
    shelf = collections.shelf(request.member)
    return render(request, "studio/collections.html", {"shelf": shelf})


@require_POST
@member_required(Role.MEMBER)
def new_collection(request: OrgRequest) -> HttpResponse:
    def make() -> str:
        made = collections.make(by=request.member, name=request.POST.get("name", ""))
        return f"“{made.name}” is ready. Choose pictures in the gallery and add them."

    return answer(request, make)


@require_safe
@member_required(Role.VIEWER)
def collection(request: OrgRequest, code: UUID) -> HttpResponse:
    found = _found(request, code)
    pictures = collections.pictures(request.member, found)
    context = {
        "collection": found,
        "pictures": pictures,
        "query": f"collection={found.code}",
        "shares": found.shares.filter(revoked_at=None),
        "page_keys": "studio/_gallery_keys.html",
    }
    return render(request, "studio/collection.html", context)


@require_POST
@member_required(Role.MEMBER)
def rename_collection(request: OrgRequest, code: UUID) -> HttpResponse:
    found, name = _found(request, code), request.POST.get("name", "")
    return answer(request, lambda: collections.rename(by=request.member, collection=found, name=name))


@require_POST
@member_required(Role.MEMBER)
def order_collection(request: OrgRequest, code: UUID) -> HttpResponse:
    found = _found(request, code)
    codes = [as_code(text) for text in request.POST.getlist("picture")[: collections.MOST_PICTURES]]
    return answer(request, lambda: collections.reorder(by=request.member, collection=found, codes=codes))


@require_POST
@member_required(Role.MEMBER)
def cover_collection(request: OrgRequest, code: UUID) -> HttpResponse:
    found = _found(request, code)
    visible = Output.objects.filter(org=request.org).visible_to(request.member)
    output = get_object_or_404(visible, code=as_code(request.POST.get("picture", "")))
    return answer(request, lambda: collections.set_cover(by=request.member, collection=found, output=output))


@require_POST
@member_required(Role.MEMBER)
def uncollect_pictures(request: OrgRequest, code: UUID) -> HttpResponse:
    found, outputs = _found(request, code), chosen(request)
    return answer(request, lambda: collections.remove(by=request.member, collection=found, outputs=outputs))


@require_POST
@member_required(Role.MEMBER)
def delete_collection(request: OrgRequest, code: UUID) -> HttpResponse:
    collections.delete(by=request.member, collection=_found(request, code))
    return redirect(reverse("collections", args=[request.org.slug]))


def _found(request: OrgRequest, code: UUID) -> Collection:
    return get_object_or_404(request.org.collections.select_related("maker"), code=code)
