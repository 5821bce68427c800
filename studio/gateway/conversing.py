"""Read requests to the Responses API: a conversation whose only tool makes a picture. If it has a picture, one of ours
or one that was sent, the request is an edit of that picture; else the provider's text model leads the conversation."""

from dataclasses import dataclass, field
from typing import Any

from django.http import HttpRequest

from saas.database import tenancy
from saas.text.codes import code_or_none
from studio.gateway import asks, bodies, given, talking
from studio.gateway.asks import Ask
from studio.gateway.doors import Caller
from studio.gateway.given import Given, Luggage
from studio.imaging.inspection import UploadRefused
from studio.inputs import uploads
from studio.models import Run
from studio.openai_wire import talks
from studio.openai_wire.fields import Fields
from studio.openai_wire.refusals import Refused
from studio.openai_wire.talks import Call, Item, Picture, Text, Turn

RESPONSE_PREFIX, CALL_PREFIX = "resp_", "ig_"
TELLING = {"system", "developer"}
TOOL = (asks.KNOWN - {"n", "prompt", "stream", "user", "safety_identifier", "response_format"}) | talks.OF_THE_TOOL


@dataclass
class Talk:
    """A conversation: its instructions, the user's earlier turns, the texts of the user's newest turn, the pictures."""

    instructions: list[str] = field(default_factory=list)
    earlier: list[str] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    images: list[Given] = field(default_factory=list)
    luggage: Luggage = field(default_factory=Luggage)
    parent: Run | None = None
    role: str = ""

    @property
    def prompt(self) -> str:
        now = talks.not_silent("\n".join(self.texts))
        return talking.compose(instructions="\n".join(self.instructions), earlier=self.earlier, now=now)


@dataclass(frozen=True)
class Wanted:
    ask: Ask
    body: dict[str, Any]
    said: bytes
    images: list[Given]
    mask: Given | None
    parent: Run | None

    @property
    def action(self) -> str:
        return "edit" if self.images else "generate"


def read(request: HttpRequest, caller: Caller) -> Wanted:
    body, said = bodies.read_json(request)
    fields = Fields(body)
    fields.refuse_others(talks.KNOWN)
    fields.text("model")
    if fields.flag("background"):
        raise Refused("Background responses are not supported.", code="unsupported_parameter", param="background")
    tool = talks.tool_of(fields, TOOL)
    talk = Talk(instructions=[fields.text("instructions", "")])
    if previous := fields.text("previous_response_id", ""):
        _continue(talk, previous.removeprefix(RESPONSE_PREFIX), caller, _no_response(previous))
    for item in talks.items(body.get("input")):
        _hear(item, talk, caller)
    images = talk.images if talks.is_edit(tool, has_pictures=bool(talk.images)) else []
    link = talks.mask_of(tool, is_edit=bool(images))
    mask = given.link(link, talks.MASK, caller, talk.luggage) if link is not None else None
    more = {"references": len(images), "mask": mask is not None} if images else {"kind": "respond"}
    spec = asks.spec(tool, {**more, "prompt": talk.prompt})
    ask = Ask(spec, stream=fields.flag("stream"), identifier=asks.identifier(fields), prefix=tool.prefix)
    return Wanted(ask, body, said, images, mask, talk.parent if images else None)


def _hear(item: Item, talk: Talk, caller: Caller) -> None:
    match item:
        case Turn(role):
            _begin_turn(talk, role)
        case Text(text) if talk.role == talks.USER:
            talk.texts.append(text)
        case Text(text) if talk.role in TELLING:
            talk.instructions.append(text)
        case Picture(link, param) if talk.role == talks.USER:
            talk.images.append(given.link(link, param, caller, talk.luggage))
        case Call(name):
            _continue(talk, name.removeprefix(CALL_PREFIX), caller, item.not_found())
        case _:
            pass  # what a model said is not part of the prompt


def _begin_turn(talk: Talk, role: str) -> None:
    talk.role = role
    if role == talks.USER and talk.texts:
        talk.earlier.append("\n".join(talk.texts))
        talk.texts.clear()


def _continue(talk: Talk, name: str, caller: Caller, gone: Refused) -> None:
    """Continue an earlier run: its picture replaces those before it. Raise `gone` if the member sees no picture."""
    code = code_or_none(name)
    if code is None:
        raise gone
    user = caller.member.user
    with tenancy.tenant(caller.org.pk):
        run = Run.objects.visible_to(caller.member).filter(code=code).first()
        related = run.outputs.select_related("run", "org", "composite") if run else None
        output = related.order_by("slot__index").first() if related else None
        if output is None:
            raise gone
        earlier = uploads.of_output(output=output, by=user)
    if earlier is None:
        try:
            ready = uploads.read_output(output)
        except UploadRefused as refusal:
            raise given.of_upload(refusal, "input") from None
        with tenancy.tenant(caller.org.pk):
            earlier = uploads.of_output(output=output, by=user) or uploads.keep(ready, by=user)
    if run is not None and not (talk.earlier or talk.texts):
        talk.earlier += talking.turns_of(run.prompt)  # else the caller has sent the earlier turns
    talk.parent = run
    talk.images = [Given("input", earlier=earlier)]


def _no_response(previous: str) -> Refused:
    message = f"Previous response with id '{previous[:80]}' not found."
    return Refused(message, code="previous_response_not_found", param="previous_response_id")
