"""Count the tokens of a call: output by the published formula, input by the best that is known of it."""

import math
from typing import Any

from studio.sandbox.models import Model

PER_PARTIAL = 100
PATCH, MOST_PATCHES, LEAST_EDGE = 32, 1536, 1024
OVERHEAD = 7


def of_picture(model: Model, quality: str, width: int, height: int) -> int:
    base = model.tokens[quality]
    short = round(base * min(width, height) / max(width, height))  # half to even, as Python rounds
    return math.ceil(base * short * (2_000_000 + width * height) / 4_000_000)


def of_text(text: str) -> int:
    return OVERHEAD + math.ceil(len(text.encode()) / 4)


def of_input(width: int, height: int) -> int:
    scale = max(1.0, LEAST_EDGE / max(width, height))
    patches = math.ceil(width * scale / PATCH) * math.ceil(height * scale / PATCH)
    return min(patches, MOST_PATCHES)


def usage(text: int, images: int, output: int, *, with_details: bool) -> dict[str, Any]:
    counted: dict[str, Any] = {
        "input_tokens": text + images,
        "input_tokens_details": {"text_tokens": text, "image_tokens": images},
        "output_tokens": output,
        "total_tokens": text + images + output,
    }
    if with_details:
        counted["output_tokens_details"] = {"text_tokens": 0, "image_tokens": output}
    return counted
