"""Hold file locks, which the kernel releases when their holder dies, however it dies."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from saas.embedded.refusal import Refusal


@contextmanager
def held(path: Path) -> Iterator[None]:
    """Wait until the lock is free, then hold it."""
    descriptor = _open(path)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


@contextmanager
def held_alone(path: Path, *, otherwise: str) -> Iterator[None]:
    """Hold the lock without waiting, or refuse with the given sentence if it is held already."""
    descriptor = _open(path)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Refusal(otherwise) from None
        yield
    finally:
        os.close(descriptor)


def share(path: Path) -> int:
    """Take the lock shared and return its descriptor; closing the descriptor gives the lock back."""
    descriptor = _open(path)
    fcntl.flock(descriptor, fcntl.LOCK_SH)
    return descriptor


def is_unused(path: Path) -> bool:
    """Return whether all holders of the shared lock have given it back."""
    descriptor = _open(path)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    else:
        return True
    finally:
        os.close(descriptor)


def _open(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
