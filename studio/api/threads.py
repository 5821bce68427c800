from contextlib import ExitStack
from dataclasses import replace
from datetime import datetime
from typing import Any, Literal, TypeVar
from uuid import UUID

from django.db.models import QuerySet
from django.http import Http404
from django.shortcuts import get_object_or_404
from django.utils import timezone
from ninja import Field, Router, Schema, Status
from pydantic import ConfigDict

from accounts.models import Scope
from saas import idempotency
from saas.database import tenancy
from saas.text import money
from studio.api import run_bodies
from studio.api.door import ApiCaller, ApiRequest, inside, may
from studio.api.errors import ApiRefused
from studio.api.paging import Paging, page
from studio.api.run_bodies import RunRequest
from studio.api.runs import REFUSALS
from studio.api.shapes import ImageOut, Page, RunFields, RunIn
from studio.catalogue import image_models
from studio.catalogue.fields import Fault, SpecRefused
from studio.catalogue.specs import Spec
from studio.inputs import uploads
from studio.inputs.uploads import Ready
from studio.models import Input, Output, State, Thread, Turn, Visibility
from studio.runs import plan
from studio.threads import base as bases
from studio.threads import composites, defaults, edit_threads, tree
from studio.threads import say as sending
from studio.threads.base import Base
from studio.threads.tree import TreeTurn

router = Router(tags=["Threads"])
START = "start"
ONLY_OF_TURNS = {"say", "parent", "image", "fresh"}
T = TypeVar("T")


class ThreadIn(Schema):
    model_config = ConfigDict(extra="forbid")

    image: UUID | None = Field(None, description="A picture made here, to start from")
    input: UUID | None = Field(None, description="An uploaded picture, to start from")
    title: str = Field("", max_length=20_000, examples=["The poster"])
    visibility: Visibility | None = Field(None, description="Else as private as the picture")


class ThreadChange(Schema):
    model_config = ConfigDict(extra="forbid")

    title: str | None = Field(None, max_length=20_000)
    visibility: Visibility | None = None


class TurnIn(RunFields):
    """What is left out is taken over from the picture that the turn starts from."""

    say: str = Field("", description="What should change", examples=["Make the sky darker"])
    parent: UUID | Literal["start"] | None = Field(
        None, description="The turn to go on from, or `start` for the thread's own picture; else the newest turn"
    )
    image: UUID | None = Field(None, description="Which of the parent's pictures; else its keeper or its first")
    fresh: bool = Field(False, description="Start from words alone, without the parent's picture")


class TurnOut(Schema):
    id: UUID
    number: int
    parent: UUID | None = Field(description="Null: the picture that the thread starts from")
    kind: str
    state: State = Field(description="The run's; `running` until a masked edit's untouched pixels are put back, too")
    say: str
    run: UUID | None = Field(
        description="Null for a colleague's private run, which has no words and pictures here either"
    )
    image: UUID | None = Field(description="The picture that it started from, if it is one of the parent's")
    fresh: bool
    resized_from: str | None = Field(
        description="The size of the picture that it started from, if it asked for another"
    )
    images: list[ImageOut]
    cost: str = Field(description="In US dollars, as recorded in the ledger so far")
    maker: str
    error: str | None
    created_at: datetime

    @classmethod
    def from_tree(cls, one: TreeTurn) -> "TurnOut":
        turn, run = one.turn, one.run
        return cls(
            id=turn.code,
            number=turn.number,
            parent=one.parent.turn.code if one.parent else None,
            kind=turn.kind,
            state=State(one.state),
            say=one.said,
            run=None if one.is_hidden else run.code,
            image=turn.base.code if turn.base and not one.is_hidden else None,
            fresh=turn.is_fresh,
            resized_from=one.resized_from or None,
            images=[ImageOut.from_output(output, run, output.slot) for output in one.outputs],
            cost=money.exact(0 if one.is_hidden else one.cost_micros),
            maker=run.maker.display_name,
            error=one.error or None,
            created_at=run.created_at,
        )


class ThreadLine(Schema):
    id: UUID
    title: str
    visibility: Visibility
    start: UUID | None = Field(description="The input that it starts from; null if it starts from words")
    turn_count: int
    maker: str
    created_at: datetime
    changed_at: datetime

    @classmethod
    def from_thread(cls, thread: Thread, **more: Any) -> Any:
        said: dict[str, Any] = {
            "id": thread.code,
            "title": thread.title,
            "visibility": Visibility(thread.visibility),
            "start": thread.start.code if thread.start else None,
            "turn_count": thread.turn_count,
            "maker": thread.maker.display_name,
            "created_at": thread.created_at,
            "changed_at": thread.changed_at,
        }
        return cls(**said | more)


