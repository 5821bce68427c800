"""List the models on offer. Those that were shut down, and those about to be, are unknown here: 404."""

import re
from typing import Any, NamedTuple

from studio.openai_wire.errors import OpenAIError, no_such_model

FOUR = ("low", "medium", "high", "auto")
SIX = ("low", "medium", "high", "xhigh", "max", "auto")


class Model(NamedTuple):
    id: str
    created: int
    qualities: tuple[str, ...]
    tokens: dict[str, int]  # the base of the token formula
    is_transparent: bool
    has_complexity: bool


TWO = {"low": 16, "medium": 48, "high": 96}
LATER = {"low": 16, "medium": 24, "high": 48, "xhigh": 64, "max": 96}

MODELS = {
    model.id: model
    for model in (
        Model("gpt-image-2", 1776729600, FOUR, TWO, False, False),
        Model("gpt-image-2-2026-04-21", 1776729600, FOUR, TWO, False, False),
        Model("gpt-image-2.5-sunburst", 1788825600, SIX, LATER, True, False),
        Model("gpt-image-2.5-sunburst-2026-09-08", 1788825600, SIX, LATER, True, False),
        Model("gpt-image-2.5-flare", 1788825600, SIX, LATER, True, False),
        Model("gpt-image-2.5-flare-2026-09-08", 1788825600, SIX, LATER, True, False),
        Model("gpt-image-2.6-sunburst", 1793750400, SIX, LATER, True, True),
        Model("gpt-image-2.6-flare", 1793750400, SIX, LATER, True, True),
    )
}
TEXT_MODELS = {"gpt-5": 1754524800}
TEXT_MODEL = re.compile(r"gpt-[5-9](\.\d+)?(-[a-z0-9-]+)?")


def find(model: str) -> Model:
    try:
        return MODELS[model]
    except KeyError:
        raise no_such_model(model) from None


def check_text_model(model: str) -> None:
    if model in MODELS:
        message = f"The model '{model}' is not supported with the Responses API."
        raise OpenAIError(message, code="model_not_supported", param="model")
    if not TEXT_MODEL.fullmatch(model):
        raise no_such_model(model)


def described(model: str) -> dict[str, Any]:
    created = MODELS[model].created if model in MODELS else TEXT_MODELS.get(model)
    if created is None:
        raise no_such_model(model)
    return {"id": model, "object": "model", "created": created, "owned_by": "sandbox", "shutdown_date": None}


def listed() -> dict[str, Any]:
    return {"object": "list", "data": [described(model) for model in (*MODELS, *TEXT_MODELS)]}
