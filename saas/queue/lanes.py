"""Give each kind of work a queue and threads of its own, so that none can starve another.

The first lane, pictures, is served by the worker that Dramatiq's command line or the embedded program starts; a
companion worker in the same process serves each of the others. With `--queues`, a process serves only the queues named.
"""

from dataclasses import dataclass
from threading import Thread
from typing import Final

from dramatiq import Broker, Worker

PICTURES: Final = "default"  # the name from before there were lanes, so that no message of an older version is lost
WORDS: Final = "words"
COMPOSITES: Final = "composites"
WEBHOOKS: Final = "webhooks"
CHECKS: Final = "checks"
MAIL: Final = "mail"
EXPORTS: Final = "exports"
BATCHES: Final = "batches"
OVERNIGHT: Final = "overnight"
SHEETS: Final = "sheets"
UPKEEP: Final = "upkeep"

THREADS: Final = {
    WORDS: 12,
    COMPOSITES: 2,
    WEBHOOKS: 12,
    CHECKS: 6,
    MAIL: 4,
    EXPORTS: 2,
    BATCHES: 4,
    OVERNIGHT: 4,
    SHEETS: 4,
    UPKEEP: 2,
}
STOP_MILLISECONDS = 30_000  # no companion works longer on a task that cannot be repeated


class Companion(Worker):
    """A worker for one lane, in addition to the process's own worker."""


@dataclass
class _Crew:
    companions: list[Companion]
    stopping: list[Thread]
    is_wanted: bool = False
    chosen: frozenset[str] = frozenset()


_crew = _Crew([], [])


def divide(worker: Worker) -> None:
    """Limit this worker to pictures and have companions serve the other lanes, unless its queues were chosen."""
    _crew.is_wanted = not worker.consumer_whitelist
    _crew.chosen = frozenset(worker.consumer_whitelist or {PICTURES, *THREADS})
    if _crew.is_wanted:
        worker.consumer_whitelist = {PICTURES}


def served() -> frozenset[str]:
    """Return the lanes that this process's workers serve."""
    return _crew.chosen


def staff(broker: Broker, worker: Worker) -> None:
    """Start the companions, if `divide` decided that they are wanted."""
    if not _crew.is_wanted:
        return
    for lane, threads in THREADS.items():
        companion = Companion(broker, queues={lane}, worker_timeout=worker.worker_timeout, worker_threads=threads)
        companion.start()
        _crew.companions.append(companion)


def dismiss(milliseconds: int = STOP_MILLISECONDS) -> None:
    """Ask all companions to stop, at the same time as the process's own worker does."""
    for companion in _crew.companions:
        leaving = Thread(target=companion.stop, args=(milliseconds,), name="dismiss", daemon=True)
        leaving.start()
        _crew.stopping.append(leaving)
    _crew.companions.clear()


def wait_until_dismissed() -> None:
    for leaving in _crew.stopping:
        leaving.join()
    _crew.stopping.clear()
