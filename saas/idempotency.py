"""Hash request keys. A program that does not know whether its call arrived repeats the call with the same key."""

import hashlib
from uuid import UUID

LONGEST_KEY = 255


class KeyTooLong(Exception):
    pass


def key_of(given: str, owner: UUID) -> str:
    """Return a request key that is valid for one owner only (an API key, a person), since two programs may number their
    calls alike. Return "" if none is given."""
    if len(given) > LONGEST_KEY:
        raise KeyTooLong
    return hashlib.sha256(f"{owner}:{given}".encode()).hexdigest() if given else ""


def hash_of(*said: str | bytes) -> str:
    """Return a hash of all parts of a request."""
    digest = hashlib.sha256()
    for part in said:
        digest.update((part.encode() if isinstance(part, str) else part) + b"\0")
    return digest.hexdigest()
