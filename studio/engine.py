"""What a worker does with one slot: take it from the line, ask the provider, keep every frame, end it honestly.

Between frames no transaction and no connection is held, so that many slots can wait on the network at once. Each write
asks first whether the ticket is still this worker's: one that was thought dead may not send, but a picture that comes
late is kept, since it was paid for."""

import base64
import random
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import cached_property
from uuid import UUID, uuid4

import structlog
from django.db import InterfaceError, OperationalError, connection, transaction
from django.utils import timezone

from accounts import circuits, connections
from accounts.models import Organization, ProviderConnection
from saas import tenancy
from saas.broker import enqueue_later
from saas.transactions import after_commit
from studio import calls, caretaker, endings, events, failover, finals, keeping, line, rescue, spending
from studio.answers import Final, Partial
from studio.line import Held
from studio.measuring import Call
from studio.models import Charged, Run, Slot, State
from studio.outcomes import ENDINGS, ProviderError

WORKER: UUID = uuid4()
MOST_TRIES = 4
LEFT_WAITING = {"no_answer", "cut_off", "too_long", "no_picture"}  # what a call looks like that was called off
FIRST_WAIT_SECONDS = 1.0
LONGEST_WAIT_SECONDS = 60.0
KEEP_WAITS_SECONDS = (0.5, 2.0, 8.0)  # between the tries to keep a picture that came

log = structlog.get_logger("darkroom.engine")


class Lost(Exception):
    """Somebody else decides about this slot now."""


@dataclass(frozen=True)
class Job:
    held: Held
    org: Organization
    run: Run
    slot: Slot
    connection: ProviderConnection | None  # None: removed meanwhile

    @cached_property
    def call(self) -> Call:
        return Call(self.run, self.slot, str(self.connection.code) if self.connection else "")


def develop_next() -> bool:
    """Serves whoever is next in line. Answers whether there was anybody."""
    job = _begin()
    if job is None:
        return False
    with caretaker.holding(job.held.id) as wait, structlog.contextvars.bound_contextvars(run=str(job.run.code)):
        try:
            _develop(job)
        except Lost:
            log.warning("slot lost to the sweeper", slot=job.slot.index)
            _let_go(job)
        except ProviderError as error:
            if wait.is_called_off and error.code in LEFT_WAITING:
                error = ProviderError("stopped_late", request_id=error.request_id)
            log.info("no picture", slot=job.slot.index, outcome=error.code, **error.details)
            job.call.ended(error.code, state=error.ending.state, request_id=error.request_id)
            if error.data:
                rescue.put_aside_unread(job.slot, error.data)
            _fail(job, error)
        except Exception:
            log.exception("engine broke", slot=job.slot.index)
            _fail(job, ProviderError("broken"))
    return True


def _begin() -> Job | None:
    """Passes over whose turn has come in vain: the run is gone, or the connection is left alone just now."""
    while True:
        with _released(), transaction.atomic():
            held = line.take(WORKER)
            if held is None:
                return None
            with tenancy.tenant(held.org_id):
                job = _begin_slot(held)
        if job is not None:
            return job


def _begin_slot(held: Held) -> Job | None:
    slot = Slot.objects.select_related("run__connection", "org").filter(code=held.slot_code).first()
    if slot is None:
        line.leave(held.id)
        spending.ended(held.slot_code, Charged.NO)
        return None
    connection = ProviderConnection.objects.select_related("org").filter(pk=held.connection_id).first()
    if connection is not None:
        if connection.most_calls_at_once != held.connection_limit:
            line.set_limit(connection.pk, connection.most_calls_at_once)
        if held.is_blocked and slot.state == State.QUEUED:
            failover.divert(WORKER, held, slot, connection)
            return None
    if not slot.begin(timezone.now(), connection_id=connection.pk if connection else None):
        line.leave(held.id)  # it has ended
        spending.ended(slot.code, Charged.NO)
        return None
    if connection is not None and connection.pk != slot.run.connection_id:
        spending.diverted(slot.code, slot.run.model, connection)
    slot.refresh_from_db(fields=["tries", "started_at"])
    slot.run.begin(timezone.now())
    events.record(slot.run, "started", slot=slot.index, data={"try": slot.tries})
    return Job(held, slot.org, slot.run, slot, connection)


