"""SIGTERM, Ctrl-C, a closed terminal: while starting they interrupt everything, later the web server takes them."""

import os
import signal
from collections.abc import Callable
from threading import Timer
from types import FrameType, TracebackType
from typing import Self

KINDS = (signal.SIGTERM, signal.SIGINT)
PATIENCE_SECONDS = 6.5


class Stopped(BaseException):
    """Not an Exception: nobody on the way shall take it for an error of theirs."""


class Stopping:
    def __init__(self) -> None:
        self.is_asked = False
        self.last_act: Callable[[], None] | None = None
        self._act: Callable[[], None] | None = self._interrupt

    def __enter__(self) -> Self:
        for kind in KINDS:
            signal.signal(kind, self._handle)
        if signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:  # as nohup asks
            signal.signal(signal.SIGHUP, self._handle)
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        for kind in (*KINDS, signal.SIGHUP):
            signal.signal(kind, signal.SIG_IGN)  # the program is about to end anyway

    def instead(self, act: Callable[[], None]) -> None:
        """From now on a signal does this. One that came before counts as well."""
        self._act = act
        if self.is_asked:
            self._interrupt()

    def ignore(self) -> None:
        """While things are put away, asking again changes nothing."""
        self._act = None

    def _handle(self, _kind: int, _frame: FrameType | None) -> None:
        if self.is_asked:
            return
        self.is_asked = True
        watchdog = Timer(PATIENCE_SECONDS, self._give_up)
        watchdog.daemon = True
        watchdog.start()
        if self._act:
            self._act()

    def _give_up(self) -> None:
        """Something hangs that should have ended by itself."""
        if self.last_act:
            self.last_act()
        os._exit(1)

    def _interrupt(self) -> None:
        raise Stopped
