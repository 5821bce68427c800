"""Read for how long a file is to be kept."""

from studio.openai_wire.errors import missing
from studio.openai_wire.fields import Fields

SHORTEST_SECONDS, LONGEST_SECONDS = 3600, 30 * 24 * 3600


def read_lifetime(fields: Fields, *, anchor: str = "anchor", seconds: str = "seconds") -> int:
    """Return the seconds. Both keys are needed, as OpenAI needs them."""
    fields.refuse_others(frozenset({anchor, seconds}))
    fields.choice(anchor, ("created_at",), fields.text(anchor))
    if seconds not in fields.values:
        raise missing(fields.named(seconds))
    return fields.whole(seconds, SHORTEST_SECONDS, LONGEST_SECONDS, SHORTEST_SECONDS)
