"""From OpenAI's parameters to a spec. Names and types are refused in that API's own words; whether a model can do
what is asked is `studio.specs`' to say, whose sentences go into the same envelope."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils import timezone

from studio import catalogue, specs
from studio.specs import Spec, SpecError, SpecRefused
from studio.wire.fields import Fields
from studio.wire.refusals import IMAGE, REQUEST, Refused, no_such_model

# OpenAI's word: ours.
TEXTS = {
    "model": "model",
    "prompt": "prompt",
    "size": "size",
    "quality": "quality",
    "background": "background",
    "moderation": "moderation",
    "output_format": "format",
    "input_fidelity": "input_fidelity",
}
WHOLE = {"n": "n", "output_compression": "compression", "partial_images": "partial_images"}
THEIRS = {ours: theirs for theirs, ours in (TEXTS | WHOLE).items()}
KNOWN = frozenset({*TEXTS, *WHOLE, "stream", "user", "safety_identifier", "response_format"})
RESPONSE_FORMATS = ("b64_json", "url")
LONGEST_IDENTIFIER = 200
FAR = 10**9

CODES = {
    "required": (REQUEST, "missing_required_parameter"),
    "too_long": (REQUEST, "string_above_max_length"),
    "invalid_type": (REQUEST, "invalid_type"),
    "unknown_parameter": (REQUEST, "unknown_parameter"),
    "out_of_range": (REQUEST, "invalid_value"),
    "unsupported": (IMAGE, "unsupported_parameter"),
    "invalid_value": (IMAGE, "invalid_value"),
}
CODES_OF_FIELDS = {
    ("input_fidelity", "unsupported"): (IMAGE, "invalid_input_fidelity_model"),
    ("background", "unsupported"): (IMAGE, "invalid_value"),
    ("prompt", "invalid_value"): (REQUEST, "invalid_value"),
}


@dataclass(frozen=True)
class Ask:
    spec: Spec
    stream: bool = False
    as_url: bool = False
    identifier: str = ""


def read(values: Mapping[str, Any], *, is_form: bool = False, references: int = 0, mask: bool = False) -> Ask:
    """Of an image, by JSON or by form."""
    fields = Fields(values, is_form=is_form)
    fields.refuse_others(KNOWN)
    stream = fields.flag("stream")
    if stream and fields.whole("n", -FAR, FAR, 1) > 1:
        raise Refused("Streaming is only supported with n=1.", kind=IMAGE, code="unsupported_parameter", param="n")
    fields.text("prompt")  # missing is another fault than empty
    as_url = fields.choice("response_format", RESPONSE_FORMATS, "b64_json") == "url"
    if stream and as_url:
        message = "Streaming is only supported with the response_format 'b64_json'."
        raise Refused(message, code="unsupported_parameter", param="response_format")
    pictures = {"references": references, "mask": mask} if references or mask else {}
    return Ask(spec(fields, pictures), stream, as_url, identifier(fields))


def spec(fields: Fields, more: Mapping[str, Any]) -> Spec:
    """`more` is said in our own words already."""
    asked: dict[str, Any] = {ours: fields.text(theirs) for theirs, ours in TEXTS.items() if theirs in fields.values}
    asked |= {ours: fields.whole(theirs, -FAR, FAR, 0) for theirs, ours in WHOLE.items() if theirs in fields.values}
    try:
        return specs.read(asked | dict(more), models=catalogue.at(timezone.now()))
    except SpecRefused as refusal:
        raise refused(refusal.errors[0], asked, fields.prefix) from None


def identifier(fields: Fields) -> str:
    """Whom the program asks for. The newer name wins where both are given."""
    newer = fields.text("safety_identifier", "", longest=LONGEST_IDENTIFIER)
    return newer or fields.text("user", "", longest=LONGEST_IDENTIFIER)


def refused(error: SpecError, asked: Mapping[str, Any], prefix: str = "") -> Refused:
    """OpenAI stops at the first fault, and so do we."""
    if error.code == "unknown_model":
        return no_such_model(str(asked.get("model", "")))
    kind, code = CODES_OF_FIELDS.get((error.field, error.code)) or CODES.get(error.code, (REQUEST, error.code))
    if error.field == "prompt" and error.code == "required":
        code = "empty_string"
    # The tool has no prompt of its own: what is said there comes from the input.
    param = "input" if prefix and error.field == "prompt" else prefix + THEIRS.get(error.field, error.field)
    return Refused(error.sentence, kind=REQUEST if prefix else kind, code=code, param=param)
