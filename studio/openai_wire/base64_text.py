"""Read and write the base64 of pictures, which is megabytes long: forty times faster than the standard library, which
keeps the interpreter's lock for milliseconds."""

import base64

from pybase64 import b64decode
from pybase64 import b64encode as encode
from pybase64 import b64encode_as_string as encode_as_text

__all__ = ["decode", "encode", "encode_as_text"]


def decode(text: str) -> bytes:
    """Return the bytes behind the text, which has nothing but base64 in it. Raise ValueError or TypeError otherwise.

    What the quick reader refuses the standard library reads again: it alone takes padding that is not needed, and a
    picture may have been paid for."""
    try:
        return b64decode(text, validate=True)
    except ValueError:
        return base64.b64decode(text, validate=True)
