"""Read the input of the Responses API: the texts of the user's last message, and the pictures of all."""

from studio.openai_wire import talks
from studio.openai_wire.refusals import Refused
from studio.openai_wire.talks import Picture, Text, Turn
from studio.sandbox import bodies, given
from studio.sandbox.asks import LONGEST_PROMPT
from studio.sandbox.calls import Call
from studio.sandbox.given import Given
from studio.sandbox.paint import picture

KEEPS_NONE = ": the sandbox stores no pictures. Send it as 'input_image'."


def read(said: object) -> tuple[str, tuple[Given, ...]]:
    texts: list[str] = []
    inputs: list[Given] = []
    is_user = False
    for item in talks.items(said):
        match item:
            case talks.Call():
                raise item.not_found(KEEPS_NONE)
            case Turn(role):
                is_user = role == talks.USER
                texts = [] if is_user else texts
            case Text(text) if is_user:
                texts.append(text)
            case Picture(link, param) if is_user:
                inputs.append(given.image(bodies.link_bytes(link, param), len(inputs) + 1, param))
    prompt = talks.not_silent("\n".join(texts))
    if len(prompt) > LONGEST_PROMPT:
        raise Refused("Invalid 'input': string too long.", code="string_above_max_length", param="input")
    return prompt, tuple(inputs)


def mask(link: object, inputs: tuple[Given, ...]) -> bytes | None:
    return None if link is None else given.mask(bodies.link_bytes(link, talks.MASK), inputs[0], talks.MASK)


def revised(call: Call) -> str:
    """Return the prompt as the text model would rewrite it; the sandbox always does so in the same way."""
    wish = picture.blank(call.job.brief).wish
    words = call.job.brief.prompt or "nothing in particular"
    return f"A cut-paper risograph print of {words}, {wish.scene}, {wish.time} light."
