"""Programs of other people and of ours, as processes that are always stopped by the one that started them."""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
POLL_SECONDS = 0.05


class Program:
    """One process in a session of its own, with its output in a file."""

    def __init__(
        self, name: str, arguments: list[str], folder: Path, environment: Mapping[str, str], cwd: Path = REPOSITORY
    ) -> None:
        self.name, self.arguments, self.environment, self.cwd = name, arguments, dict(environment), cwd
        self.log_file = folder / f"{name}.log"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self.log_file.open("ab") as log:
            self.process = subprocess.Popen(
                self.arguments,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.cwd,
                env=plain_environment() | self.environment,
                start_new_session=True,
            )

    def ask_to_stop(self) -> None:
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)

    def stop(self, seconds: float = 15) -> int:
        """Its exit code. What does not end by SIGTERM is killed with all its children."""
        assert self.process, f"{self.name} was never started"
        self.ask_to_stop()
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            return self.kill()

    def wait(self, seconds: float) -> int:
        """Its exit code, when it ends by itself. A second signal would end it at once."""
        assert self.process, f"{self.name} was never started"
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"{self.name} did not end within {seconds} seconds: {self.log[-3000:]}") from None

    def kill(self) -> int:
        assert self.process, f"{self.name} was never started"
        self._tell(signal.SIGKILL)
        return self.process.wait(5)

    def pause(self) -> None:
        """It and its children do nothing, and their sockets stay open."""
        self._tell(signal.SIGSTOP)

    def go_on(self) -> None:
        self._tell(signal.SIGCONT)

    @contextmanager
    def paused(self) -> Iterator[None]:
        self.pause()
        try:
            yield
        finally:
            self.go_on()

    def leave(self) -> None:
        """For the end of a fixture, however far it came."""
        if self.process and self.process.poll() is None:
            self.stop()

    def _tell(self, kind: signal.Signals) -> None:
        assert self.process, f"{self.name} was never started"
        os.killpg(self.process.pid, kind)

    @property
    def is_running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    @property
    def log(self) -> str:
        return self.log_file.read_text(errors="replace")


def plain_environment() -> dict[str, str]:
    """Nothing of the tests' own settings may leak into a production-like process."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
    return kept | {"PYTHONUNBUFFERED": "1"}


def wait_until(holds: Callable[[], bool], what: str, program: Program | None = None, seconds: float = 30) -> None:
    """Asks again and again; a program that has died ends the wait with its own words."""
    deadline = time.monotonic() + seconds
    while not holds():
        if program and not program.is_running:
            raise AssertionError(f"{program.name} has ended: {program.log[-3000:]}")
        if time.monotonic() > deadline:
            words = program.log[-3000:] if program else ""
            raise AssertionError(f"not within {seconds} seconds: {what}. {words}")
        time.sleep(POLL_SECONDS)


def free_port() -> int:
    with socket.socket() as asked:
        asked.bind(("127.0.0.1", 0))
        return int(asked.getsockname()[1])


def answers(port: int, says: bytes, expects: bytes) -> bool:
    """Whether the server there speaks its protocol, not merely whether the port is open."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=2) as peer:
            peer.sendall(says)
            return peer.recv(64).startswith(expects)
    except OSError:
        return False
