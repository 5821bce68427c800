"""Share one PostgreSQL among the processes that use the same data folder: bin/run, bin/manage, a backup.

The first process starts it and the last one stops it. Each of them holds a shared lock, which the kernel releases if
the process is killed; starting and stopping happen under an exclusive lock of their own.
"""

import os
import sys
from collections.abc import Mapping
from concurrent.futures import Future
from threading import Event, Lock, Thread

from saas.embedded import identity, locks
from saas.embedded.binaries import binaries
from saas.embedded.cluster import Cluster
from saas.embedded.folder import DataFolder
from saas.embedded.runner import own_name, runner_for


class Postgres:
    """One process's use of PostgreSQL. A thread in the background starts it, where no signal interrupts the start;
    leave() stops it, however far the start has come."""

    def __init__(self, folder: DataFolder, settings: Mapping[str, str] | None = None) -> None:
        self.folder = folder
        self.url = identity.url(folder)
        self._settings = settings or {}
        self._cancelled = Event()
        self._leaving = Lock()
        self._cluster: Cluster | None = None
        self._use: int | None = None
        self._started: Future[None] = Future()
        self._thread = Thread(target=self._start, name="postgres-start", daemon=True)

    def begin(self) -> None:
        self._thread.start()

    def wait(self) -> None:
        self._started.result()

    def has_ended(self) -> bool:
        """Return whether PostgreSQL has ended although this process still uses it."""
        return self._cluster is not None and not self._cluster.postmaster.pid

    def leave(self) -> None:
        """Leave PostgreSQL, and stop it if no other process uses it."""
        self._cancelled.set()
        if self._thread.ident:
            self._thread.join()
        with self._leaving:
            if self._use is not None and self._cluster is not None:
                self._stop_if_last(self._cluster, self._use)
                self._use = None

    def _stop_if_last(self, cluster: Cluster, use: int) -> None:
        with locks.held(self.folder.lock("postgres")):
            os.close(use)
            if locks.is_unused(self.folder.lock("postgres-users")):
                cluster.stop()

    def _start(self) -> None:
        try:
            with locks.held(self.folder.lock("postgres")):
                self._join()
        except BaseException as error:  # wait() raises it
            self._started.set_exception(error)
        else:
            self._started.set_result(None)

    def _join(self) -> None:
        cluster = self._cluster = Cluster(self.folder, runner_for(self.folder.cluster), self._settings)
        self._use = locks.share(self.folder.lock("postgres-users"))
        cluster.settle(self._cancelled)
        if not cluster.postmaster.is_ready():
            own_name()  # refuse a user whom PostgreSQL could not recognize
            is_made = cluster.is_made()
            for opened in cluster.runner.open_way_to(self.folder.root, binaries()):
                print(
                    f"PostgreSQL's own user can now pass through {opened}, but not read it.",
                    file=sys.stderr,
                    flush=True,
                )
            if not is_made:
                cluster.make(self._cancelled)
            cluster.start(self._cancelled)
        identity.provide(self.folder)
