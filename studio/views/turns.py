"""Turns: what a thread's composer holds, its price, what is sent from it, and how far a turn strayed."""

import hashlib
import json
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import replace
from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from accounts.access import OrgRequest, member_required
from accounts.errors import NotAllowed, Refused
from accounts.models import Role
from saas.database import tenancy
from saas.text.codes import code_or_none
from saas.web.after_transaction import Afterwards
from saas.web.codes import as_code
from studio.catalogue.fields import Fault, SpecRefused
from studio.imaging.decode_turns import Busy
from studio.imaging.inspection import UploadRefused
from studio.inputs import uploads
from studio.inputs.uploads import Ready
from studio.models import Input, Output, Run, Thread, Turn, Visibility
from studio.openai_wire.forms import Upload
from studio.prompt import bar
from studio.runs import cards
from studio.runs.plan import Pictures
from studio.threads import asking, composites, drift, edit_threads, region, tree, words
from studio.threads import base as bases
from studio.threads import say as sending
from studio.threads.asking import Asked
from studio.threads.base import Base, ParentRefused
from studio.threads.tree import Tree
from studio.views.threads import START, draw_page, find_thread, named_picture, unsaved

KEY_CHARACTERS = 32
MOST_REFERENCES = 16
PPM_PER_PERCENT = 10_000


@require_safe
@member_required(Role.VIEWER)
def turn_card(request: OrgRequest, code: UUID) -> HttpResponse:
    """Draw the card of a turn's run, which an open page fetches again while it develops."""
    run = get_object_or_404(cards.prefetch(Run.objects.visible_to(request.member)), code=code)
    turns = Turn.objects.filter(org=request.org, thread__in=Thread.objects.visible_to(request.member))
    turn = get_object_or_404(turns.select_related("thread"), run=run)
    return render(request, "studio/threads/_stage.html", {"run": run, "turn": turn})


@require_safe
@member_required(Role.VIEWER)
def turn_drift(request: OrgRequest, code: UUID) -> HttpResponse:
    """Return a heat map of how far a turn's picture strayed from its parent's or, with `against=start`, from the first.
    The header `Drift` has the share in percent."""
    threads = Thread.objects.visible_to(request.member).select_related("start")
    turns = Turn.objects.filter(org=request.org, thread__in=threads, run__in=Run.objects.visible_to(request.member))
    turn = get_object_or_404(turns.select_related("run", "thread__start", "base__composite"), code=code)
    is_since_start = request.GET.get("against") == START
    try:
        chosen = bases.of_turn(request.member, turn, image=code_or_none(request.GET.get("image", ""))).output
        if chosen is None:
            raise Http404
        pair = drift.pair_of(turn.thread, turn, chosen, is_since_start=is_since_start)
    except Output.DoesNotExist:
        raise Http404 from None
    except Refused as refusal:
        return _not_measured(refusal)
    return Afterwards(lambda: _measured(pair))


def _measured(pair: drift.Pair) -> HttpResponse:
    try:
        found = drift.measure(pair)
    except (Refused, Busy) as refusal:
        return _not_measured(refusal if isinstance(refusal, Refused) else Refused("Try again in a few seconds."))
    headers = {"Drift": f"{(found.changed_ppm or 0) / PPM_PER_PERCENT:.1f}", "Cache-Control": "private, max-age=3600"}
    return HttpResponse(found.heat, content_type="image/webp", headers=headers)


def _not_measured(refusal: Refused) -> JsonResponse:
    said = {"error": {"code": getattr(refusal, "code", "refused"), "message": refusal.sentence}}
    return JsonResponse(said, status=HTTPStatus.CONFLICT)


@require_POST
@member_required(Role.MEMBER)
def turn_price(request: OrgRequest) -> HttpResponse:
    """Draw the composer's button for what it holds now."""
    found, base, asked = _composed(request)
    made = asking.quote(request.member, base, asked)
    return render(request, "studio/threads/_go.html", {"quote": made, "thread": found})


@require_POST
@member_required(Role.MEMBER, is_alone=True)
def send_turn(request: OrgRequest) -> HttpResponse:
    """Send what the composer holds. A thread that is not saved yet starts with it. Words that go back to another
    turn are sent only once the page has shown that they do."""
    org = request.org
    with tenancy.tenant(org.pk):
        found, base, asked = _composed(request)
    try:
        if isinstance(base, ParentRefused):
            raise base
        if asked.branch and request.POST.get("branch") != str(asked.branch.number):
            return _refused(request, found, base, asked, Fault("branch", "unconfirmed", ""))
        turn = _send(request, found, base, asked)
    except NotAllowed:
        raise
    except SpecRefused as refusal:
        return _refused(request, found, base, asked, *refusal.errors)
    except UploadRefused as refusal:
        return _refused(request, found, base, asked, Fault("reference", refusal.code, refusal.sentence))
    except Refused as refusal:
        return _refused(request, found, base, asked, Fault("", getattr(refusal, "place", "refused"), refusal.sentence))
    url = f"{reverse('thread', args=[org.slug, turn.thread.code])}?turn={turn.number}"
    if not request.htmx:
        return redirect(url)
    told = {"url": url, "number": turn.number, "request_key": bar.new_key()}
    return JsonResponse(told, status=HTTPStatus.CREATED)


