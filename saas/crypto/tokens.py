"""Make secrets that are handed out and later only compared: API keys, invitations.

    dk_1a2B3c4D_<43 characters of secret><6 characters of checksum>

* "dk" is the kind. Together with the eight characters after it, which are not part of the secret, it is the readable
  prefix by which people tell their keys apart.
* 43 characters of base 62 hold 256 random bits. Base 62 has no "-" and no further "_", which would end the selection of
  a double click or the match of a scanner: \\bdk_[0-9A-Za-z]{8}_[0-9A-Za-z]{49}\\b
* The checksum, CRC-32 of all before it in base 62, tells a typo or a look-alike from a key without a query. It is no
  protection, since it needs no secret to compute.

Only the hash is stored. It is plain SHA-256, neither salted nor slow: salt and slowness protect secrets that can be
guessed, and 256 random bits cannot. So a key is found by its hash in one indexed look-up, and no comparison takes a
time that depends on the secret.
"""

import hashlib
import re
import secrets
import string
import zlib
from typing import NamedTuple

ALPHABET = string.digits + string.ascii_uppercase + string.ascii_lowercase
PREFIX_LENGTH = 8
SECRET_LENGTH = 43
CHECKSUM_LENGTH = 6
KIND = re.compile(r"[a-z]{2,8}", re.ASCII)


class NewToken(NamedTuple):
    """The token, to be shown once, and its hash, to be stored."""

    token: str
    hash: str

    def __repr__(self) -> str:
        return f"NewToken({readable_prefix(self.token)}…)"


def new_token(kind: str = "dk") -> NewToken:
    if not KIND.fullmatch(kind):
        raise ValueError("The kind of a token is two to eight small letters.")
    body = f"{kind}_{_random(PREFIX_LENGTH)}_{_random(SECRET_LENGTH)}"
    token = body + _checksum(body)
    return NewToken(token, hash_token(token))


def hash_token(token: str) -> str:
    """Return the hash to store or look up: 64 hexadecimal characters."""
    # A presented token may be any text, so half of a surrogate pair must not raise an error.
    return hashlib.sha256(token.encode(errors="surrogatepass")).hexdigest()


def looks_like_key(text: str, kind: str = "dk") -> bool:
    """Return whether the text could be a token of that kind, to save a query for one that is not."""
    length = PREFIX_LENGTH, SECRET_LENGTH + CHECKSUM_LENGTH
    form = rf"{re.escape(kind)}_[0-9A-Za-z]{{{length[0]}}}_[0-9A-Za-z]{{{length[1]}}}"
    if not re.fullmatch(form, text, re.ASCII):
        return False
    return _checksum(text[:-CHECKSUM_LENGTH]) == text[-CHECKSUM_LENGTH:]


def readable_prefix(token: str) -> str:
    """Return the part that may be stored and shown: "dk_1a2B3c4D"."""
    kind, _, rest = token.partition("_")
    return f"{kind}_{rest[:PREFIX_LENGTH]}"


def _random(length: int) -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(length))


def _checksum(text: str) -> str:
    number, digits = zlib.crc32(text.encode()), ""
    for _ in range(CHECKSUM_LENGTH):
        number, digit = divmod(number, len(ALPHABET))
        digits = ALPHABET[digit] + digits
    return digits
