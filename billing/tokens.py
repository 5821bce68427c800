"""Count tokens by kind, and read them from the usage that a provider reports."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

TALK = "talk"  # the key of the text model's usage, beside the picture's
MOST = 10_000_000  # of one kind in one call; a higher number is an error, and counts as 0


@dataclass(frozen=True, slots=True)
class Tokens:
    text_in: int = 0
    image_in: int = 0
    cached_text: int = 0
    cached_image: int = 0
    image_out: int = 0
    text_out: int = 0
    # Of the text model that leads a talk.
    talk_in: int = 0
    talk_cached: int = 0
    talk_out: int = 0

    def to_json(self) -> dict[str, int]:
        return asdict(self)


def read_usage(usage: Mapping[str, Any] | None) -> Tokens | None:
    """Read a provider's usage. Return None if it says nothing, or nothing that could be true: a picture costs output.
    Tokens without a breakdown count as the dearer kind, so that a missing detail makes no picture nearly free."""
    if not usage:
        return None
    out = _count(usage, "output_tokens")
    said_in, said_out, cached = (
        _part(usage, name) for name in ("input_tokens_details", "output_tokens_details", "cached_tokens_details")
    )
    talk = _part(usage, TALK)
    talk_in = _count(talk, "input_tokens")
    text_out = min(_count(said_out, "text_tokens"), out)
    tokens = Tokens(
        text_in=_count(said_in, "text_tokens"),
        image_in=max(_count(usage, "input_tokens") - _count(said_in, "text_tokens"), _count(said_in, "image_tokens")),
        cached_text=min(_count(cached, "cached_text_tokens"), _count(said_in, "text_tokens")),
        cached_image=min(_count(cached, "cached_image_tokens"), _count(said_in, "image_tokens")),
        image_out=max(out - text_out, _count(said_out, "image_tokens")),
        text_out=text_out,
        talk_in=talk_in,
        talk_cached=min(_count(_part(talk, "input_tokens_details"), "cached_tokens"), talk_in),
        talk_out=_count(talk, "output_tokens"),
    )
    return tokens if tokens.image_out else None


def read_talk_usage(usage: Mapping[str, Any] | None) -> Tokens | None:
    """Read the usage of a talk that ended in words: its text model alone has used tokens."""
    talk = _part(usage or {}, TALK)
    talk_in = _count(talk, "input_tokens")
    cached = min(_count(_part(talk, "input_tokens_details"), "cached_tokens"), talk_in)
    return Tokens(talk_in=talk_in, talk_cached=cached, talk_out=_count(talk, "output_tokens")) if talk_in else None


def read_text_usage(usage: Mapping[str, Any] | None) -> Tokens | None:
    """Read the usage of a text model, which has other fields: all output is text, including what the model thought."""
    if not usage:
        return None
    given, said = _count(usage, "input_tokens"), _count(usage, "output_tokens")
    cached = min(_count(_part(usage, "input_tokens_details"), "cached_tokens"), given)
    return Tokens(text_in=given, cached_text=cached, text_out=said) if said else None


def _part(usage: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = usage.get(name)
    return found if isinstance(found, Mapping) else {}


def _count(said: Mapping[str, Any], name: str) -> int:
    value = said.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MOST else 0