def _develop(job: Job) -> None:
    with _wall(job):
        endpoint, request = calls.prepare(job.run, job.slot, job.connection)
    develop = calls.adapter_of(job.connection)
    with closing(develop(endpoint, request, before_sending=lambda: _note_sent(job))) as frames:
        for frame in frames:
            if isinstance(frame, Final):
                job.call.came()
                _keep_final(job, frame)
                job.call.ended(
                    "succeeded",
                    state=State.SUCCEEDED,
                    used=frame.used,
                    usage=frame.usage,
                    request_id=frame.request_id,
                )
                return  # whatever a provider still has to say, nobody waits for it
            job.call.partial()
            _try_to_keep_partial(job, frame)


def _note_sent(job: Job) -> None:
    with _wall(job):
        if not line.still_holds(WORKER, job.held.id):
            raise Lost
        if _is_stopped(job):
            raise ProviderError("stopped")
        if not job.slot.note_sent(timezone.now()):
            raise Lost
    job.call.sent()


def _try_to_keep_partial(job: Job, frame: Partial) -> None:
    """A frame on the way is not worth the picture: whatever fails here, the final is awaited."""
    try:
        _keep_partial(job, frame)
    except ProviderError:
        raise
    except Exception:
        log.exception("partial not kept", slot=job.slot.index, index=frame.index)


def _keep_partial(job: Job, frame: Partial) -> None:
    files = keeping.store_partial(job.org.code, job.run, job.slot, frame)
    if files is None:
        return  # no picture; the next one may be
    with _wall(job):
        if not line.still_holds(WORKER, job.held.id):
            return  # somebody else tells of this slot now; the picture is still awaited, since it is being paid for
        partial = keeping.note_partial(job.slot, frame, files)
        events.record(
            job.run,
            "partial",
            slot=job.slot.index,
            data={"index": frame.index, "partial": str(partial.code), "size_bytes": partial.size_bytes},
            hint={"preview": base64.b64encode(files.preview_data).decode()},
        )
        if job.held.is_trying:
            _note_answer(job)  # who waits for the end of the outage need not wait for this picture
        is_stopped = _is_stopped(job)
    if is_stopped:
        raise ProviderError("stopped_late")


def _keep_final(job: Job, frame: Final) -> None:
    """It was paid for: storage and database are asked several times, and at last the picture is put aside."""
    stored = None
    for wait in (*KEEP_WAITS_SECONDS, None):
        try:
            stored = stored or keeping.store_output(job.org.code, job.run, job.slot, frame)
            with _wall(job):
                line.leave(job.held.id)
                _note_answer(job)
                finals.note(job.run, job.slot, frame, stored)
                _note_success(job, frame)
            return
        except ProviderError:
            raise
        except Exception:
            log.exception("final not kept", slot=job.slot.index, again_in=wait)
            if wait is not None:
                time.sleep(wait)
    try:
        rescue.put_aside(job.slot, frame)
    except OSError as error:
        raise ProviderError("not_kept", request_id=frame.request_id) from error
    raise ProviderError("put_aside", request_id=frame.request_id)


def _fail(job: Job, error: ProviderError) -> None:
    """The database may be away for a moment; what the provider said is worth some tries to write it down."""
    for wait in KEEP_WAITS_SECONDS:
        try:
            _note_failure(job, error)
        except (OperationalError, InterfaceError):
            log.warning("failure not noted", slot=job.slot.index, again_in=wait, exc_info=True)
            time.sleep(wait)
        else:
            return
    _note_failure(job, error)


