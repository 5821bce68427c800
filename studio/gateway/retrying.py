"""Give a retry the answer of the run that its first call began, instead of a second picture that is paid for. The
official SDKs retry by themselves when a call is cut off.

Two fields of a run say whether its caller waits and has its answer. `awaited_by` is the web process in which the caller
waits, and empty once the caller has gone away; a process that was killed has lost its lock, so its callers count as
gone, too. `request_hash` is what the caller asked for, and empty once the answer has gone out. A retry may join a run
only after the caller of the run went away without an answer, and then the retry is the caller: a program that wants
twenty pictures by twenty equal calls gets twenty."""

import asyncio
import time
import weakref
from threading import Lock, Thread

import structlog
from django.conf import settings
from django.db import connection
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from accounts.models import ApiKey, Membership
from saas.database import functions, tenancy
from saas.database.presence import LIVING, LOCK, RETURN_SECONDS, presence
from saas.database.release import released
from saas.fairness import visitors
from saas.server.drain import drain
from studio.models import Run

RETRIES = "x-stainless-retry-count"

MOST_DOUBT_SECONDS = 2 * RETURN_SECONDS
DOUBT_LOOK_SECONDS = 0.5
LET_GO_SECONDS = 30.0
LET_GO_AGAIN_SECONDS = 1.0
MOST_LOOKED_AT = 2000  # of a person's newest runs: a retry comes within seconds

# An equal call that is being submitted holds this lock shared: its run cannot be seen before its commit.
WAIT_FOR_EQUAL = "SELECT pg_advisory_xact_lock(hashtextextended(%(hash)s, %(maker)s))"
JOIN = f"""
WITH newest AS (
    SELECT id FROM studio_run WHERE org_id = %(org)s AND maker_id = %(maker)s ORDER BY id DESC LIMIT {MOST_LOOKED_AT}
)
UPDATE studio_run SET awaited_by = %(me)s
WHERE id = (
    SELECT id FROM studio_run
    WHERE id IN (SELECT id FROM newest) AND api_key_id = %(key)s AND request_key = '' AND request_hash = %(hash)s
      AND created_at > clock_timestamp() - make_interval(secs => %(wait)s)
      AND (awaited_by IS NULL
           OR %(is_sure)s AND awaited_by NOT IN ({LIVING}) AND %(me)s IN ({LIVING}))
    ORDER BY id LIMIT 1 FOR UPDATE
)
RETURNING id
"""  # noqa: S608 our own words
DOUBTFUL = f"""
SELECT EXISTS (
    SELECT FROM studio_run
    WHERE org_id = %(org)s AND maker_id = %(maker)s AND api_key_id = %(key)s AND request_key = ''
      AND request_hash = %(hash)s AND created_at > clock_timestamp() - make_interval(secs => %(wait)s)
      AND awaited_by NOT IN ({LIVING})
)
"""  # noqa: S608 our own words
GATHER_SECONDS = 0.05  # a commit is then shared by the answers of a moment
LET_GO = "UPDATE studio_run SET awaited_by = NULL WHERE code = %s AND awaited_by = %s"
NOTE_ANSWERED = "SELECT studio_note_answered(%(runs)s, %(me)s)"

log = structlog.get_logger("darkroom.gateway")


def is_retry(request: HttpRequest) -> bool:
    count = request.headers.get(RETRIES, "")
    return count.isdecimal() and int(count) > 0


def join(member: Membership, api_key: ApiKey, hashed: str) -> Run | None:
    """Take over a run whose caller asked for the same with the same key and went away without an answer. Two retries
    never take over the same run. Belongs inside the organization's wall."""
    me = presence.number()
    values = _values(member, api_key, hashed) | {"me": me, "is_sure": presence.is_sure()}
    with connection.cursor() as cursor:
        cursor.execute(WAIT_FOR_EQUAL, values)
        cursor.execute(JOIN, values)
        row = cursor.fetchone()
    if row is None:
        return None
    run: Run = member.org.runs.select_related("connection").get(pk=row[0])
    log.info("retry joins its run", run=str(run.code))
    return run


def until_sure(member: Membership, api_key: ApiKey, hashed: str) -> None:
    """Wait while a run that could be joined is awaited by a process that has no lock and may yet take it again, because
    PostgreSQL has just restarted. Belongs outside of the organization's wall."""
    presence.number()
    ends_at = time.monotonic() + MOST_DOUBT_SECONDS
    while not presence.is_sure() and time.monotonic() < ends_at and _is_doubtful(member, api_key, hashed):
        time.sleep(DOUBT_LOOK_SECONDS)


def _is_doubtful(member: Membership, api_key: ApiKey, hashed: str) -> bool:
    with released(), tenancy.tenant(member.org_id), connection.cursor() as cursor:
        cursor.execute(DOUBTFUL, _values(member, api_key, hashed))
        return bool(cursor.fetchone()[0])


