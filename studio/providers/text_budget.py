"""Bound the tokens of the text model in a Responses API call, for the request and for the hold alike.

The model reads the prompt, what the provider adds and perhaps the picture that it made, and it writes the image tool's
prompt, which is about as long as the person's. A token is at least one byte."""

HIDDEN_TOKENS = 8_192
THINKING_TOKENS = 4_096


def most_in(prompt: str) -> int:
    return len(prompt.encode()) + HIDDEN_TOKENS


def most_out(prompt: str) -> int:
    """Return the most output tokens. The provider gets this limit, and ends there."""
    return len(prompt.encode()) + THINKING_TOKENS
