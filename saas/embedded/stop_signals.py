"""Handle SIGTERM, Ctrl-C and a closed terminal: they interrupt the start, and later ask the web server to stop."""

import os
import signal
from collections.abc import Callable
from threading import Timer
from types import FrameType, TracebackType
from typing import Self

KINDS = (signal.SIGTERM, signal.SIGINT)
PATIENCE_SECONDS = 6.5


class Stopped(BaseException):
    """The start is interrupted. Not an Exception, so that no `except Exception` on the way takes it for an error."""


class Stopping:
    def __init__(self) -> None:
        self.is_asked = False
        self.last_act: Callable[[], None] | None = None
        self._act: Callable[[], None] | None = self._interrupt
        self._again: Callable[[], None] | None = None
        self._patience_seconds = PATIENCE_SECONDS

    def __enter__(self) -> Self:
        for kind in KINDS:
            signal.signal(kind, self._handle)
        if signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:  # nohup has it ignored
            signal.signal(signal.SIGHUP, self._handle)
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        for kind in (*KINDS, signal.SIGHUP):
            signal.signal(kind, signal.SIG_IGN)  # the program is about to end anyway

    def on_signal(self, stop: Callable[[], None], *, hurry: Callable[[], None], patience_seconds: float) -> None:
        """Call `stop` at the next signal and `hurry` at the one after. If a signal has come before, raise Stopped now.
        A program that hangs is ended `patience_seconds` later than otherwise."""
        self._act, self._again = stop, hurry
        self._patience_seconds = PATIENCE_SECONDS + patience_seconds
        self.check()

    def check(self) -> None:
        """Raise Stopped if a signal has come. The interpreter loses what is raised while it runs a callback of its own,
        as that of a weak reference, of which imports have many; the start would then go on to its end."""
        if self.is_asked:
            self._interrupt()

    def ignore(self) -> None:
        """Call nothing at further signals, because everything is being closed already."""
        self._act = self._again = None

    def _handle(self, _kind: int, _frame: FrameType | None) -> None:
        if not self.is_asked:
            self.is_asked = True
            self._watch(self._patience_seconds)
            if self._act:
                self._act()
        elif self._again:
            self._watch(PATIENCE_SECONDS)
            self._again()

    def _watch(self, seconds: float) -> None:
        watchdog = Timer(seconds, self._give_up)
        watchdog.daemon = True
        watchdog.start()

    def _give_up(self) -> None:
        """Call `last_act` and end the process, because something hangs that should have ended by itself."""
        if self.last_act:
            self.last_act()
        os._exit(1)

    def _interrupt(self) -> None:
        raise Stopped
