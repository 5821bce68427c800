"""Tell other processes that this one lives, by an advisory lock that PostgreSQL keeps as long as our connection.

When a process is killed, its connection and the lock end at once; there is no timeout to wait for.

PostgreSQL itself loses all locks when it restarts or is replaced, and living processes take theirs again within
seconds. So a missing lock proves that a process has ended only once PostgreSQL has been up for RETURN_SECONDS, the time
in which any living process comes back, and this process has not lost its own lock within that time."""

import secrets
import time
from threading import Event, Lock, Thread

import psycopg
import structlog
from django.db import connection

from saas.database.base import has_words

LOCK = 7_260_412  # any number that no other lock uses; studio.queue.tickets uses the one before
LARGEST = 2**31 - 1
BEGIN_SECONDS = 5.0
LOOK_SECONDS = 5.0  # between queries that find a silently broken connection
GLANCE_SECONDS = 0.2  # between checks that find a connection that PostgreSQL has ended
AGAIN_SECONDS = 0.3  # until another try to connect
RETURN_SECONDS = 10.0  # in which each living process has its lock again: a connection may take five seconds to fail

# The numbers of all living processes.
LIVING = """
SELECT objid::bigint FROM pg_locks
WHERE locktype = 'advisory' AND classid = %(lock)s AND objsubid = 2
  AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""

UP_SECONDS = "SELECT extract(epoch FROM clock_timestamp() - pg_postmaster_start_time())"

log = structlog.get_logger("darkroom.presence")


class Presence:
    """This process's lock, on a connection outside the pool, since it stays open for good."""

    def __init__(self) -> None:
        self._number, self._began = 0, 0.0
        self._held_at, self._server_seconds, self._was_lost = 0.0, 0.0, False
        self._guard = Lock()
        self._holds = Event()
        self._leave = Event()
        self._thread: Thread | None = None

    def number(self) -> int:
        """Return this process's number. The first call takes the lock, by which other processes see that it lives."""
        with self._guard:
            if self._thread is None:
                self._number = 1 + secrets.randbelow(LARGEST)
                self._began, self._was_lost = time.monotonic(), False
                self._leave.clear()
                self._thread = Thread(target=self._hold_on, name="presence", daemon=True)
                self._thread.start()
        if (left := self._began + BEGIN_SECONDS - time.monotonic()) > 0:  # only early calls wait for the lock
            self._holds.wait(left)
        return self._number

    def is_sure(self) -> bool:
        """Return whether a process without a lock has certainly ended."""
        if not self._holds.is_set():
            return False
        held_seconds = time.monotonic() - self._held_at
        known_seconds = held_seconds if self._was_lost else self._server_seconds + held_seconds
        return known_seconds > RETURN_SECONDS

    def leave(self) -> None:
        with self._guard:
            thread, self._thread = self._thread, None
        if thread is not None:
            self._leave.set()
            thread.join(BEGIN_SECONDS)

    def _hold_on(self) -> None:
        while not self._leave.is_set():
            try:
                self._hold()
            except psycopg.Error:
                log.warning("presence is not seen", exc_info=True)
            finally:
                self._was_lost = self._was_lost or self._holds.is_set()
                self._holds.clear()
            self._leave.wait(AGAIN_SECONDS)

    def _hold(self) -> None:
        with psycopg.connect(**connection.get_connection_params(), autocommit=True) as held:
            held.execute("SELECT pg_advisory_lock_shared(%s, %s)", [LOCK, self._number])
            row = held.execute(UP_SECONDS).fetchone()
            self._server_seconds, self._held_at = float(row[0]) if row else 0.0, time.monotonic()
            self._holds.set()
            looked_at = time.monotonic()
            while not self._leave.wait(GLANCE_SECONDS):
                if has_words(held) or time.monotonic() - looked_at > LOOK_SECONDS:
                    held.execute("SELECT 1")  # raises if the connection has ended
                    looked_at = time.monotonic()


presence = Presence()
