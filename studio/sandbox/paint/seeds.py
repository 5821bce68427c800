"""Make chance repeatable: the same parts give the same dice, on every machine."""

import hashlib
import random


class Dice:
    """Streams of random numbers. Each use has its own, so that more detail in one place moves nothing in another."""

    def __init__(self, *parts: object) -> None:
        self.text = "\x1f".join(str(part) for part in parts)

    def random_for(self, use: str) -> random.Random:
        digest = hashlib.sha256(f"{self.text}\x1f{use}".encode()).digest()
        return random.Random(int.from_bytes(digest[:8]))  # noqa: S311 - pictures, not secrets