class ThreadOut(ThreadLine):
    cost: str = Field(description="Of all turns together, in US dollars")
    turns: list[TurnOut]


@router.get("/threads", auth=may(Scope.READ), response={200: Page[ThreadLine], **REFUSALS}, url_name="api_threads")
@inside
def list_threads(request: ApiRequest, paging: Paging) -> dict[str, Any]:
    """List threads, the newest first"""
    return page(_threads(request), paging, ThreadLine.from_thread)


@router.post("/threads", auth=may(Scope.GENERATE), response={201: ThreadOut, **REFUSALS}, url_name="api_threads")
def start_thread(request: ApiRequest, body: ThreadIn) -> "Status[ThreadOut]":
    """Start a thread from a picture

    Give an `image` that was made here, or an `input` that was uploaded. Nothing is made or charged yet."""
    caller = request.auth
    if bool(body.image) == bool(body.input):
        sentence = "Give either an image or an input: the picture that the thread starts from."
        raise SpecRefused([Fault("image", "required", sentence)])
    edit_threads.named(body.title)
    with ExitStack() as undo:
        picture = _start_picture(caller, body, undo)
        with tenancy.tenant(caller.org.pk):
            kept = uploads.keep(picture, by=caller.member.user) if isinstance(picture, Ready) else picture
            thread = edit_threads.start(by=caller.member, picture=kept, title=body.title, visibility=body.visibility)
            answer = _told(thread, caller)
            undo.pop_all()  # before the commit: files that rows name must not be deleted
    return Status(201, answer)


@router.get("/threads/{uuid:code}", auth=may(Scope.READ), response={200: ThreadOut, **REFUSALS}, url_name="api_thread")
@inside
def read_thread(request: ApiRequest, code: UUID) -> ThreadOut:
    """Read a thread with its turns, in their order"""
    return _told(_thread(request, code), request.auth)


@router.patch(
    "/threads/{uuid:code}", auth=may(Scope.GENERATE), response={200: ThreadOut, **REFUSALS}, url_name="api_thread"
)
@inside
def change_thread(request: ApiRequest, code: UUID, body: ThreadChange) -> ThreadOut:
    """Rename a thread, or change who sees it

    Only the person who started it makes it private, or gives it to the team."""
    thread, member = _thread(request, code), request.auth.member
    if body.title is not None:
        edit_threads.rename(by=member, thread=thread, title=body.title)
    if body.visibility is not None and body.visibility != thread.visibility:
        edit_threads.change_visibility(by=member, thread=thread, to=body.visibility)
    return _told(_thread(request, code), request.auth)


@router.delete(
    "/threads/{uuid:code}", auth=may(Scope.GENERATE), response={204: None, **REFUSALS}, url_name="api_thread"
)
@inside
def delete_thread(request: ApiRequest, code: UUID) -> "Status[None]":
    """Delete a thread. Its runs and pictures stay"""
    edit_threads.delete(by=request.auth.member, thread=_thread(request, code))
    return Status(204, None)


@router.post(
    "/threads/{uuid:code}/turns",
    auth=may(Scope.GENERATE),
    response={201: TurnOut, **REFUSALS},
    url_name="api_turns",
    openapi_extra=run_bodies.described(TurnIn, with_form=True),
)
def send_turn(request: ApiRequest, code: UUID) -> "Status[TurnOut]":
    """Say what should change

    Edits the parent's picture, which is Image 1, in a run of its own; `references` follow as Image 2 and so on. As
    JSON, or as a form in which `references` and `mask` may be files. An `Idempotency-Key` makes it safe to send
    again."""
    return Status(201, _send(request, code))