def _note_failure(job: Job, error: ProviderError) -> None:
    with _wall(job):
        if not line.still_holds(WORKER, job.held.id):
            return  # ended, or put back, by somebody else
        job.slot.refresh_from_db()
        code = "broken_late" if error.code == "broken" and job.slot.sent_at else error.code
        if job.slot.state != State.RUNNING:
            line.leave(job.held.id)  # an earlier try's picture came late and ended it
            spending.ended(job.slot.code, ENDINGS[code].charged, request_id=error.request_id)
            return
        _note_health(job, error)
        if error.ending.is_retryable and _is_stopped(job):
            code = "stopped"  # nothing was made, and nothing shall be
        elif error.ending.is_retryable and _may_try_again(job, error):
            return
        line.leave(job.held.id)
        endings.end(job.run, job.slot, code, request_id=error.request_id)
        endings.close(job.run)
        if error.ending.is_trouble and job.connection is not None:
            connections.learn_trouble(job.connection, sentence=error.ending.sentence)


def _may_try_again(job: Job, error: ProviderError) -> bool:
    """Here as long as it makes sense, then elsewhere where that is an outage and somebody takes over."""
    if error.ending.is_outage and job.connection is not None:
        is_enough = job.slot.tries_here >= MOST_TRIES or circuits.find(job.connection) is not None
        other = failover.next_connection(job.run, job.connection) if is_enough else None
        if other is not None:
            job.slot.put_back()
            failover.move(WORKER, job.held.id, job.slot, job.connection, other)
            return True
    if job.slot.tries_here >= MOST_TRIES:
        return False
    _wait_and_try_again(job, error)
    return True


def _note_health(job: Job, error: ProviderError) -> None:
    if job.connection is None or error.ending.is_silent:
        return
    if not error.ending.is_sick:
        _note_answer(job)
    elif rest := circuits.note_outage(job.connection, ticket_id=job.held.id):
        failover.wake_after(rest)


def _note_success(job: Job, frame: Final) -> None:
    if job.connection is not None:
        has_streamed = frame.has_streamed if job.connection.can_stream else None
        connections.learn_success(job.connection, has_streamed=has_streamed)


def _note_answer(job: Job) -> None:
    if job.connection is not None and circuits.note_answer(job.connection, ticket_id=job.held.id):
        after_commit(caretaker.poke)


def _let_go(job: Job) -> None:
    """Of a slot that ended in other ways, so that nobody has to wait for the end of the lease."""
    with _wall(job):
        if line.still_holds(WORKER, job.held.id):
            line.leave(job.held.id)
            spending.ended(job.slot.code, Charged.NO)  # nothing was sent


def _is_stopped(job: Job) -> bool:
    return Run.objects.filter(pk=job.run.pk).exclude(cancel_asked_at=None).exists()


def _wait_and_try_again(job: Job, error: ProviderError) -> None:
    from studio.tasks import develop

    wait = _wait_seconds(job.slot.tries_here, error.retry_after_seconds)
    job.slot.put_back()
    line.step_back(WORKER, job.held.id, wait_seconds=wait)
    data = {"code": error.code, "wait_seconds": round(wait, 1), "try": job.slot.tries}
    events.record(job.run, "waiting", slot=job.slot.index, data=data)
    enqueue_later(develop, delay_seconds=wait)


def _wait_seconds(tries: int, asked_seconds: float | None) -> float:
    """What the provider asks for, and never less than our own back-off with its jitter."""
    own: float = FIRST_WAIT_SECONDS * 2 ** (tries - 1) * random.uniform(0.75, 1.25)  # noqa: S311 no secret
    return min(max(own, asked_seconds or 0.0), LONGEST_WAIT_SECONDS)


@contextmanager
def _wall(job: Job) -> Iterator[None]:
    with _released(), tenancy.tenant(job.held.org_id):
        yield


@contextmanager
def _released() -> Iterator[None]:
    """Gives the connection back to the pool afterwards: a slot waits minutes on the network."""
    try:
        yield
    finally:
        if not connection.in_atomic_block:
            connection.close()
