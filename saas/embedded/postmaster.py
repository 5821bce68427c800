"""Find PostgreSQL's main process by the file that it writes, whichever process started it, and end it."""

import os
import signal
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

STATUS_LINE = 7  # of its file, counted from 0
POLL_SECONDS = 0.01
ENDINGS = ((signal.SIGINT, 3.0), (signal.SIGQUIT, 5.0), (signal.SIGKILL, 1.0))  # each with its patience in seconds


@dataclass(frozen=True)
class Postmaster:
    cluster: Path

    @property
    def pid(self) -> int | None:
        """Return the id in the file if its process is alive and really is this cluster's."""
        named = self._named()
        return named if named and self.is_it(named) else None

    def is_ready(self) -> bool:
        """Return whether PostgreSQL takes connections, also one that a killed Darkroom left behind."""
        lines = self._lines()
        is_ready = len(lines) > STATUS_LINE and lines[STATUS_LINE].strip() == "ready"
        return is_ready and self.pid is not None

    def is_it(self, pid: int) -> bool:
        """Return whether the process is this cluster's: its command line names our files, unlike that of a process that
        merely got the same id. Without /proc, any process that is alive counts."""
        try:
            command = Path(f"/proc/{pid}/cmdline").read_bytes()
        except OSError:
            return not Path("/proc/self").exists() and is_alive(pid)
        return os.fsencode(self.cluster) in command.split(b"\0")

    def end(self, pid: int) -> None:
        for kind, patience in ENDINGS:
            with suppress(ProcessLookupError):
                os.kill(pid, kind)
            if self._ends_within(pid, patience):
                return

    def forget_stranger(self) -> None:
        """Delete the file if, after a crash, it names another process's id by now: PostgreSQL would give up."""
        named = self._named()
        if named and is_alive(named) and not self.is_it(named):
            self._file.unlink()

    @property
    def _file(self) -> Path:
        return self.cluster / "postmaster.pid"

    def _named(self) -> int | None:
        lines = self._lines()
        return int(lines[0]) if lines and lines[0].isdigit() else None

    def _lines(self) -> list[str]:
        try:
            return self._file.read_text().splitlines()
        except FileNotFoundError:
            return []

    def _ends_within(self, pid: int, seconds: float) -> bool:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            with suppress(ChildProcessError):
                os.waitpid(pid, os.WNOHANG)  # a child of this process is gone only after it has been waited for
            if not self.is_it(pid):
                return True
            time.sleep(POLL_SECONDS)
        return False


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
