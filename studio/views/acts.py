"""What is done to pictures that were chosen: one or a thousand, from the wall, the lightbox or a collection."""

from collections.abc import Callable
from urllib.parse import urlsplit
from uuid import UUID

from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.http import content_disposition_header, url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from accounts.access import OrgRequest, member_required
from accounts.errors import NotAllowed, Refused
from accounts.models import Role
from studio import archives, bundles, collections, sorting
from studio import bin as bins
from studio.filters import code_or_none
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
        count = sorting.star(by=request.member, outputs=outputs, stars=int(stars))
        return f"{_many(count)} starred" if count > 1 else ""  # of one, everybody sees it

    return answer(request, star)


@require_POST
@member_required(Role.MEMBER)
def tag_pictures(request: OrgRequest) -> HttpResponse:
    outputs, name = chosen(request), request.POST.get("tag", "")
    return answer(
        request, lambda: f"Tagged “{sorting.tag(by=request.member, outputs=outputs.only('pk'), name=name).name}”"
    )


@require_POST
@member_required(Role.MEMBER)
def untag_pictures(request: OrgRequest) -> HttpResponse:
    outputs, name = chosen(request), request.POST.get("tag", "")
    return answer(request, lambda: sorting.untag(by=request.member, outputs=outputs.only("pk"), name=name))


@require_POST
@member_required(Role.MEMBER)
def collect_pictures(request: OrgRequest) -> HttpResponse:
    """Into one that exists, or into a new one by its name."""
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
        stayed = f" {_many(done.others)} of colleagues stayed." if done.others else ""
        return f"{_many(done.count)} in the bin.{stayed}"

    return answer(request, put, undo=reverse("restore_pictures", args=[request.org.slug]))


@require_POST
@member_required(Role.MEMBER)
def restore_pictures(request: OrgRequest) -> HttpResponse:
    outputs = chosen(request)
    return answer(request, lambda: _say(bins.restore(by=request.member, outputs=outputs), "back on the wall"))


@require_POST
@member_required(Role.VIEWER)
def download_pictures(request: OrgRequest) -> StreamingHttpResponse:
    outputs = chosen(request).filter(purged_at=None).select_related("run", "composite").order_by("-pk")
    folder = f"{request.org.slug}-{timezone.now():%Y-%m-%d}"
    archive = bundles.of(outputs, folder=folder)
    response = StreamingHttpResponse(archives.sent(archive), content_type="application/zip")
    response["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=archive.name) or ""
    response["Cache-Control"] = "private, no-store"
    return response


def chosen(request: OrgRequest) -> "QuerySet[Output]":
    """Of what this member may see. Nothing of it, for example another organization's, is 404."""
    codes = {code for text in request.POST.getlist("picture")[:MOST_PICTURES] if (code := code_or_none(text))}
    found = Output.objects.filter(org=request.org, code__in=codes).visible_to(request.member)
    if not found.exists():
        raise Http404
    return found


def answer(request: OrgRequest, verb: Callable[[], str | None], *, undo: str = "") -> HttpResponse:
    """For script a sentence, for everybody else the page that they came from."""
    try:
        sentence, is_done = verb() or "", True
    except NotAllowed as refusal:
        if not request.headers.get("HX-Request"):
            raise  # a 403, made by whoever asked for the rights
        return JsonResponse({"sentence": refusal.sentence, "undo": ""}, status=403)
    except Refused as refusal:
        sentence, is_done = refusal.sentence, False
    if request.headers.get("HX-Request"):
        return JsonResponse({"sentence": sentence, "undo": undo if is_done else ""}, status=200 if is_done else 409)
    if sentence:
        (messages.success if is_done else messages.error)(request, sentence)
    return redirect(came_from(request) or reverse("gallery", args=[request.org.slug]))


def came_from(request: HttpRequest) -> str:
    """The page of ours that a form stood on."""
    address = request.headers.get("Referer", "")
    if not url_has_allowed_host_and_scheme(address, {request.get_host()}, require_https=request.is_secure()):
        return ""
    parts = urlsplit(address)
    if parts.path.startswith(("//", "/\\")):
        return ""  # a browser would take it for another host
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


def as_code(text: str) -> UUID:
    code = code_or_none(text)
    if code is None:
        raise Http404
    return code


def _many(count: int) -> str:
    return "1 picture" if count == 1 else f"{count:,} pictures"


def _say(count: int, done: str) -> str:
    return f"{_many(count)} {done}"
