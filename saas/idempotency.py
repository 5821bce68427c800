"""Request keys: a program that does not know whether its call arrived sends it again with the same key."""

import hashlib
from uuid import UUID

LONGEST_KEY = 255


class KeyTooLong(Exception):
    pass


def key_of(given: str, owner: UUID) -> str:
    """Of this owner alone (an API key, a person): two programs may count alike. Empty where none is given."""
    if len(given) > LONGEST_KEY:
        raise KeyTooLong
    return hashlib.sha256(f"{owner}:{given}".encode()).hexdigest() if given else ""


def hash_of(*said: str | bytes) -> str:
    """Of all that a request says."""
    digest = hashlib.sha256()
    for part in said:
        digest.update((part.encode() if isinstance(part, str) else part) + b"\0")
    return digest.hexdigest()
