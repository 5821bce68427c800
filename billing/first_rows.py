"""List the prices that a new database begins with: what OpenAI took in November 2026, in micro-dollars for a million
tokens. Later prices are later rows, which the operator enters; each holds from when its model came out."""

from datetime import UTC, datetime
from typing import Any

DOLLAR = 1_000_000
STANDARD = {"text_in": 5.00, "cached_text": 1.25, "image_in": 8.00, "cached_image": 2.00, "image_out": 30.00}
BEGINNINGS = {
    "gpt-image-2": datetime(2026, 4, 21, tzinfo=UTC),
    "gpt-image-2.5-sunburst": datetime(2026, 9, 8, tzinfo=UTC),
    "gpt-image-2.5-flare": datetime(2026, 9, 8, tzinfo=UTC),
    "gpt-image-2.6-sunburst": datetime(2026, 11, 4, tzinfo=UTC),
    "gpt-image-2.6-flare": datetime(2026, 11, 4, tzinfo=UTC),
}
OF_PICTURES: list[dict[str, Any]] = [
    {
        "model": model,
        "is_batch": is_batch,
        "valid_from": valid_from,
        **{kind: round(dollars * DOLLAR) // (2 if is_batch else 1) for kind, dollars in STANDARD.items()},
    }
    for model, valid_from in BEGINNINGS.items()
    for is_batch in (False, True)
]
# The text model that leads a conversation unless an admin names another. It makes no pictures; a row of prices must say
# what they cost, so it says what text does.
OF_TEXT: dict[str, Any] = {
    "model": "gpt-5",
    "is_batch": False,
    "valid_from": datetime(2025, 8, 7, tzinfo=UTC),
    "text_in": 1_250_000,
    "cached_text": 125_000,
    "image_in": 1_250_000,
    "image_out": 10_000_000,
    "text_out": 10_000_000,
}
PRICES = [*OF_PICTURES, OF_TEXT]
