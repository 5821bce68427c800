"""Exempt objects that stay for good from garbage collection. The garbage collector scans every live object: a full scan
of all that a process loads at its start takes a tenth of a second, in which no other thread can run, and finds hardly
any garbage."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def paused() -> Iterator[None]:
    """Pause the garbage collector while much is loaded that stays: repeated scans would take a seventh of the time."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def set_aside() -> None:
    """Exempt all objects that live now from garbage collection."""
    gc.freeze()