def _values(member: Membership, api_key: ApiKey, hashed: str) -> dict[str, int | str]:
    return {
        "lock": LOCK,
        "org": member.org_id,
        "maker": member.user_id,
        "key": api_key.pk,
        "hash": hashed,
        "wait": settings.API_WAIT_SECONDS,
    }


class GatewayCall:
    """One call, from its arrival until its answer has gone out or its caller has gone away."""

    def __init__(self) -> None:
        self._guard = Lock()
        self._run: Run | None = None
        self._has_ended = False
        self.is_answered = False  # the result of the run has been read, to be sent
        self.is_kept = False

    @property
    def has_gone(self) -> bool:
        """Return whether the caller went away without an answer."""
        with self._guard:
            return self._has_ended

    def expect(self, run: Run | None) -> None:
        """Note the run before its commit. If the database connection breaks then, the run may have been made although
        the caller gets an error; the caller's retry gets the run. None: it was certainly not made."""
        with self._guard:
            self._run = run

    def begin(self, run: Run) -> None:
        """Note the run that was made. This is called in a thread, which goes on when the caller has gone away: then let
        the run go at once."""
        with self._guard:
            self._run = run
            has_gone = self._has_ended
        if has_gone:
            _let_go(run)

    def end(self, *, was_told: bool) -> Thread | None:
        """End the call; only the first time counts. Note that the run is answered; if there was no answer, return the
        thread that lets it go."""
        with self._guard:
            if self._has_ended:
                return None
            self._has_ended = True
            run = self._run
        if run is None or run.awaited_by is None:
            return None
        if was_told and self.is_answered:
            answered.note(run)
            return None
        letting_go = Thread(target=_let_go, args=(run,), name="let-go")
        letting_go.start()
        return letting_go

    def keep_for(self, response: HttpResponseBase) -> None:
        """Keep the call open until all of the answer has left this process, or the server drops it."""
        self.is_kept = True
        loop = asyncio.get_running_loop()
        response.when_sent = lambda: self.end(was_told=True)  # type: ignore[attr-defined]  # see saas.web.program_handler
        response._resource_closers.append(lambda: self.end(was_told=False))  # type: ignore[attr-defined]  # Django's
        # The garbage collector may run at any moment, also in a thread that has a lock: only schedule the end.
        weakref.finalize(response, _soon, loop, self).atexit = False

    def __enter__(self) -> "GatewayCall":
        return self

    def __exit__(self, _: object, error: BaseException | None, *__: object) -> None:
        if error is not None:
            self.end(was_told=isinstance(error, Exception))
        elif not self.is_kept:
            self.end(was_told=True)


def _soon(loop: asyncio.AbstractEventLoop, call: GatewayCall) -> None:
    if not loop.is_closed():
        loop.call_soon_threadsafe(lambda: call.end(was_told=False))


class Answered:
    """The runs whose answers have left this process, until that is noted: all at once that wait for the same commit.
    One that is never noted could be joined by the retry of an equal call once this process has ended."""

    def __init__(self) -> None:
        self._guard = Lock()
        self._runs: list[Run] = []
        self._thread: Thread | None = None

    def note(self, run: Run) -> None:
        """Note a run soon, in a thread beside."""
        with self._guard:
            self._runs.append(run)
            if self._thread is None:
                self._thread = Thread(target=self._write_on, name="answered")
                self._thread.start()

    def _write_on(self) -> None:
        time.sleep(GATHER_SECONDS)
        while runs := self._taken():
            for org_id in {run.org_id for run in runs}:
                of_org = [run for run in runs if run.org_id == org_id]
                values = {"runs": [run.pk for run in of_org], "me": of_org[0].awaited_by}
                try:
                    with released(), visitors.unseated():
                        functions.call(org_id, NOTE_ANSWERED, values)
                except Exception:
                    log.warning("answered runs not noted", organization=org_id, runs=len(of_org), exc_info=True)

    def _taken(self) -> list[Run]:
        with self._guard:
            runs, self._runs = self._runs, []
            if not runs:
                self._thread = None
        return runs


answered = Answered()


def _let_go(run: Run) -> None:
    """Let the next retry join this run. If the database is away, try for a while, but not once this process ends: then
    its callers count as gone anyway."""
    ends_at = time.monotonic() + LET_GO_SECONDS
    while True:
        try:
            with released(), visitors.unseated(), tenancy.tenant(run.org_id), connection.cursor() as cursor:
                cursor.execute(LET_GO, [run.code, run.awaited_by])
        except Exception:
            if time.monotonic() > ends_at or drain.is_over:  # a retry is then a run of its own
                log.warning("caller not let go", run=str(run.code), exc_info=True)
                return
            time.sleep(LET_GO_AGAIN_SECONDS)
        else:
            return
