"""Python's collector of garbage looks at everything that lives. A full round over all that a process loads at its start
takes a tenth of a second, in which nothing else there can move; and hardly any of it ever becomes garbage."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def paused() -> Iterator[None]:
    """While a lot is loaded that stays: looking at it again and again is a seventh of the time."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def set_aside() -> None:
    """All that lives now is there for good and is not looked at any more."""
    gc.freeze()
