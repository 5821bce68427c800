"""Make, configure, start, find and stop one PostgreSQL cluster."""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from threading import Event

from saas.embedded import identity, sockets
from saas.embedded.binaries import MAJOR, binaries
from saas.embedded.folder import DataFolder
from saas.embedded.postmaster import POLL_SECONDS, Postmaster
from saas.embedded.refusal import Refusal
from saas.embedded.runner import Runner

# Small when idle, durable always. An installation that needs more sets DATABASE_URL.
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
STOPPED = "PostgreSQL was asked to stop before it had started."
LONGEST_LOG_BYTES = 1_000_000
PLAIN_ENVIRONMENT = {"PATH": os.defpath, "LC_ALL": "C"}  # without the PG… variables of the user's shell


@dataclass
class Cluster:
    folder: DataFolder
    runner: Runner
    settings: Mapping[str, str] = field(default_factory=dict)

    @property
    def postmaster(self) -> Postmaster:
        return Postmaster(self.folder.cluster)

    def make(self, cancelled: Event) -> None:
        """Make the cluster in pg.new and rename it when it is whole, so that an interrupted attempt is begun again."""
        unfinished = self.folder.root / "pg.new"
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(mode=0o700)
        self.runner.give(unfinished)
        self._run(
            *("initdb", "--pgdata", str(unfinished), "--username", identity.SUPERUSER, "--no-instructions"),
            *("--encoding", "UTF8", "--locale-provider", "builtin", "--builtin-locale", "C.UTF-8", "--locale", "C"),
            *("--auth-local", "peer", "--auth-host", "reject"),
            cancelled=cancelled,
        )
        unfinished.rename(self.folder.cluster)

    def is_made(self) -> bool:
        """Return whether the cluster exists. Refuse the files of another major version without touching them."""
        try:
            version = (self.folder.cluster / "PG_VERSION").read_text().strip()
        except FileNotFoundError:
            return False
        if version != str(MAJOR):
            root = self.folder.root
            raise Refusal(f"The data folder {root} was made with PostgreSQL {version}; this Darkroom has {MAJOR}.")
        return True

    def start(self, cancelled: Event) -> None:
        self.postmaster.forget_stranger()
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
            process = subprocess.Popen(
                [binaries() / "postgres", "-D", self.folder.cluster, *options],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd="/",
                env=PLAIN_ENVIRONMENT,
                start_new_session=True,  # Ctrl-C must not reach it: it is stopped when its last user has left
                **self.runner.process_options,
            )
        self._wait(process, cancelled)

    def settle(self, cancelled: Event) -> None:
        """Wait until a PostgreSQL that a killed Darkroom left behind is ready or has ended, or until `cancelled`."""
        while self.postmaster.pid and not self.postmaster.is_ready() and not cancelled.is_set():
            time.sleep(POLL_SECONDS)

    def stop(self) -> None:
        if pid := self.postmaster.pid:
            self.postmaster.end(pid)
        sockets.remove(self.folder.sockets, data=self.folder.root)

    def _wait(self, process: subprocess.Popen[bytes], cancelled: Event) -> None:
        while not self.postmaster.is_ready():
            if process.poll() is not None:
                raise Refusal(f"PostgreSQL did not start; {self.folder.postgres_log} says why.")
            if cancelled.is_set():
                self.postmaster.end(process.pid)
                raise Refusal(STOPPED)
            time.sleep(POLL_SECONDS)

    def _run(self, program: str, *arguments: str, cancelled: Event) -> None:
        """Run one of PostgreSQL's programs to its end, or until `cancelled`."""
        process = subprocess.Popen(
            [binaries() / program, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            cwd="/",
            env=PLAIN_ENVIRONMENT,
            start_new_session=True,
            **self.runner.process_options,
        )
        with process:
            complaints = self._complaints(process, cancelled)
        if process.returncode:
            raise Refusal(f"PostgreSQL's {program} failed: {' '.join(complaints.split()) or process.returncode}")

    def _complaints(self, process: subprocess.Popen[str], cancelled: Event) -> str:
        """Wait for the end of a program and return what it wrote to stderr. End it and its children if `cancelled`."""
        while True:
            try:
                return process.communicate(timeout=POLL_SECONDS)[1]
            except subprocess.TimeoutExpired:
                if cancelled.is_set():
                    os.killpg(process.pid, signal.SIGKILL)
                    process.communicate()
                    raise Refusal(STOPPED) from None