@require_POST
@member_required(Role.MEMBER, is_alone=True)
def take_region(request: OrgRequest) -> HttpResponse:
    """Put a region of another turn's picture into this one. `mask` is what was painted on this one, `other` the picture
    that it is taken from. Nothing is charged."""
    org, by, post = request.org, request.member, request.POST
    try:
        with tenancy.tenant(org.pk):
            found = find_thread(request, as_code(post.get("thread", "")))
            base = _base(request, found, Asked("", {}))
            other = _other(request, found)
            mask = _mask(request)
            if mask is None:
                raise Http404
            known = [bases.earlier_input(one, by) for one in (base, other)]
        with ExitStack() as undo:
            stored = [one or bases.store(each, undo) for one, each in zip(known, (base, other), strict=True)]
            with tenancy.tenant(org.pk):
                ground, layer = (uploads.keep(one, by=by.user) if isinstance(one, Ready) else one for one in stored)
                undo.pop_all()
            if ground is None or layer is None:
                raise Http404
            made = region.compose(org=org, ground=ground, layer=layer, mask=mask, undo=undo)
            with tenancy.tenant(org.pk):
                inputs = (mask, ground, layer)
                turn = region.keep(by=by, thread=found, base=base, other=other.parent, made=made, inputs=inputs)
                undo.pop_all()  # before the commit: files that rows name must not be deleted
    except NotAllowed:
        raise
    except Output.DoesNotExist:
        raise Http404 from None
    except (Refused, UploadRefused) as refusal:
        said = {"error": {"code": getattr(refusal, "code", "refused"), "message": refusal.sentence}}
        return JsonResponse(said, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    url = f"{reverse('thread', args=[org.slug, found.code])}?turn={turn.number}"
    return JsonResponse({"url": url, "number": turn.number}, status=HTTPStatus.CREATED)


def _composed(request: OrgRequest) -> tuple[Thread, Base | ParentRefused, Asked]:
    """Read the composer: its thread, the picture that the next turn starts from, and what is asked."""
    post = request.POST
    found = find_thread(request, as_code(post["thread"])) if post.get("thread") else unsaved(request)
    asked = _asked(request, found)
    try:
        base = _base(request, found, asked)
    except ParentRefused as refusal:
        return found, refusal, asked
    except Output.DoesNotExist:
        raise Http404 from None
    return found, base, asked


def _asked(request: OrgRequest, found: Thread) -> Asked:
    post = request.POST
    say = post.get("say", "")[: asking.LONGEST_TEXT]
    codes = [code for code in map(code_or_none, post.getlist("reference")[:MOST_REFERENCES]) if code]
    known = {one.code: one for one in uploads.visible_to(request.member).filter(code__in=codes)} if codes else {}
    collapsed = code_or_none(post.get("collapses", "")) if found.pk else None
    numbers = {0, *found.turns.values_list("number", flat=True)} if found.pk else set()
    return Asked(
        say=say,
        settings={name: post[name][: asking.LONGEST_WORD] for name in asking.SETTINGS if name in post},
        references=[known[code] for code in codes if code in known],
        has_mask=bool(post.get("mask") or post.get("painted")),
        styles=tuple(style for style in post.getlist("style") if style),
        branch=None if post.get("as_said") or collapsed else words.branch_of(say, numbers),
        collapses=bases.seen(request.member, found).filter(code=collapsed).first() if collapsed else None,
    )


def _base(request: OrgRequest, found: Thread, asked: Asked) -> Base:
    post, member = request.POST, request.member
    is_fresh = bool(post.get("fresh"))
    if found.pk is None:
        picture = named_picture(request, post)
        return Base() if picture is None or is_fresh else Base(start=Input(width=picture.width, height=picture.height))
    if asked.branch:
        if not asked.branch.number:
            return bases.of_start(found)
        return bases.of_turn(member, get_object_or_404(bases.seen(member, found), number=asked.branch.number))
    if post.get("parent") == START:
        return bases.of_start(found, is_fresh=is_fresh)
    if not post.get("parent"):
        return bases.newest(member, found, is_fresh=is_fresh)
    turn = get_object_or_404(bases.seen(member, found), code=as_code(post["parent"]))
    return bases.of_turn(member, turn, image=code_or_none(post.get("image", "")), is_fresh=is_fresh)


def _other(request: OrgRequest, found: Thread) -> Base:
    """Return the picture that a region is taken from: another turn's, or the one that the thread starts from."""
    post = request.POST
    if post.get("other") == START:
        return bases.of_start(found)
    base = bases.of_image(request.member, found, as_code(post.get("other", "")))
    if base is None:
        raise Http404
    return base


def _send(request: OrgRequest, found: Thread, base: Base, asked: Asked) -> Turn:
    org, by, post = request.org, request.member, request.POST
    if base.awaits_composite:
        composites.wait(org, base)
        with tenancy.tenant(org.pk):
            found, again, asked = _composed(request)
        if isinstance(again, ParentRefused):
            raise again
        base = again
    with ExitStack() as undo:
        first = _first_picture(request, found, base, undo)
        files = [_store_file(request, file, undo) for file in request.FILES.getlist("file")[:MOST_REFERENCES]]
        with tenancy.tenant(org.pk):
            kept = uploads.keep(first, by=by.user) if isinstance(first, Ready) else first
            asked = replace(asked, references=[*asked.references, *(uploads.keep(one, by=by.user) for one in files)])
            if found.pk is None:
                visibility = Visibility.PRIVATE if post.get("visibility") == Visibility.PRIVATE else None
                spec = asked.spec(Base(start=kept) if not base.is_fresh else base, by)
                found = edit_threads.start(by=by, picture=kept, title=post.get("title", ""), visibility=visibility)
                base = bases.of_start(found, is_fresh=base.is_fresh)
            else:
                spec = asked.spec(base, by)
            pictures = Pictures([*([kept] if kept and not base.is_fresh else []), *asked.references], _mask(request))
            planned = asking.plan_of(by, base, asked, spec, pictures)
            key, digest = _keys(request, spec.to_json(), pictures)
            turn = sending.say(
                by=by,
                thread=found,
                base=base,
                plan=planned,
                kind=Turn.Kind.COLLAPSED if asked.collapses else Turn.Kind.ASKED,
                other=asked.collapses,
                project=base.run.project if base.run else "",
                request_key=key,
                request_hash=digest,
            )
            undo.pop_all()  # before the commit: files that rows name must not be deleted
    turn.thread = found
    return turn


def _first_picture(request: OrgRequest, found: Thread, base: Base, undo: ExitStack) -> Input | Ready | None:
    """Return the picture that the turn edits, as an input, reading it outside of any transaction if it is none yet."""
    if base.is_fresh and found.pk is not None:
        return None
    with tenancy.tenant(request.org.pk):
        if found.pk is not None:
            if earlier := bases.earlier_input(base, request.member):
                return earlier
            output = base.output
        else:
            picture = named_picture(request, request.POST)
            if picture is None:
                return None
            if picture.input:
                return uploads.visible_to(request.member).get(code=picture.input)
            related = Output.objects.visible_to(request.member).select_related("run", "org", "composite")
            output = related.get(code=picture.output)
            if earlier := uploads.of_output(output=output, by=request.user):
                return earlier
    return bases.store_output(output, undo) if output is not None else None


def _store_file(request: OrgRequest, file: Upload, undo: ExitStack) -> Ready:
    ready = uploads.store_picture(org=request.org, name=file.name or "", data=file.read())
    undo.callback(uploads.forget, ready)
    return ready


def _mask(request: OrgRequest) -> Input | None:
    code = code_or_none(request.POST.get("mask", ""))
    return uploads.visible_to(request.member).filter(code=code, is_mask=True).first() if code else None


def _keys(request: OrgRequest, asked: Mapping[str, Any], pictures: Pictures) -> tuple[str, str]:
    """Return the request key and what it stands for: a changed composer is another request."""
    said = {**asked, "pictures": [one.sha256 for one in pictures.all], "parent": request.POST.get("parent", "")}
    digest = hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()
    key = request.POST.get("request_key", "")[:KEY_CHARACTERS]
    return f"{key}{digest[:16]}" if key else "", digest


def _refused(
    request: OrgRequest, found: Thread, base: Base | ParentRefused, asked: Asked, *faults: Fault
) -> HttpResponse:
    with tenancy.tenant(request.org.pk):
        made = asking.quote(request.member, base, asked)
        sentences = {fault.sentence for fault in made.faults}
        shown = [*made.faults, *(one for one in faults if one.sentence and one.sentence not in sentences)]
        made = replace(made, faults=shown)
        context = {"quote": made, "thread": found, "shows_faults": True}
        status = HTTPStatus.UNPROCESSABLE_ENTITY
        if request.htmx:
            return render(request, "studio/threads/_go.html", context, status=status)
        if found.pk is None:
            picture = named_picture(request, request.POST)
            return draw_page(request, Tree(found, ()), None, None, picture=picture, made=made, status=status)
        return draw_page(request, tree.read(found, request.member), None, None, made=made, status=status)
