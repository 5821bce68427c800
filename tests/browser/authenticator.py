"""An authenticator app of our own: RFC 6238, six digits every 30 seconds."""

import base64
import hmac
import struct
import time

STEP_SECONDS = 30


def code_for(secret: str, at: float | None = None) -> str:
    counter = struct.pack(">Q", int((time.time() if at is None else at) // STEP_SECONDS))
    digest = hmac.new(base64.b32decode(secret), counter, "sha1").digest()
    offset = digest[-1] & 0x0F
    number = struct.unpack(">I", digest[offset : offset + 4])[0] & 0x7FFFFFFF
    return f"{number % 1_000_000:06d}"
