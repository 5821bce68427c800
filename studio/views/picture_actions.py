"""Act on chosen pictures, one or many, from the gallery, the lightbox or a collection: star, tag, collect, bin,
restore, download."""

from collections.abc import Callable

from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpResponse, JsonResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from accounts.access import OrgRequest, member_required
from accounts.errors import NotAllowed, Refused
from accounts.models import Role
from saas.text.codes import code_or_none
from saas.web import own_pages
from saas.web.codes import as_code
from studio.files import picture_zip, zip_stream
from studio.gallery import bin as bins
from studio.gallery import collections, organize
from studio.models import MOST_STARS, Output

MOST_PICTURES = 2000
STARS = {str(number) for number in range(MOST_STARS + 1)}


@require_POST
@member_required(Role.MEMBER)
def star_pictures(request: OrgRequest) -> HttpResponse:
    outputs, stars = chosen(request), request.POST.get("stars", "")

    def star() -> str:
        if stars not in STARS:
            raise Refused("Choose how many stars.")
        count = organize.star(by=request.member, outputs=outputs, stars=int(stars))
        return f"{_many(count)} starred" if count > 1 else ""  # the stars of a single picture show on the page

    return answer(request, star)


@require_POST
@member_required(Role.MEMBER)
def tag_pictures(request: OrgRequest) -> HttpResponse:
    outputs, name = chosen(request), request.POST.get("tag", "")
    return answer(
        request, lambda: f"Tagged “{organize.tag(by=request.member, outputs=outputs.only('pk'), name=name).name}”"
    )


@require_POST
@member_required(Role.MEMBER)
def untag_pictures(request: OrgRequest) -> HttpResponse:
    outputs, name = chosen(request), request.POST.get("tag", "")
    return answer(request, lambda: organize.untag(by=request.member, outputs=outputs.only("pk"), name=name))


@require_POST
@member_required(Role.MEMBER)
def collect_pictures(request: OrgRequest) -> HttpResponse:
    """Add pictures to an existing collection, or to a new one with the given name."""
    outputs = chosen(request)

    def collect() -> str:
        name, code = request.POST.get("name", ""), request.POST.get("collection", "")
        if code:
            collection = get_object_or_404(request.org.collections, code=as_code(code))
        else:
            collection = collections.make(by=request.member, name=name)
        count = collections.add(by=request.member, collection=collection, outputs=outputs.only("pk").order_by("-pk"))
        return f"{_many(count)} added to “{collection.name}”" if count else f"Already in “{collection.name}”"

    return answer(request, collect)


@require_POST
@member_required(Role.MEMBER)
def bin_pictures(request: OrgRequest) -> HttpResponse:
    outputs = chosen(request)

    def put() -> str:
        done = bins.put(by=request.member, outputs=outputs)
        stayed = f" {_many(done.others)} made by colleagues stayed." if done.others else ""
        return f"{_many(done.count)} in the bin.{stayed}"

    return answer(request, put, undo=reverse("restore_pictures", args=[request.org.slug]))


@require_POST
@member_required(Role.MEMBER)
def restore_pictures(request: OrgRequest) -> HttpResponse:
    outputs = chosen(request)
    return answer(request, lambda: _say(bins.restore(by=request.member, outputs=outputs), "back in the gallery"))


@require_POST
@member_required(Role.VIEWER)
def download_pictures(request: OrgRequest) -> StreamingHttpResponse:
    outputs = chosen(request).filter(purged_at=None).select_related("run", "composite").order_by("-pk")
    folder = f"{request.org.slug}-{timezone.now():%Y-%m-%d}"
    archive = picture_zip.archive_of_pictures(outputs, folder=folder)
    return zip_stream.send_zip(archive, org_id=request.org.pk)


def chosen(request: OrgRequest) -> "QuerySet[Output]":
    """Return the posted pictures that this member may see. Raise Http404 if there are none, for example because they
    are another organization's."""
    codes = {code for text in request.POST.getlist("picture")[:MOST_PICTURES] if (code := code_or_none(text))}
    found = Output.objects.filter(org=request.org, code__in=codes).visible_to(request.member)
    if not found.exists():
        raise Http404
    return found


def answer(request: OrgRequest, verb: Callable[[], str | None], *, undo: str = "") -> HttpResponse:
    """Call `verb` and return its sentence: for a script as JSON, with `undo`, the address that reverses the act;
    otherwise as a message, with a redirect to the previous page."""
    try:
        sentence, is_done = verb() or "", True
    except NotAllowed as refusal:
        if not request.htmx:
            raise  # member_required turns it into a 403
        return JsonResponse({"sentence": refusal.sentence, "undo": ""}, status=403)
    except Refused as refusal:
        sentence, is_done = refusal.sentence, False
    if request.htmx:
        return JsonResponse({"sentence": sentence, "undo": undo if is_done else ""}, status=200 if is_done else 409)
    if sentence:
        (messages.success if is_done else messages.error)(request, sentence)
    return redirect(own_pages.came_from(request) or reverse("gallery", args=[request.org.slug]))


def _many(count: int) -> str:
    return "1 picture" if count == 1 else f"{count:,} pictures"


def _say(count: int, done: str) -> str:
    return f"{_many(count)} {done}"
