"""Read the parameters of an image by the rules of each model, which are the same for the tool of the Responses API."""

from collections.abc import Callable
from dataclasses import dataclass

from studio.openai_wire.errors import IMAGE, REQUEST, OpenAIError, image_value, wrong_value
from studio.openai_wire.fields import Fields
from studio.sandbox import models, sizes
from studio.sandbox.models import Model

LONGEST_PROMPT = 32_000
COMMON = frozenset(
    [
        "model",
        "size",
        "quality",
        "background",
        "moderation",
        "output_format",
        "output_compression",
        "partial_images",
        "complexity",
        "input_fidelity",
        "frame_count",
        "frame_duration_ms",
        "svg",
    ]
)
IMAGES = COMMON | {"prompt", "n", "stream", "user", "safety_identifier"}
ALL_QUALITIES = ("low", "medium", "high", "xhigh", "max", "auto", "standard", "hd")


@dataclass(frozen=True)
class ImageParameters:
    model: Model
    prompt: str
    size: str
    quality: str
    background: str
    output_format: str
    compression: int
    partial_images: int
    n: int = 1
    stream: bool = False
    identifier: str = ""


def read_parameters(
    fields: Fields, *, prompt: str, identifier: str, default_model: str | None = None
) -> ImageParameters:
    model = models.find(fields.text("model", default_model))
    _refuse_unsupported(fields, model)
    form = fields.choice("output_format", ("png", "webp", "jpeg"), "png")
    return ImageParameters(
        model=model,
        prompt=prompt,
        size=_size(fields),
        quality=_quality(fields, model),
        background=_background(fields, model, form),
        output_format=form,
        compression=_compression(fields, form),
        partial_images=fields.whole("partial_images", 0, 3, 0),
        identifier=identifier,
    )


def read_prompt(fields: Fields) -> str:
    text = fields.text("prompt", longest=LONGEST_PROMPT)
    if not text:
        message = (
            "Invalid 'prompt': empty string. Expected a string with minimum length 1, but got an empty string instead."
        )
        raise OpenAIError(message, code="empty_string", param="prompt")
    return text


def read_identifier(fields: Fields) -> str:
    """Return the end user that the program names. If both names are given, the newer one wins."""
    return fields.text("safety_identifier", "") or fields.text("user", "")


def _refuse_unsupported(fields: Fields, model: Model) -> None:
    fields.choice("moderation", ("low", "auto"), "auto")
    if "input_fidelity" in fields.values:
        message = f"The model '{model.id}' does not support the 'input_fidelity' parameter."
        raise OpenAIError(
            message, kind=IMAGE, code="invalid_input_fidelity_model", param=fields.named("input_fidelity")
        )
    if "complexity" in fields.values:
        fields.choice("complexity", ("low", "medium", "high"), "low")
        if not model.has_complexity:
            raise _unsupported(
                fields, "complexity", f"The model '{model.id}' does not support the 'complexity' parameter."
            )
    for name in ("frame_count", "frame_duration_ms", "svg"):
        if name in fields.values:
            raise _unsupported(fields, name, f"'{name}' is only supported with the output formats 'gif' and 'svg'.")


def _unsupported(fields: Fields, name: str, message: str) -> OpenAIError:
    return OpenAIError(message, kind=IMAGE, code="unsupported_parameter", param=fields.named(name))


def _size(fields: Fields) -> str:
    size = fields.text("size", "auto")
    if size != "auto":
        _as_of_the_tool(fields, "size", lambda: sizes.read_size(size))
    return size


def _as_of_the_tool(fields: Fields, name: str, check: Callable[[], object]) -> None:
    """Run the check. The same error has another type and a longer parameter name if the tool is asked."""
    try:
        check()
    except OpenAIError as refused:
        kind = REQUEST if fields.prefix else IMAGE
        raise OpenAIError(str(refused), kind=kind, code="invalid_value", param=fields.named(name)) from None


def _quality(fields: Fields, model: Model) -> str:
    quality = fields.choice("quality", ALL_QUALITIES, "auto")
    if quality not in model.qualities:
        refused = wrong_value("quality", quality, list(model.qualities))
        _as_of_the_tool(fields, "quality", lambda: _raise(refused))
    return quality


def _raise(refused: OpenAIError) -> None:
    raise refused


def _background(fields: Fields, model: Model, form: str) -> str:
    background = fields.choice("background", ("transparent", "opaque", "auto"), "auto")
    if background == "transparent" and not model.is_transparent:
        raise image_value(fields.named("background"), "Transparent background is not supported for this model.")
    if background == "transparent" and form == "jpeg":
        raise image_value(
            fields.named("background"), "Transparent background is not supported for the 'jpeg' output format."
        )
    return background


def _compression(fields: Fields, form: str) -> int:
    compression = fields.whole("output_compression", 0, 100, 100)
    if form == "png" and compression < 100:  # noqa: PLR2004
        message = "Compression less than 100 is not supported for the 'png' output format."
        raise image_value(fields.named("output_compression"), message)
    return compression
