"""Threads: the list, a thread's page as it looks at one of its turns, and what is done with the whole thread."""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import Http404, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe
from django.views.decorators.vary import vary_on_headers

from accounts.access import OrgRequest, member_required
from accounts.models import Role
from saas.text.codes import code_or_none
from saas.web.codes import as_code
from saas.web.pagination import cursor_page
from studio.catalogue.fields import SpecRefused
from studio.files import zip_stream
from studio.inputs import uploads
from studio.models import Input, Output, Run, Thread, Visibility
from studio.prompt import bar
from studio.runs import cards
from studio.threads import asking, collapse, drawing, edit_threads, export, tree
from studio.threads import base as bases
from studio.threads.asking import Asked, Quote
from studio.threads.base import Base, ParentRefused
from studio.threads.tree import Tree, TreeTurn

SHOWN = 24
MOST_SAID = 60  # of a longer branch the last ones are shown, and the tree has all
START = "start"


@dataclass(frozen=True, slots=True)
class StartPicture:
    """The picture that a thread starts from, as its page shows it."""

    preview: str
    thumbnail: str
    original: str
    width: int
    height: int
    input: str = ""  # its code, if it is one already
    output: str = ""


@require_safe
@member_required(Role.VIEWER)
def thread_list(request: OrgRequest) -> HttpResponse:
    pictures = Output.objects.visible_to(request.member).not_in_bin().filter(run__turn__thread=OuterRef("pk"))
    rows = Thread.objects.visible_to(request.member).select_related("start", "maker")
    first = Run.objects.visible_to(request.member).filter(turn__thread=OuterRef("pk"), turn__number=1)
    covered = rows.annotate(
        cover=Subquery(pictures.order_by("-pk").values("code")[:1]), words=Subquery(first.values("prompt")[:1])
    )
    page = cursor_page(covered, before=request.GET.get("before", ""), size=SHOWN)
    return render(request, "studio/threads/list.html", {"page": page})


@require_safe
@member_required(Role.MEMBER)
def new_thread(request: OrgRequest) -> HttpResponse:
    """Draw a thread that is not started yet: what is said first starts it. `image` or `input` names its picture."""
    picture = named_picture(request, request.GET)
    return draw_page(request, Tree(unsaved(request), ()), None, None, picture=picture)


@vary_on_headers("HX-Request")
@require_safe
@member_required(Role.VIEWER)
def thread(request: OrgRequest, code: UUID) -> HttpResponse:
    """Draw a thread as it looks at `turn=<number>`, else at its newest, or only the pieces that an open page renews."""
    found = tree.read(find_thread(request, code), request.member)
    number = request.GET.get("turn", "")
    current = found.newest if number == "" else found.numbered(int(number)) if number.isdecimal() else None
    if number not in {"", "0"} and current is None:
        raise Http404
    image = code_or_none(request.GET.get("image", ""))
    return draw_page(request, found, current, image, only_pieces=bool(request.htmx))


@require_safe
@member_required(Role.VIEWER)
def thread_archive(request: OrgRequest, code: UUID) -> HttpResponseBase:
    """Send a ZIP with the thread's pictures in their order and thread.json."""
    found = tree.read(find_thread(request, code), request.member)
    return zip_stream.send_zip(export.archive_of(found), org_id=request.org.pk)


@require_POST
@member_required(Role.MEMBER)
def rename_thread(request: OrgRequest, code: UUID) -> HttpResponse:
    found = find_thread(request, code)
    try:
        edit_threads.rename(by=request.member, thread=found, title=request.POST.get("title", ""))
    except SpecRefused as refusal:
        messages.error(request, refusal.errors[0].sentence)
    return redirect("thread", request.org.slug, code)


@require_POST
@member_required(Role.MEMBER)
def show_thread(request: OrgRequest, code: UUID) -> HttpResponse:
    """Make a thread private, or give it to the team."""
    to = Visibility.PRIVATE if request.POST.get("visibility") == Visibility.PRIVATE else Visibility.TEAM
    edit_threads.change_visibility(by=request.member, thread=find_thread(request, code), to=to)
    return redirect("thread", request.org.slug, code)


@require_POST
@member_required(Role.MEMBER)
def delete_thread(request: OrgRequest, code: UUID) -> HttpResponse:
    edit_threads.delete(by=request.member, thread=find_thread(request, code))
    messages.success(request, "The thread is deleted. Its pictures are in the gallery.")
    return redirect("threads", request.org.slug)


def _threads(request: OrgRequest) -> QuerySet[Thread]:
    return Thread.objects.visible_to(request.member).select_related("start__source", "maker", "org")


def find_thread(request: OrgRequest, code: UUID) -> Thread:
    return get_object_or_404(_threads(request), code=code)


