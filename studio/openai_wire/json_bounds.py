"""Detect JSON that becomes many times its size in memory: three bytes of it can be an object of sixty."""

MOST_VALUES = 200_000  # a real request or answer has some dozens
SIGNS = (b",", b"{", b"[")  # each value has one of them before it or within it, and base64 has none


def is_swollen(data: bytes) -> bool:
    """Return whether this JSON would become more values than any real one has. Nothing is parsed, and megabytes of
    base64 between two signs are skipped."""
    left = MOST_VALUES
    for sign in SIGNS:
        at = data.find(sign)
        while at >= 0:
            left -= 1
            if left < 0:
                return True
            at = data.find(sign, at + 1)
    return False
