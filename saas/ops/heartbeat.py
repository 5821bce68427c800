"""Note in the cache every few seconds that a worker process lives, and whether one has begun a picture. /readyz reads
it. Both notes expire in the cache, so no machine's clock matters."""

import threading
import time
from contextlib import suppress

from saas.storage.redis_cache import counters

KEY = "darkroom:worker-heartbeat"
WORK_KEY = "darkroom:worker-began"
EVERY_SECONDS = 5.0
DEAD_AFTER_SECONDS = 20
WORK_SECONDS = 120

_stop = threading.Event()
_has_worked = threading.Event()


def start() -> None:
    _stop.clear()
    threading.Thread(target=_beat, name="heartbeat", daemon=True).start()


def stop() -> None:
    _stop.set()


def note_work() -> None:
    """Note with the next beat that this process has begun a picture."""
    _has_worked.set()


def is_alive() -> bool:
    """Return whether any worker has noted within 20 seconds that it lives."""
    return bool(counters.has_key(KEY))


def is_at_work() -> bool:
    """Return whether any worker has begun a picture within two minutes."""
    return bool(counters.has_key(WORK_KEY))


def _beat() -> None:
    while True:
        with suppress(Exception):  # the cache may come back; meanwhile /readyz finds no note
            beat()
        if _stop.wait(EVERY_SECONDS):
            return


def beat() -> None:
    counters.set(KEY, int(time.time()), timeout=DEAD_AFTER_SECONDS)
    if _has_worked.is_set():
        _has_worked.clear()
        counters.set(WORK_KEY, 1, timeout=WORK_SECONDS)
