"""The input of the Responses API: texts and pictures of the last thing that the person said."""

from typing import Any

from studio.sandbox import bodies, given
from studio.sandbox.asks import LONGEST_PROMPT
from studio.sandbox.calls import Call
from studio.sandbox.given import Given
from studio.sandbox.paint import picture
from studio.wire.forms import check_count
from studio.wire.refusals import Refused, missing, unknown, wrong_type, wrong_value


def read(said: object) -> tuple[str, tuple[Given, ...]]:
    if said is None:
        raise missing("input")
    if isinstance(said, str):
        return _checked(said), ()
    if not isinstance(said, list):
        raise wrong_type("input", "a string or an array", said)
    texts: list[str] = []
    inputs: list[Given] = []
    for index, item in enumerate(said):
        _read_item(item, f"input[{index}]", texts, inputs)
    check_count(len(inputs), "input")
    return _checked("\n".join(texts)), tuple(inputs)


def _checked(prompt: str) -> str:
    if not prompt.strip():
        raise Refused("Invalid 'input': it says nothing.", code="empty_string", param="input")
    if len(prompt) > LONGEST_PROMPT:
        raise Refused("Invalid 'input': string too long.", code="string_above_max_length", param="input")
    return prompt


def _read_item(item: object, param: str, texts: list[str], inputs: list[Given]) -> None:
    if not isinstance(item, dict):
        raise wrong_type(param, "an object", item)
    if item.get("type") == "image_generation_call":
        message = f"Item with id '{item.get('id')}' not found: the sandbox keeps no pictures. Send it as 'input_image'."
        raise Refused(message, code="item_not_found", param=param)
    if item.get("type", "message") != "message":
        raise wrong_value(f"{param}.type", item.get("type"), ["message", "image_generation_call"])
    if item.get("role") != "user":
        return
    texts.clear()
    content = item.get("content")
    for index, part in enumerate(
        [{"type": "input_text", "text": content}] if isinstance(content, str) else content or []
    ):
        _read_part(part, f"{param}.content[{index}]", texts, inputs)


def _read_part(part: Any, param: str, texts: list[str], inputs: list[Given]) -> None:
    kind = part.get("type") if isinstance(part, dict) else None
    if kind == "input_text":
        if not isinstance(part.get("text"), str):
            raise wrong_type(f"{param}.text", "a string", part.get("text"))
        texts.append(part["text"])
    elif kind == "input_image":
        link = {name: part[name] for name in ("image_url", "file_id") if part.get(name) is not None}
        inputs.append(given.image(bodies.link_bytes(link, param), len(inputs) + 1, param))
    else:
        raise (
            unknown(f"{param}.type")
            if kind is None
            else wrong_value(f"{param}.type", kind, ["input_text", "input_image"])
        )


def mask(link: object, inputs: tuple[Given, ...]) -> bytes | None:
    if link is None:
        return None
    if not inputs:
        raise Refused("A mask needs an image.", code="invalid_value", param="tools[0].input_image_mask")
    param = "tools[0].input_image_mask"
    return given.mask(bodies.link_bytes(link, param), inputs[0], param)


def revised(call: Call) -> str:
    """The text model retells the wish before it draws; ours has one manner."""
    wish = picture.blank(call.job.brief).wish
    words = call.job.brief.prompt or "nothing in particular"
    return f"A cut-paper risograph print of {words}, {wish.scene}, {wish.time} light."
