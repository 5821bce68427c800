"""Turn OpenAI's parameters into a spec. Wrong names and types are refused in OpenAI's own words. Whether a model can do
what is asked is decided by `studio.catalogue.specs`, whose sentences go into the same envelope."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils import timezone

from accounts.models import Organization
from studio.catalogue import image_models, specs
from studio.catalogue.specs import Fault, Spec, SpecRefused
from studio.openai_wire.errors import IMAGE, REQUEST, OpenAIError, no_such_model
from studio.openai_wire.fields import Fields

# OpenAI's name: the spec's name.
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
class ImageRequest:
    spec: Spec
    stream: bool = False
    as_url: bool = False
    identifier: str = ""
    prefix: str = ""  # of its parameters' names in the request


def read_parameters(
    values: Mapping[str, Any],
    *,
    org: Organization,
    is_form: bool = False,
    references: int = 0,
    mask: bool = False,
) -> ImageRequest:
    """Read the parameters of an image request, sent as JSON or as a form."""
    fields = Fields(values, is_form=is_form)
    fields.refuse_others(KNOWN)
    stream = fields.flag("stream")
    if stream and fields.whole("n", -FAR, FAR, 1) > 1:
        raise OpenAIError("Streaming is only supported with n=1.", kind=IMAGE, code="unsupported_parameter", param="n")
    fields.text("prompt")  # a missing prompt is another error than an empty one
    as_url = fields.choice("response_format", RESPONSE_FORMATS, "b64_json") == "url"
    if stream and as_url:
        message = "Streaming is only supported with the response_format 'b64_json'."
        raise OpenAIError(message, code="unsupported_parameter", param="response_format")
    pictures = {"references": references, "mask": mask} if references or mask else {}
    return ImageRequest(check_spec(fields, pictures, org), stream, as_url, read_identifier(fields))


def check_spec(fields: Fields, more: Mapping[str, Any], org: Organization) -> Spec:
    """Check the fields, together with `more`, which has the spec's own names already."""
    asked: dict[str, Any] = {ours: fields.text(theirs) for theirs, ours in TEXTS.items() if theirs in fields.values}
    asked |= {ours: fields.whole(theirs, -FAR, FAR, 0) for theirs, ours in WHOLE.items() if theirs in fields.values}
    if more.get("mask"):
        asked["keep_rest"] = False  # the caller receives the provider's own picture, so no composite is made
    try:
        return specs.read_spec(asked | dict(more), models=image_models.at(timezone.now(), org=org))
    except SpecRefused as refusal:
        raise error_of_fault(refusal.errors[0], asked, fields.prefix) from None


def read_identifier(fields: Fields) -> str:
    """Return the end user that the program names. If both names are given, the newer one wins."""
    names = ("safety_identifier", "user")
    given = {name: fields.text(name, "", longest=LONGEST_IDENTIFIER) for name in names}
    for name, text in given.items():
        if "\0" in text:
            param = fields.named(name)
            raise OpenAIError(
                f"Invalid '{param}': the string holds a null character.", code="invalid_value", param=param
            )
    return given["safety_identifier"] or given["user"]


def error_of_fault(error: Fault, asked: Mapping[str, Any], prefix: str = "") -> OpenAIError:
    """Turn an error of the spec into OpenAI's refusal. Only the first error is reported, as OpenAI does it."""
    if error.code == "unknown_model":
        return no_such_model(str(asked.get("model", "")))
    kind, code = CODES_OF_FIELDS.get((error.field, error.code)) or CODES.get(error.code, (REQUEST, error.code))
    if error.field == "prompt" and error.code == "required":
        code = "empty_string"
    # The Responses API's tool has no parameter for the prompt, which comes from the input, nor for the API itself.
    elsewhere = {"prompt": "input", "api": "tools"} if prefix else {}
    param = elsewhere.get(error.field) or prefix + THEIRS.get(error.field, error.field)
    return OpenAIError(error.sentence, kind=REQUEST if prefix else kind, code=code, param=param)
