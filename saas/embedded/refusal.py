"""What Darkroom says when it cannot start."""


class Refusal(Exception):
    """One clear sentence for the person at the terminal; the program then ends with a non-zero exit code."""
