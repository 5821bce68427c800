"""Read requests to the Responses API, as far as pictures need it: the parameters, the one tool, and the items of the
input in their order. What a picture or an earlier call means is decided by the caller of `items`."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from studio.openai_wire.errors import OpenAIError, missing, wrong_type, wrong_value
from studio.openai_wire.fields import Fields
from studio.openai_wire.forms import check_count

KNOWN = frozenset(
    [
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
    ]
)
OF_THE_TOOL = frozenset({"type", "action", "input_image_mask"})  # besides the parameters of an image
ACTIONS = ("auto", "generate", "edit")
MASK = "tools[0].input_image_mask"
USER = "user"


@dataclass(frozen=True)
class Turn:
    """The beginning of a message, with the role of its speaker."""

    role: str


@dataclass(frozen=True)
class Text:
    text: str


@dataclass(frozen=True)
class Picture:
    link: dict[str, Any]
    param: str


@dataclass(frozen=True)
class EarlierPicture:
    """An earlier picture, named by the id of the call that made it."""

    id: str
    param: str

    def not_found(self, more: str = "") -> OpenAIError:
        message = f"Item with id '{self.id[:80]}' not found{more or '.'}"
        return OpenAIError(message, status=404, code="item_not_found", param=self.param)


Item = Turn | Text | Picture | EarlierPicture


def tool_of(fields: Fields, known: frozenset[str]) -> Fields:
    tools = fields.values.get("tools")
    if tools is None:
        raise missing("tools")
    if not isinstance(tools, list) or len(tools) != 1 or not isinstance(tools[0], dict):
        message = "Only pictures are made here: 'tools' must contain exactly one tool, of type 'image_generation'."
        raise OpenAIError(message, code="invalid_value", param="tools")
    tool = Fields(tools[0], prefix="tools[0].")
    tool.choice("type", ("image_generation",), "")
    tool.refuse_others(known)
    return tool


def is_edit(tool: Fields, *, has_pictures: bool) -> bool:
    """Return whether to edit the picture of the input: yes, if there is one and the tool does not say otherwise."""
    action = tool.choice("action", ACTIONS, "auto")
    if action == "edit" and not has_pictures:
        raise OpenAIError("action 'edit' needs an image in the input.", code="invalid_value", param="tools[0].action")
    return has_pictures and action != "generate"


def mask_of(tool: Fields, *, is_edit: bool) -> object:
    link = tool.values.get("input_image_mask")
    if link is not None and not is_edit:
        raise OpenAIError("A mask needs an image.", code="invalid_value", param=MASK)
    return link


def refuse_empty(prompt: str) -> str:
    if not prompt.strip():
        raise OpenAIError("Invalid 'input': it contains no text.", code="empty_string", param="input")
    return prompt


def items(said: object) -> Iterator[Item]:
    """Yield the items of the input. Their pictures are counted before the first item is yielded, because the caller may
    fetch each picture as it comes."""
    if said is None:
        raise missing("input")
    if not isinstance(said, str | list):
        raise wrong_type("input", "a string or an array", said)
    if isinstance(said, str):
        yield from (Turn(USER), Text(said))
        return
    check_count(_count_pictures(said), "input")
    for index, item in enumerate(said):
        yield from _item(item, f"input[{index}]")


def _count_pictures(said: list[Any]) -> int:
    items = [item for item in said if isinstance(item, dict)]
    contents = [item["content"] for item in items if isinstance(item.get("content"), list)]
    parts = [part for content in contents for part in content if isinstance(part, dict)]
    kinds = [one.get("type") for one in (*items, *parts)]
    return kinds.count("image_generation_call") + kinds.count("input_image")


def _item(item: object, param: str) -> Iterator[Item]:
    if not isinstance(item, dict):
        raise wrong_type(param, "an object", item)
    kind = item.get("type", "message")
    if kind == "image_generation_call":
        yield EarlierPicture(str(item.get("id")), param)
        return
    if kind != "message":
        raise wrong_value(f"{param}.type", kind, ["message", "image_generation_call"])
    yield Turn(str(item.get("role")))
    content = item.get("content")
    parts = [{"type": "input_text", "text": content}] if isinstance(content, str) else content
    if not isinstance(parts, list):
        raise wrong_type(f"{param}.content", "a string or an array", content)
    for index, part in enumerate(parts):
        yield _part(part, f"{param}.content[{index}]")


def _part(part: object, param: str) -> Item:
    if not isinstance(part, dict):
        raise wrong_type(param, "an object", part)
    if part.get("type") in {"input_text", "output_text"}:
        if not isinstance(part.get("text"), str):
            raise wrong_type(f"{param}.text", "a string", part.get("text"))
        return Text(part["text"])
    if part.get("type") == "input_image":
        return Picture({name: part[name] for name in ("image_url", "file_id") if part.get(name) is not None}, param)
    raise wrong_value(f"{param}.type", part.get("type"), ["input_text", "input_image"])
