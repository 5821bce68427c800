"""Define refusals. The text of each is one sentence for the person who asked."""


class Refused(Exception):
    """A refusal: the act was not done, and nothing changed."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


class NotAllowed(Refused):
    """A refusal because the person who asks has no right to this, or has lost it meanwhile."""


class LastOwner(Refused):
    def __init__(self) -> None:
        super().__init__("An organization needs an owner. Make another person an owner first.")
