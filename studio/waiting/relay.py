"""Hand what a worker gets to the callers that wait for it in the same process. Callers in other processes, and pages,
get it from storage and the database.

A partial is passed on before it is kept: it is worth most while it is fresh. A final is handed over by the commit that
keeps and settles it, so that its caller need not read again what the worker still holds."""

import threading
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, TypeVar
from uuid import UUID

from studio.imaging import previews
from studio.imaging.previews import Measured
from studio.providers.answers import Final, Partial

Tell = Callable[[Partial], object]
T = TypeVar("T")
FRESH_LIMIT_BYTES = 8_000_000
HANDED_LIMIT_BYTES = 64_000_000  # of all finals that wait in this process for the rest of their answers

_lock = threading.Lock()
_waiting: dict[UUID, list[Tell]] = defaultdict(list)


@dataclass(frozen=True)
class Finished:
    """A picture that is kept and settled, as its worker knows it: the run has cost `micros` up to its event `seq`, and
    `counters` are what limits have counted since, if that is known."""

    slot_index: int
    frame: Final
    measured: Measured
    seq: int
    micros: int
    counters: list[dict[str, Any]] | None

    @property
    def size_bytes(self) -> int:
        """Return what it keeps in memory."""
        return len(self.frame.data if self.frame.text is None else self.frame.text)

    @property
    def picture_bytes(self) -> int:
        return len(self.frame.data) if self.frame.text is None else len(self.frame.text) * 3 // 4


class Finals:
    """The finished pictures of one run that were handed to one caller, by the index of their slot."""

    def __init__(self) -> None:
        self.by_slot: dict[int, Finished] = {}
        self.size_bytes = 0

    def add(self, finished: Finished) -> None:
        self.by_slot[finished.slot_index] = finished
        self.size_bytes += finished.size_bytes


_expected: dict[UUID, list[Finals]] = defaultdict(list)


@contextmanager
def listening(run_code: UUID, tell: Tell) -> Iterator[None]:
    """Have `tell` called for each fresh partial of the run while inside, in the worker's thread."""
    with _among(_waiting, run_code, tell):
        yield


@contextmanager
def expecting(run_code: UUID) -> Iterator[Finals]:
    """Yield where the run's finals are put as long as the block lasts. What does not come there is in storage."""
    finals = Finals()
    with _among(_expected, run_code, finals):
        yield finals


@contextmanager
def _among(callers: dict[UUID, list[T]], run_code: UUID, caller: T) -> Iterator[None]:
    with _lock:
        callers[run_code].append(caller)
    try:
        yield
    finally:
        with _lock:
            callers[run_code].remove(caller)
            if not callers[run_code]:
                del callers[run_code]


def pass_on(run_code: UUID, frame: Partial) -> None:
    """Pass a fresh partial to the callers that wait for it, unless it is large or no valid image. Large ones would wait
    in memory for slow callers, which get them from storage instead."""
    with _lock:
        waiting = list(_waiting.get(run_code, ()))
    if not waiting or len(frame.data) > FRESH_LIMIT_BYTES:
        return
    try:
        previews.measure(frame.data)
    except previews.Unreadable:
        return
    for tell in waiting:
        tell(frame)


def hand_over(run_code: UUID, finished: Finished) -> None:
    """Hand a final to the callers that wait for it, as long as there is room. Call this after the commit. An answer
    needs the base64 alone, if that is there."""
    if finished.frame.text is not None:
        finished = replace(finished, frame=replace(finished.frame, data=b""))
    with _lock:
        for finals in _expected.get(run_code, ()):
            if _held_bytes() + finished.size_bytes <= HANDED_LIMIT_BYTES:
                finals.add(finished)


def _held_bytes() -> int:
    return sum(finals.size_bytes for all_of_run in _expected.values() for finals in all_of_run)
