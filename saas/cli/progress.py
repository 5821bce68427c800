"""Show in the terminal how pictures develop: each is a square that fills up."""

import shutil
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

WAITING, STARTED, DONE, FAILED = "·", "░", "█", "✗"
FRAMES = "░▒▓▓"
REDRAW_SECONDS = 0.2
ENDS = {"answered", "failed", "refused", "cancelled", "unknown"}


class Progress:
    """The line of progress, which draws over itself on a terminal and is silent elsewhere. All of it goes to standard
    error, so that standard output is for scripts."""

    def __init__(self, count: int, *, is_quiet: bool) -> None:
        self.slots = [WAITING] * count
        self.words = "waiting"
        self.began = time.monotonic()
        self.draws = sys.stderr.isatty() and not is_quiet
        self._lock = threading.Lock()
        self._ended = threading.Event()

    def note(self, event: dict[str, Any]) -> None:
        kind, slot = event["type"], event.get("slot")
        if slot is None or slot >= len(self.slots):
            return
        if kind == "started":
            self.slots[slot], self.words = STARTED, "developing"
        elif kind == "partial":
            self.slots[slot] = FRAMES[min(event["index"] + 1, len(FRAMES) - 1)]
        elif kind == "output":
            self.slots[slot] = DONE
        elif kind in ENDS:
            self.slots[slot] = FAILED

    def line(self) -> str:
        done, seconds = self.slots.count(DONE), int(time.monotonic() - self.began)
        return (
            f"  {' '.join(self.slots)}   {done} of {len(self.slots)}   {self.words}   {seconds // 60}:{seconds % 60:02}"
        )

    @contextmanager
    def drawn(self) -> Iterator["Progress"]:
        if not self.draws:
            yield self
            return
        painter = threading.Thread(target=self._paint, daemon=True)
        painter.start()
        try:
            yield self
        finally:
            self._ended.set()
            painter.join()
            self.say("")

    def say(self, text: str) -> None:
        """Print a line above the one that is drawn."""
        if self.draws:
            with self._lock:
                sys.stderr.write(f"\r\033[K{text}\n" if text else "\r\033[K")
                sys.stderr.flush()

    def _paint(self) -> None:
        while not self._ended.wait(REDRAW_SECONDS):
            with self._lock:
                width = shutil.get_terminal_size().columns - 1
                sys.stderr.write(f"\r\033[K{self.line()[:width]}")
                sys.stderr.flush()
