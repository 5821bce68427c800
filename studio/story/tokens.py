"""Read token counts from the provider's usage data, some of which may be missing."""

from collections.abc import Iterable, Mapping
from typing import Any

from studio.story.shapes import Tokens


def read_tokens(usage: Mapping[str, Any] | None) -> Tokens | None:
    if not usage:
        return None
    details = usage.get("input_tokens_details") or {}
    text, images = _number(details, "text_tokens"), _number(details, "image_tokens")
    if not text and not images:
        text = _number(usage, "input_tokens")
    return Tokens(text, images, _number(details, "cached_tokens"), _number(usage, "output_tokens"))


def total(all_tokens: Iterable[Tokens | None]) -> Tokens | None:
    known = [tokens for tokens in all_tokens if tokens is not None]
    return sum(known, start=Tokens()) if known else None


def _number(values: Mapping[str, Any], name: str) -> int:
    value = values.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) else 0
