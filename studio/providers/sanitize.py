"""Clean what a provider said beside the picture, so that the database takes it. PostgreSQL refuses zero characters,
halves of characters (surrogates), NaN and infinity; a picture that was paid for must not be lost for such a label."""

from math import isfinite
from typing import Any

LONGEST_TEXT = 32_000
MOST_ENTRIES = 50
DEEPEST = 5
LARGEST_NUMBER = 10**15


def text(said: Any) -> str:
    return str(said or "").encode("utf-8", "replace").decode().replace("\0", "\N{REPLACEMENT CHARACTER}")[:LONGEST_TEXT]


def values(said: Any, depth: int = 0) -> Any:
    """Return the same structure without what cannot be kept."""
    if isinstance(said, str):
        return text(said)
    if isinstance(said, bool) or said is None:
        return said
    if isinstance(said, int | float):
        return said if isfinite(said) and abs(said) < LARGEST_NUMBER else None
    if depth < DEEPEST and isinstance(said, dict):
        return {text(name): values(value, depth + 1) for name, value in list(said.items())[:MOST_ENTRIES]}
    if depth < DEEPEST and isinstance(said, list):
        return [values(value, depth + 1) for value in said[:MOST_ENTRIES]]
    return None
