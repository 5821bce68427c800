"""Each worker process says every few seconds that it lives; /readyz listens."""

import threading
import time
from contextlib import suppress

from django.core.cache import cache

KEY = "darkroom:worker-heartbeat"
EVERY_SECONDS = 5.0
DEAD_AFTER_SECONDS = 20.0

_stop = threading.Event()


def start() -> None:
    _stop.clear()
    threading.Thread(target=_beat, name="heartbeat", daemon=True).start()


def stop() -> None:
    _stop.set()


def is_alive() -> bool:
    last = cache.get(KEY)
    return last is not None and time.time() - last < DEAD_AFTER_SECONDS


def _beat() -> None:
    while True:
        with suppress(Exception):  # the cache may come back; silence is what /readyz hears
            cache.set(KEY, time.time(), timeout=60)
        if _stop.wait(EVERY_SECONDS):
            return
