"""Collect messages of providers while they arrive. Small ones are collected in memory; a large one goes to a file
without a name, so a provider that sends 60 MB slowly occupies a thread, but neither memory nor a turn to read.

Reading a large one takes several times its size in memory. All threads of a process share a bound for that, in turns
between organizations: see saas.fairness.memory."""

import tempfile
import time
from collections.abc import Hashable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import IO

from django.conf import settings

from saas.fairness.memory import Room

SMALL_BYTES = 4 * 1024 * 1024
COPIES = 4  # the bytes, their text, its base64 and the picture in it
PLACES = 16


class Message:
    """One event, or an answer in one piece."""

    def __init__(self) -> None:
        self.size_bytes = 0
        self._pieces: list[bytes] = []
        self._file: IO[bytes] | None = None

    @property
    def is_large(self) -> bool:
        return self._file is not None

    def add(self, piece: bytes) -> None:
        self.size_bytes += len(piece)
        if self._file is not None:
            self._file.write(piece)
            return
        self._pieces.append(piece)
        if self.size_bytes > SMALL_BYTES:
            self._file = _nameless()
            self._file.writelines(self._pieces)
            self._pieces.clear()

    def load(self) -> bytes:
        return b"".join(self.pieces()).strip()

    def pieces(self) -> Iterator[bytes]:
        if self._file is None:
            yield from self._pieces
            return
        self._file.seek(0)
        while piece := self._file.read(SMALL_BYTES):
            yield piece

    @contextmanager
    def turn(self, *, by: Hashable, until: float) -> Iterator[None]:
        """Let this thread read the whole message. Raise saas.fairness.memory.Busy if its turn has not come by then."""
        with room().held(self.size_bytes * COPIES, by=by, seconds=until - time.monotonic()):
            yield


@cache
def room() -> Room:
    return Room(limit_bytes=settings.ANSWERS_LIMIT_BYTES, places=PLACES, waiting_at_most=10_000)


def _nameless() -> IO[bytes]:
    folder = Path(settings.DATA_DIR) / "arriving"  # not the temporary folder, which is in memory on some machines
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return tempfile.TemporaryFile(dir=folder)
