"""Keep the process that makes previews while the machine is idle: start it, ask it, and start another after its end.

Pictures are decoded there so that neither the interpreter's lock nor a core is taken from those who wait for pictures,
and so that one that ends its decoder ends nothing else."""

import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import IO

from django.conf import settings

from studio.imaging.preview_child import ANSWERED, ASKED, MADE
from studio.imaging.previews import Unreadable

PATIENCE_SECONDS = 600.0  # a busy machine may leave the process no time for minutes
LEAVING_SECONDS = 1.0  # that it gets to end by itself
# The memory of a large picture goes back to the system when it is done with.
GIVING_BACK = {"MALLOC_ARENA_MAX": "2", "MALLOC_MMAP_THRESHOLD_": "1000000", "MALLOC_TRIM_THRESHOLD_": "8000000"}


class Ended(Exception):
    """The process ended, or was ended after PATIENCE_SECONDS, without an answer. `was_killed` from outside proves
    nothing against the picture: the machine may lack memory or time."""

    def __init__(self, *, was_killed: bool) -> None:
        super().__init__("The preview process has ended.")
        self.was_killed = was_killed


class PreviewProcess:
    """A child process for one thread. It is started when it is first asked."""

    program = ("-m", "studio.imaging.preview_child")

    def __init__(self) -> None:
        self._child: subprocess.Popen[bytes] | None = None

    def preview_and_thumbnail(self, data: bytes) -> tuple[bytes, bytes]:
        """Return both. Raise Unreadable for what is no picture or takes too long, and Ended if the process has ended
        for another reason: then the picture may be tried again."""
        child = self._running()
        try:
            with _within(child, PATIENCE_SECONDS):
                return _ask(child, data)
        except (OSError, EOFError):
            self._child = None
            with suppress(subprocess.TimeoutExpired):
                child.wait(LEAVING_SECONDS)
            child.kill()
            ended_by = -child.wait()
            if ended_by == signal.SIGXCPU:
                raise Unreadable("This picture takes too long to open.") from None
            raise Ended(was_killed=ended_by == signal.SIGKILL) from None
        finally:
            _close_if_ended(child)

    def end(self) -> None:
        if self._child is not None:
            child, self._child = self._child, None
            with suppress(OSError):
                _of(child.stdin).close()  # it leaves by itself when it has its next answer
            with suppress(subprocess.TimeoutExpired):
                child.wait(LEAVING_SECONDS)
            child.kill()
            child.wait()
            _of(child.stdout).close()

    def _running(self) -> "subprocess.Popen[bytes]":
        if self._child is None or self._child.poll() is not None:
            self._child = subprocess.Popen(
                [sys.executable, *self.program],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                env={"PYTHONPATH": str(settings.BASE_DIR), **GIVING_BACK},  # and none of our secrets
                cwd=settings.BASE_DIR,
                process_group=0,  # Ctrl-C in a terminal is for us, and we end it
            )
        return self._child


def _ask(child: "subprocess.Popen[bytes]", data: bytes) -> tuple[bytes, bytes]:
    stdin, stdout = _of(child.stdin), _of(child.stdout)
    stdin.write(ASKED.pack(len(data)))
    stdin.write(data)
    stdin.flush()
    verdict, *lengths = ANSWERED.unpack(_read(stdout, ANSWERED.size))
    if verdict != MADE:
        raise Unreadable("This picture is damaged.")
    preview, thumbnail = (_read(stdout, length) for length in lengths)
    return preview, thumbnail


@contextmanager
def _within(child: "subprocess.Popen[bytes]", seconds: float) -> Iterator[None]:
    """Kill the process if the block takes longer; that ends every wait for it."""
    timer = threading.Timer(seconds, child.kill)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _read(file: IO[bytes], length: int) -> bytes:
    data = file.read(length)
    if len(data) < length:
        raise EOFError
    return data


def _close_if_ended(child: "subprocess.Popen[bytes]") -> None:
    if child.returncode is not None:
        for pipe in (child.stdin, child.stdout):
            with suppress(OSError):  # what it had not read cannot be written any more
                _of(pipe).close()


def _of(pipe: IO[bytes] | None) -> IO[bytes]:
    assert pipe is not None  # noqa: S101 it was asked for
    return pipe
