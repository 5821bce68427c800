"""Refuse to start."""


class Refusal(Exception):
    """The reason not to start: one clear sentence for the terminal. The program ends with a non-zero exit code."""
