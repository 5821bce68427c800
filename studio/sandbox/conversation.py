"""Read the input of the Responses API: the texts of the user's last message, and the pictures of all."""

from studio.openai_wire import responses_input
from studio.openai_wire.errors import OpenAIError
from studio.openai_wire.responses_input import Picture, Text, Turn
from studio.sandbox import bodies, picture_checks
from studio.sandbox.calls import Call
from studio.sandbox.paint import picture
from studio.sandbox.parameters import LONGEST_PROMPT
from studio.sandbox.picture_checks import CheckedPicture

KEEPS_NONE = ": the sandbox stores no pictures. Send it as 'input_image'."


def read_conversation(said: object) -> tuple[str, tuple[CheckedPicture, ...]]:
    texts: list[str] = []
    inputs: list[CheckedPicture] = []
    is_user = False
    for item in responses_input.items(said):
        match item:
            case responses_input.EarlierPicture():
                raise item.not_found(KEEPS_NONE)
            case Turn(role):
                is_user = role == responses_input.USER
                texts = [] if is_user else texts
            case Text(text) if is_user:
                texts.append(text)
            case Picture(link, param) if is_user:
                inputs.append(picture_checks.check_image(bodies.link_bytes(link, param), len(inputs) + 1, param))
    prompt = responses_input.refuse_empty("\n".join(texts))
    if len(prompt) > LONGEST_PROMPT:
        raise OpenAIError("Invalid 'input': string too long.", code="string_above_max_length", param="input")
    return prompt, tuple(inputs)


def mask(link: object, inputs: tuple[CheckedPicture, ...]) -> bytes | None:
    return (
        None
        if link is None
        else picture_checks.check_mask(bodies.link_bytes(link, responses_input.MASK), inputs[0], responses_input.MASK)
    )


def revised(call: Call) -> str:
    """Return the prompt as the text model would rewrite it; the sandbox always does so in the same way."""
    wish = picture.blank(call.job.brief).wish
    words = call.job.brief.prompt or "nothing in particular"
    return f"A cut-paper risograph print of {words}, {wish.scene}, {wish.time} light."
