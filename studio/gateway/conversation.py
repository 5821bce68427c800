"""Read requests to the Responses API: a conversation whose only tool makes a picture. If it has a picture, one of ours
or one that was sent, the request is an edit of that picture; else the provider's text model leads the conversation."""

from dataclasses import dataclass, field, replace
from typing import Any

from django.http import HttpRequest

from saas.database import tenancy
from saas.text.codes import code_or_none
from studio.gateway import bodies, parameters, pictures_in, transcript
from studio.gateway.doors import GatewayCaller
from studio.gateway.parameters import ImageRequest
from studio.gateway.pictures_in import LinkBudget, SentPicture
from studio.imaging.inspection import UploadRefused
from studio.inputs import uploads
from studio.models import Run, State
from studio.openai_wire import responses_input
from studio.openai_wire.errors import OpenAIError
from studio.openai_wire.fields import Fields
from studio.openai_wire.responses_input import EarlierPicture, Item, Picture, Text, Turn

RESPONSE_PREFIX, CALL_PREFIX = "resp_", "ig_"
TELLING = {"system", "developer"}
TOOL = (
    parameters.KNOWN - {"n", "prompt", "stream", "user", "safety_identifier", "response_format"}
) | responses_input.OF_THE_TOOL


@dataclass
class Conversation:
    """A conversation: its instructions, the user's earlier turns, the texts of the user's newest turn, the pictures."""

    instructions: list[str] = field(default_factory=list)
    earlier: list[str] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    images: list[SentPicture] = field(default_factory=list)
    link_budget: LinkBudget = field(default_factory=LinkBudget)
    parent: Run | None = None
    role: str = ""

    @property
    def prompt(self) -> str:
        now = responses_input.refuse_empty("\n".join(self.texts))
        return transcript.compose(instructions="\n".join(self.instructions), earlier=self.earlier, now=now)


@dataclass(frozen=True)
class ResponseRequest:
    image_request: ImageRequest
    body: dict[str, Any]
    said: bytes
    images: list[SentPicture]
    mask: SentPicture | None
    parent: Run | None

    @property
    def action(self) -> str:
        return "edit" if self.images else "generate"


def read_conversation(request: HttpRequest, caller: GatewayCaller) -> ResponseRequest:
    body, said = bodies.read_json(request)
    fields = Fields(body)
    fields.refuse_others(responses_input.KNOWN)
    fields.text("model")
    if fields.flag("background"):
        raise OpenAIError("Background responses are not supported.", code="unsupported_parameter", param="background")
    tool = responses_input.tool_of(fields, TOOL)
    conversation = Conversation(instructions=[fields.text("instructions", "")])
    if previous := fields.text("previous_response_id", ""):
        _continue(conversation, previous.removeprefix(RESPONSE_PREFIX), caller, _no_response(previous))
    for item in responses_input.items(body.get("input")):
        _take_item(item, conversation, caller)
    images = conversation.images if responses_input.is_edit(tool, has_pictures=bool(conversation.images)) else []
    link = responses_input.mask_of(tool, is_edit=bool(images))
    mask = (
        pictures_in.read_link(link, responses_input.MASK, caller, conversation.link_budget)
        if link is not None
        else None
    )
    more = {"references": len(images), "mask": mask is not None} if images else {"kind": "respond"}
    spec = parameters.check_spec(tool, {**more, "prompt": conversation.prompt}, caller.org)
    if not images and body.get("tool_choice", "auto") != "auto":
        spec = replace(spec, must_draw=True)
    image_request = ImageRequest(
        spec, stream=fields.flag("stream"), identifier=parameters.read_identifier(fields), prefix=tool.prefix
    )
    return ResponseRequest(image_request, body, said, images, mask, conversation.parent if images else None)


def _take_item(item: Item, conversation: Conversation, caller: GatewayCaller) -> None:
    match item:
        case Turn(role):
            _begin_turn(conversation, role)
        case Text(text) if conversation.role == responses_input.USER:
            conversation.texts.append(text)
        case Text(text) if conversation.role in TELLING:
            conversation.instructions.append(text)
        case Picture(link, param) if conversation.role == responses_input.USER:
            conversation.images.append(pictures_in.read_link(link, param, caller, conversation.link_budget))
        case EarlierPicture(name):
            _continue(conversation, name.removeprefix(CALL_PREFIX), caller, item.not_found())
        case _:
            pass  # what a model said is not part of the prompt


def _begin_turn(conversation: Conversation, role: str) -> None:
    conversation.role = role
    if role == responses_input.USER and conversation.texts:
        conversation.earlier.append("\n".join(conversation.texts))
        conversation.texts.clear()


def _continue(conversation: Conversation, name: str, caller: GatewayCaller, gone: OpenAIError) -> None:
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
            _continue_words(conversation, run, gone)
            return
        earlier = uploads.of_output(output=output, by=user)
    if earlier is None:
        try:
            ready = uploads.store_output(output)
        except UploadRefused as refusal:
            raise pictures_in.error_of_upload(refusal, "input") from None
        with tenancy.tenant(caller.org.pk):
            earlier = uploads.of_output(output=output, by=user) or uploads.keep(ready, by=user)
    if run is not None and not (conversation.earlier or conversation.texts):
        conversation.earlier += transcript.turns_of(run.prompt)  # else the caller has sent the earlier turns
    conversation.parent = run
    conversation.images = [SentPicture("input", earlier=earlier)]


def _continue_words(conversation: Conversation, run: Run | None, gone: OpenAIError) -> None:
    """Continue a run that was answered in words: there is no picture, but what was said."""
    slot = run.slots.filter(state=State.ANSWERED).order_by("index").first() if run else None
    if run is None or slot is None:
        raise gone
    if not (conversation.earlier or conversation.texts):
        conversation.earlier += [*transcript.turns_of(run.prompt), f"You answered: {slot.words}"]


def _no_response(previous: str) -> OpenAIError:
    message = f"Previous response with id '{previous[:80]}' not found."
    return OpenAIError(message, code="previous_response_not_found", param="previous_response_id")
