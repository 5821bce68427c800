"""The text model that leads a talk in the Responses API: how much it may use at most, as it is told and as it is held.

It reads the prompt, what the provider adds of its own and perhaps the picture that it made, and it writes the tool's
prompt, which is about as long as the person's. A token is at least one byte."""

HIDDEN_TOKENS = 8_192
THINKING_TOKENS = 4_096


def most_in(prompt: str) -> int:
    return len(prompt.encode()) + HIDDEN_TOKENS


def most_out(prompt: str) -> int:
    """The provider is told, and ends there."""
    return len(prompt.encode()) + THINKING_TOKENS
