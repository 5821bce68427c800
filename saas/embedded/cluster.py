"""One PostgreSQL cluster: made, configured, started, found running, stopped."""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event

from saas.embedded import identity, sockets
from saas.embedded.binaries import MAJOR, binaries
from saas.embedded.folder import DataFolder
from saas.embedded.refusal import Refusal
from saas.embedded.runner import Runner

# Small when idle, durable always. Whoever needs more sets DATABASE_URL.
SETTINGS: Mapping[str, str] = {
    "listen_addresses": "",
    "port": "5432",
    "unix_socket_permissions": "0700",
    "max_connections": "60",
    "shared_buffers": "32MB",
    "work_mem": "4MB",
    "maintenance_work_mem": "32MB",
    "io_method": "sync",  # no reader processes of its own
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "min_wal_size": "32MB",
    "max_wal_size": "256MB",
    "max_logical_replication_workers": "0",
    "autovacuum_max_workers": "1",
    "jit": "off",
    "huge_pages": "off",
    "log_timezone": "UTC",
    "log_checkpoints": "off",
    "log_error_verbosity": "terse",  # details quote rows
    "timezone": "UTC",
}
STATUS_LINE = 7  # of postmaster.pid
LONGEST_LOG_BYTES = 1_000_000
POLL_SECONDS = 0.01
FAST_STOP_SECONDS = 3
PLAIN_ENVIRONMENT = {"PATH": os.defpath, "LC_ALL": "C"}  # no PG… variable of the person's own


@dataclass
class Cluster:
    folder: DataFolder
    runner: Runner
    settings: Mapping[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None  # only where this very process started it

    def make(self) -> None:
        """Either the whole cluster exists afterwards or none of it: an interrupted one is begun again."""
        unfinished = self.folder.root / "pg.new"
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(mode=0o700)
        self.runner.give(unfinished)
        self._run(
            *("initdb", "--pgdata", str(unfinished), "--username", identity.SUPERUSER, "--no-instructions"),
            *(
                "--encoding",
                "UTF8",
                "--locale-provider",
                "builtin",
                "--builtin-locale",
                "C.UTF-8",
                "--locale",
                "C",
            ),
            *("--auth-local", "peer", "--auth-host", "reject"),
        )
        unfinished.rename(self.folder.cluster)

    def is_made(self) -> bool:
        """Refuses another major version's files, and does not touch them."""
        try:
            version = (self.folder.cluster / "PG_VERSION").read_text().strip()
        except FileNotFoundError:
            return False
        if version != str(MAJOR):
            root = self.folder.root
            raise Refusal(f"The data folder {root} was made with PostgreSQL {version}; this Darkroom has {MAJOR}.")
        return True

    def start(self, cancelled: Event) -> None:
        self._forget_stranger()
        sockets.make(self.folder.sockets, self.runner, data=self.folder.root)
        self.runner.take_back(self.folder.cluster)
        identity.write(self.folder.cluster, self.runner)
        settings = {
            **SETTINGS,
            "unix_socket_directories": sockets.quoted(self.folder.sockets),
            **self.settings,
        }
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        log_path = self.folder.postgres_log
        log_path.touch(0o600)
        with log_path.open("ab") as log:
            if log.tell() > LONGEST_LOG_BYTES:
                log.truncate(0)
            self.process = subprocess.Popen(
                [binaries() / "postgres", "-D", self.folder.cluster, *options],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd="/",
                env=PLAIN_ENVIRONMENT,
                start_new_session=True,  # Ctrl-C is for us; we stop PostgreSQL when its users have left
                **self.runner.process_options,
            )
        self._wait(self.process, cancelled)

    def is_running(self) -> bool:
        """It takes connections; also one that a killed Darkroom left behind."""
        lines = self._pid_file()
        is_ready = len(lines) > STATUS_LINE and lines[STATUS_LINE].strip() == "ready"
        return is_ready and self._is_postmaster(int(lines[0]))

    def is_alive(self) -> bool:
        """Also while it recovers from the crash of one of its processes."""
        lines = self._pid_file()
        return bool(lines) and self._is_postmaster(int(lines[0]))

    def stop(self) -> None:
        lines = self._pid_file()
        if lines and self._is_postmaster(int(lines[0])):
            self._end(int(lines[0]))
        sockets.remove(self.folder.sockets, data=self.folder.root)

    def _end(self, pid: int) -> None:
        for kind, seconds in ((signal.SIGINT, FAST_STOP_SECONDS), (signal.SIGQUIT, 5), (signal.SIGKILL, 1)):
            os.kill(pid, kind)
            if self._ends_within(pid, seconds):
                return

    def _wait(self, process: subprocess.Popen[bytes], cancelled: Event) -> None:
        while not self.is_running():
            if process.poll() is not None:
                raise Refusal(f"PostgreSQL did not start; {self.folder.postgres_log} says why.")
            if cancelled.is_set():
                self._end(process.pid)
                raise Refusal("PostgreSQL was asked to stop before it had started.")
            time.sleep(POLL_SECONDS)

    def _ends_within(self, pid: int, seconds: float) -> bool:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if self.process and self.process.pid == pid:
                self.process.poll()  # reaps our own child
            if not self._is_postmaster(pid):
                return True
            time.sleep(POLL_SECONDS)
        return False

    def _forget_stranger(self) -> None:
        """After a crash the file may name an id that another process has by now; PostgreSQL would give up."""
        lines = self._pid_file()
        if lines and _is_alive(int(lines[0])) and not self._is_postmaster(int(lines[0])):
            (self.folder.cluster / "postmaster.pid").unlink()

    def _pid_file(self) -> list[str]:
        try:
            return (self.folder.cluster / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return []

    def _is_postmaster(self, pid: int) -> bool:
        """Its command line names our files; a process that merely got the same id does not."""
        try:
            command = Path(f"/proc/{pid}/cmdline").read_bytes()
        except OSError:
            return not Path("/proc/self").exists() and _is_alive(pid)
        return os.fsencode(self.folder.cluster) in command.split(b"\0")

    def _run(self, program: str, *arguments: str) -> None:
        done = subprocess.run(
            [binaries() / program, *arguments],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            cwd="/",
            env=PLAIN_ENVIRONMENT,
            start_new_session=True,
            **self.runner.process_options,
        )
        if done.returncode:
            raise Refusal(f"PostgreSQL's {program} failed: {' '.join(done.stderr.split()) or done.returncode}")


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