def _send(request: ApiRequest, code: UUID) -> TurnOut:
    caller, asked = request.auth, run_bodies.read_request(request, TurnIn)
    body = asked.body
    assert isinstance(body, TurnIn)  # noqa: S101 narrows the type
    key = idempotency.key_of(request.headers.get("Idempotency-Key", ""), caller.code)
    hashed = idempotency.hash_of("turns", str(code), asked.identity) if key else ""
    with tenancy.tenant(caller.org.pk):
        thread = _thread(request, code)
        if key and (sent := sending.earlier(by=caller.member, thread=thread, request_key=key, request_hash=hashed)):
            return _turn_told(thread, sent, caller)
        base = _base_of(caller, thread, body)
    if base.awaits_composite:
        composites.wait(caller.org, base)
        with tenancy.tenant(caller.org.pk):
            base = _base_of(caller, thread, body)
    spec = _spec_of(asked, base, caller)
    with tenancy.tenant(caller.org.pk):
        first: Input | Ready | None = bases.earlier_input(base, caller.member)
    with ExitStack() as undo:
        first = first or bases.store(base, undo)
        given = run_bodies.store_files(asked, caller, undo, first=first)
        with tenancy.tenant(caller.org.pk):
            pictures = given.keep(caller)
            kept = uploads.keep(first, by=caller.member.user) if isinstance(first, Ready) else first
            pictures = replace(pictures, references=[*([kept] if kept else []), *pictures.references])
            planned = plan.make(org=caller.org, spec=spec, pictures=pictures, route=run_bodies.route_of(body, caller))
            turn = sending.say(
                by=caller.member,
                thread=thread,
                base=base,
                plan=planned,
                api_key=caller.api_key,
                project=body.project,
                end_user=body.end_user,
                request_key=key,
                request_hash=hashed,
            )
            answer = _turn_told(thread, turn, caller)
            undo.pop_all()  # before the commit: files that rows name must not be deleted
    return answer


def _base_of(caller: ApiCaller, thread: Thread, body: TurnIn) -> Base:
    member = caller.member
    try:
        if body.parent == START:
            return bases.of_start(thread, is_fresh=body.fresh)
        if body.parent is not None:
            turn = get_object_or_404(bases.seen(member, thread), code=body.parent)
            return bases.of_turn(member, turn, image=body.image, is_fresh=body.fresh)
        if body.image is not None and (found := bases.of_image(member, thread, body.image)):
            return found
        if body.image is not None:
            raise Http404
    except Output.DoesNotExist:
        raise Http404 from None
    return bases.newest(member, thread, is_fresh=body.fresh)


def _spec_of(asked: RunRequest, base: Base, caller: ApiCaller) -> Spec:
    """Check what a turn asks. Raise SpecRefused, in which the prompt has the name that a turn gives it."""
    body = asked.body
    assert isinstance(body, TurnIn)  # noqa: S101 narrows the type
    if "visibility" in body.model_fields_set:
        sentence = "Who sees a turn is decided by its thread. Leave the visibility out."
        raise SpecRefused([Fault("visibility", "unsupported", sentence)])
    models = image_models.at(timezone.now(), org=caller.org)
    said = body.model_dump(exclude=ONLY_OF_TURNS, exclude_unset=True)
    try:
        return run_bodies.spec_of(
            RunIn(**said, prompt=body.say),
            asked.unknown,
            caller,
            references=len(asked.references) + (not base.is_fresh),
            has_mask=asked.mask is not None,
            **defaults.settings_for(base, models, model=body.model or ""),
        )
    except SpecRefused as refusal:
        raise SpecRefused([_renamed(one) for one in refusal.errors]) from None


def _renamed(fault: Fault) -> Fault:
    if fault.field != "prompt":
        return fault
    sentence = "Say what should change." if fault.code == "required" else fault.sentence
    return replace(fault, field="say", sentence=sentence)


def _start_picture(caller: ApiCaller, body: ThreadIn, undo: ExitStack) -> Input | Ready:
    with tenancy.tenant(caller.org.pk):
        if body.input:
            found = uploads.visible_to(caller.member).filter(code=body.input, is_mask=False).first()
            if found is None:
                sentence = f"Input {body.input} was not found, or you do not have access to it."
                raise ApiRefused(404, "input_not_found", sentence)
            return found
        visible = Output.objects.visible_to(caller.member).select_related("run", "org", "composite", "slot")
        output = get_object_or_404(visible, code=body.image)
        if earlier := uploads.of_output(output=output, by=caller.member.user):
            return earlier
    return bases.store_output(output, undo)


def _threads(request: ApiRequest) -> QuerySet[Thread]:
    return Thread.objects.visible_to(request.auth.member).select_related("start__source", "maker", "org")


def _thread(request: ApiRequest, code: UUID) -> Thread:
    return get_object_or_404(_threads(request), code=code)


def _told(thread: Thread, caller: ApiCaller) -> ThreadOut:
    found = tree.read(thread, caller.member)
    shown: ThreadOut = ThreadOut.from_thread(
        thread,
        title=found.title,
        cost=money.exact(found.cost_micros),
        turns=[TurnOut.from_tree(one) for one in found.turns],
    )
    return shown


def _turn_told(thread: Thread, turn: Turn, caller: ApiCaller) -> TurnOut:
    return TurnOut.from_tree(tree.read_turn(thread, turn, caller.member))
