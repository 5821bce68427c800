"""Compute a number that is equal for runs that ask for the same thing, so that repeated requests in new runs can be
recognized. It is hashed with the secret key, so that it can be stored outside the wall without revealing a prompt."""

from collections.abc import Iterable
from hashlib import blake2b

from django.conf import settings

from studio.models import Run

MOST = 2**63 - 1  # of a bigint


def fingerprint_of(run: Run, pictures: Iterable[str]) -> int:
    """Return the run's number, never 0: of its maker, its prompt without case and spacing, and `pictures`, the digests
    of its inputs."""
    words = " ".join(run.prompt.split()).casefold()
    said = "\0".join([str(run.maker_id), words, *pictures]).encode()
    secret = blake2b(settings.SECRET_KEY.encode(), digest_size=32).digest()
    digest = blake2b(said, digest_size=8, key=secret, person=b"likeness").digest()
    return 1 + int.from_bytes(digest) % MOST
