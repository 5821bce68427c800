"""Encrypt secrets that must be read again: the keys of providers.

Every value is sealed under a key derived for its context, for example "connection:<organization>:<connection>", so that
a value copied to another row or another tenant does not open. A copy of the database without ENCRYPTION_KEYS discloses
no secret. To rotate: put a new key first, `reseal` every value, then drop the old key.
"""

import base64
import binascii
import hmac
from collections.abc import Sequence
from functools import lru_cache
from typing import NoReturn

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.views.decorators.debug import sensitive_variables

VERSION = "v1."
KEY_BYTES = 32
PURPOSE = b"darkroom sealing v1:"
HIDDEN = "••••••••"


class CannotUnseal(Exception):
    """The value was sealed for another context, or by a key that is no longer set, or was changed."""


class BadKeys(ImproperlyConfigured):
    """ENCRYPTION_KEYS cannot be used. The text never shows a key."""


class Secret:
    """A text that only `reveal` returns: it never appears in logs, tracebacks, templates, messages or pickles."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        return self._value

    reveal.alters_data = True  # type: ignore[attr-defined]  # keeps templates from calling it

    def __repr__(self) -> str:
        return f"Secret({HIDDEN})"

    def __str__(self) -> str:
        return HIDDEN

    def __format__(self, spec: str) -> str:
        return HIDDEN

    def __bool__(self) -> bool:
        return bool(self._value)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        return hmac.compare_digest(self._value.encode(), other._value.encode())

    __hash__ = None  # type: ignore[assignment]  # sets and dicts would compare by a hash, not in constant time

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError("A secret does not go into a message, session or cache.")


@sensitive_variables()
def seal(secret: str | Secret, *, context: str) -> str:
    text = secret.reveal() if isinstance(secret, Secret) else secret
    return VERSION + _box(_keys(), context).encrypt(text.encode()).decode("ascii")


def unseal(sealed: str, *, context: str) -> Secret:
    return Secret(_open(_box(_keys(), context), sealed).decode())


def reseal(sealed: str, *, context: str) -> tuple[str, bool]:
    """Return the value sealed under the first key, and whether it was under another one before."""
    keys = _keys()
    try:
        _open(_box(keys[:1], context), sealed)
    except CannotUnseal:
        return seal(Secret(_open(_box(keys, context), sealed).decode()), context=context), True
    return sealed, False


def hashing_keys(context: str) -> list[bytes]:
    """Return one key for each of ENCRYPTION_KEYS, the newest first: for hashes that serve to find a value, and from
    which a copy of the database must not disclose it."""
    return [_derived(key, f"hash:{context}") for key in _keys()]


def generate_key() -> str:
    """Return a new random value for ENCRYPTION_KEYS."""
    return Fernet.generate_key().decode("ascii")


def check_keys(keys: Sequence[str]) -> None:
    """Raise BadKeys, with the position in the list, unless all keys can be used."""
    _parsed(tuple(keys))


def _keys() -> tuple[bytes, ...]:
    return _parsed(tuple(settings.ENCRYPTION_KEYS))


@lru_cache(maxsize=8)
def _parsed(keys: tuple[str, ...]) -> tuple[bytes, ...]:
    if not keys:
        raise BadKeys("ENCRYPTION_KEYS is empty: it needs at least one key.")
    return tuple(_parsed_key(key, number) for number, key in enumerate(keys, start=1))


def _parsed_key(key: str, number: int) -> bytes:
    try:
        parsed = base64.b64decode(key.encode("ascii"), altchars=b"-_", validate=True)
    except (UnicodeEncodeError, binascii.Error):
        parsed = b""
    if len(parsed) != KEY_BYTES:
        raise BadKeys(f"ENCRYPTION_KEYS: key {number} is not {KEY_BYTES} bytes in URL-safe base64.") from None
    return parsed


def _box(keys: tuple[bytes, ...], context: str) -> MultiFernet:
    return MultiFernet([Fernet(base64.urlsafe_b64encode(_derived(key, context))) for key in keys])


def _derived(key: bytes, context: str) -> bytes:
    if not context:
        raise ValueError("A sealed value needs a context: it says where the value belongs.")
    # The keys are random, so HKDF needs no salt and no stretching; `info` makes the keys of contexts differ.
    return HKDF(SHA256(), KEY_BYTES, salt=None, info=PURPOSE + context.encode()).derive(key)


def _open(box: MultiFernet, sealed: str) -> bytes:
    if not sealed.startswith(VERSION):
        raise CannotUnseal("The stored secret is not in a form that this version knows.")
    try:
        return box.decrypt(sealed.removeprefix(VERSION))
    except (InvalidToken, ValueError):  # ValueError: text that is not ASCII
        raise CannotUnseal("The stored secret does not open here with the keys that are set.") from None