def unsaved(request: OrgRequest) -> Thread:
    return Thread(org=request.org, maker=request.user)


def named_picture(request: OrgRequest, given: QueryDict) -> StartPicture | None:
    if code := given.get("image" if request.method == "GET" else "start_image"):
        visible = Output.objects.visible_to(request.member).not_in_bin().select_related("composite")
        return _start_of_output(request, get_object_or_404(visible, code=as_code(code)))
    if code := given.get("input" if request.method == "GET" else "start_input"):
        chosen = uploads.visible_to(request.member).filter(is_mask=False)
        return _start_of_input(request, get_object_or_404(chosen, code=as_code(code)))
    return None


def _start_of_output(request: OrgRequest, output: Output) -> StartPicture:
    url = {
        shape: reverse("output_file", args=[request.org.slug, output.code, shape])
        for shape in (output.shown_preview, output.shown_thumbnail, output.shown_original)
    }
    return StartPicture(
        url[output.shown_preview],
        url[output.shown_thumbnail],
        url[output.shown_original],
        output.shown.width,
        output.shown.height,
        output=str(output.code),
    )


def _start_of_input(request: OrgRequest, given: Input) -> StartPicture:
    preview, thumbnail, sent = (
        reverse("input_file", args=[request.org.slug, given.code, shape]) for shape in ("preview", "thumbnail", "sent")
    )
    return StartPicture(preview, thumbnail, sent, given.width, given.height, input=str(given.code))


def draw_page(
    request: OrgRequest,
    found: Tree,
    current: TreeTurn | None,
    image: UUID | None,
    *,
    picture: StartPicture | None = None,
    made: Quote | None = None,
    only_pieces: bool = False,
    status: int = HTTPStatus.OK,
) -> HttpResponse:
    start = _start_of_input(request, found.thread.start) if found.thread.start else picture
    chosen = _chosen(current, image)
    if made is None and request.member.is_at_least(Role.MEMBER):
        base = _base_shown(current, chosen, found.thread, start)
        made = asking.quote(request.member, base, Asked("", {}))
    path = current.path if current else []
    context = {
        "tree": found,
        "thread": found.thread,
        "current": current,
        "run": _card_of(request, current) if current and not current.is_hidden else None,
        "turn": current.turn if current else None,
        "chosen": chosen,
        "start": start,
        "quote": made,
        "drawing": drawing.draw(found, current, address=_picture_address(request)),
        "path": path[-MOST_SAID:],
        "earlier": len(path) - MOST_SAID if len(path) > MOST_SAID else 0,
        "collapsed": _collapsed(current),
        "quality": _quality_shown(current, made),
        "request_key": bar.new_key(),
        "said": request.POST.get("say", ""),
        "shows_faults": status != HTTPStatus.OK,
    }
    template = "studio/threads/_pieces.html" if only_pieces else "studio/threads/page.html"
    return render(request, template, context, status=status)


def _collapsed(current: TreeTurn | None) -> dict[str, Any] | None:
    """Return all wishes of the branch in one, if there are several, and where it would start."""
    turns = collapse.turns_of(current.path) if current else []
    if len(turns) < 2:  # noqa: PLR2004 one wish is one already
        return None
    first = collapse.first_parent(current.path) if current else None
    return {
        "count": len(turns),
        "words": collapse.instruction(turns),
        "parent": str(first.turn.code) if first else START,
        "number": first.number if first else 0,
    }


def _picture_address(request: OrgRequest) -> str:
    return reverse("output_file", args=[request.org.slug, drawing.CODE, drawing.SHAPE])


def _quality_shown(current: TreeTurn | None, made: Quote | None) -> str:
    """Return the quality that the composer begins with: that of what is looked at, even while it is being made."""
    if made is not None and made.spec is not None:
        return made.spec.quality
    return str(current.run.asked.get("quality", "")) if current and not current.is_hidden else asking.USUAL_QUALITY


def _card_of(request: OrgRequest, current: TreeTurn) -> Run:
    return cards.prefetch(request.org.runs.all()).get(pk=current.run.pk)


def _chosen(current: TreeTurn | None, image: UUID | None) -> Output | None:
    if current is None:
        return None
    return next((one for one in current.outputs if one.code == image), current.picture)


def _base_shown(
    current: TreeTurn | None, chosen: Output | None, found: Thread, start: StartPicture | None
) -> Base | ParentRefused:
    """Return the base of a turn that would go on from what is looked at."""
    if current is None:
        if found.pk is None and start is not None:
            return Base(start=Input(width=start.width, height=start.height))
        return bases.of_start(found)
    if chosen is None:
        return bases.why(current.turn, [slot.output for slot in current.slots if hasattr(slot, "output")])
    return Base(current.turn, chosen)
