"""What is asked of the Responses API: a talk whose only tool makes a picture. Where the talk holds a picture, ours or a
given one, it is an edit of that picture; else the provider's text model leads it."""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.http import HttpRequest

from saas import tenancy
from studio import inputs, runs
from studio.gateway import asks, bodies, given
from studio.gateway.asks import Ask
from studio.gateway.doors import Caller
from studio.gateway.given import Given
from studio.models import Input, Run
from studio.wire.fields import Fields
from studio.wire.forms import check_count
from studio.wire.refusals import Refused, missing, wrong_type, wrong_value

RESPONSE_PREFIX, CALL_PREFIX = "resp_", "ig_"
KNOWN = frozenset(
    {
        "model",
        "input",
        "tools",
        "tool_choice",
        "stream",
        "instructions",
        "store",
        "user",
        "safety_identifier",
        "metadata",
        "reasoning",
        "text",
        "truncation",
        "temperature",
        "top_p",
        "max_output_tokens",
        "parallel_tool_calls",
        "previous_response_id",
        "include",
        "prompt_cache_key",
        "prompt_cache_retention",
        "service_tier",
        "background",
        "max_tool_calls",
        "stream_options",
    }
)
TOOL = (asks.KNOWN - {"n", "prompt", "stream", "user", "safety_identifier", "response_format"}) | {
    "type",
    "action",
    "input_image_mask",
}
ACTIONS = ("auto", "generate", "edit")


@dataclass
class Talk:
    """The last thing that the person said, and the pictures before it."""

    texts: list[str] = field(default_factory=list)
    images: list[Given] = field(default_factory=list)
    parent: Run | None = None


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
    fields.refuse_others(KNOWN)
    fields.text("model")
    if fields.flag("background"):
        raise Refused("Background responses are not supported.", code="unsupported_parameter", param="background")
    tool = _tool(fields)
    talk = Talk()
    if previous := fields.text("previous_response_id", ""):
        _continue(talk, previous.removeprefix(RESPONSE_PREFIX), caller, _no_response(previous))
    _read_input(body.get("input"), talk, caller)
    action = tool.choice("action", ACTIONS, "auto")
    if action == "edit" and not talk.images:
        raise Refused("action 'edit' needs an image in the input.", code="invalid_value", param="tools[0].action")
    images = [] if action == "generate" else talk.images
    mask = _mask(tool, images, caller)
    more = {"references": len(images), "mask": mask is not None} if images else {"kind": "respond"}
    spec = asks.spec(tool, {**more, "prompt": _prompt(talk)})
    ask = Ask(spec, stream=fields.flag("stream"), identifier=asks.identifier(fields))
    return Wanted(ask, body, said, images, mask, talk.parent if images else None)


def _tool(fields: Fields) -> Fields:
    tools = fields.values.get("tools")
    if tools is None:
        raise missing("tools")
    if not isinstance(tools, list) or len(tools) != 1 or not isinstance(tools[0], dict):
        message = "Darkroom makes pictures: 'tools' must hold exactly one tool, of type 'image_generation'."
        raise Refused(message, code="invalid_value", param="tools")
    tool = Fields(tools[0], prefix="tools[0].")
    tool.choice("type", ("image_generation",), "")
    tool.refuse_others(TOOL)
    return tool


def _prompt(talk: Talk) -> str:
    prompt = "\n".join(talk.texts)
    if not prompt.strip():
        raise Refused("Invalid 'input': it says nothing.", code="empty_string", param="input")
    return prompt


def _read_input(said: object, talk: Talk, caller: Caller) -> None:
    if said is None:
        raise missing("input")
    if isinstance(said, str):
        talk.texts.append(said)
        return
    if not isinstance(said, list):
        raise wrong_type("input", "a string or an array", said)
    check_count(_count_pictures(said), "input")  # before any of them is fetched
    for index, item in enumerate(said):
        _read_item(item, f"input[{index}]", talk, caller)


def _count_pictures(said: list[Any]) -> int:
    items = [item for item in said if isinstance(item, dict)]
    contents = [item["content"] for item in items if isinstance(item.get("content"), list)]
    parts = [part for content in contents for part in content if isinstance(part, dict)]
    kinds = [one.get("type") for one in (*items, *parts)]
    return kinds.count("image_generation_call") + kinds.count("input_image")


def _read_item(item: object, param: str, talk: Talk, caller: Caller) -> None:
    if not isinstance(item, dict):
        raise wrong_type(param, "an object", item)
    kind = item.get("type", "message")
    if kind == "image_generation_call":
        name = str(item.get("id"))
        gone = Refused(f"Item with id '{name[:80]}' not found.", status=404, code="item_not_found", param=param)
        _continue(talk, name.removeprefix(CALL_PREFIX), caller, gone)
    elif kind != "message":
        raise wrong_value(f"{param}.type", kind, ["message", "image_generation_call"])
    elif item.get("role") == "user":
        talk.texts.clear()
        content = item.get("content")
        parts = [{"type": "input_text", "text": content}] if isinstance(content, str) else content
        if not isinstance(parts, list):
            raise wrong_type(f"{param}.content", "a string or an array", content)
        for index, part in enumerate(parts):
            _read_part(part, f"{param}.content[{index}]", talk, caller)


def _read_part(part: object, param: str, talk: Talk, caller: Caller) -> None:
    if not isinstance(part, dict):
        raise wrong_type(param, "an object", part)
    if part.get("type") == "input_text":
        if not isinstance(part.get("text"), str):
            raise wrong_type(f"{param}.text", "a string", part.get("text"))
        talk.texts.append(part["text"])
    elif part.get("type") == "input_image":
        said = {name: part[name] for name in ("image_url", "file_id") if part.get(name) is not None}
        talk.images.append(given.link(said, param, caller))
    else:
        raise wrong_value(f"{param}.type", part.get("type"), ["input_text", "input_image"])


def _mask(tool: Fields, images: list[Given], caller: Caller) -> Given | None:
    said = tool.values.get("input_image_mask")
    if said is None:
        return None
    param = "tools[0].input_image_mask"
    if not images:
        raise Refused("A mask needs an image.", code="invalid_value", param=param)
    return given.link(said, param, caller)


def _continue(talk: Talk, name: str, caller: Caller, gone: Refused) -> None:
    """The picture of an earlier answer is the first of this talk."""
    try:
        code = UUID(hex=name)
    except ValueError:
        raise gone from None
    with given.in_turn([Given("input")]), tenancy.tenant(caller.org.pk):
        run = runs.visible_to(caller.member).filter(code=code).first()
        output = run.outputs.select_related("run", "org").order_by("slot__index").first() if run else None
        if output is None:
            raise gone
        earlier: Input = inputs.from_output(output=output, by=caller.member.user)
    talk.parent = run
    talk.images = [Given("input", earlier=earlier)]


def _no_response(previous: str) -> Refused:
    message = f"Previous response with id '{previous[:80]}' not found."
    return Refused(message, code="previous_response_not_found", param="previous_response_id")
