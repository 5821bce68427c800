"""Refusals. Their text is one sentence that the person reads."""


class Refused(Exception):
    """The act was not done and nothing changed."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


class NotAllowed(Refused):
    """The one who asks has no right to this, or has lost it meanwhile."""


class LastOwner(Refused):
    def __init__(self) -> None:
        super().__init__("The last owner stays: name another owner first.")
