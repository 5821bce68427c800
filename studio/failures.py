"""A try that brought no picture: it is tried again where the answer proves that nothing was made, here or at another
connection, and otherwise ends its slot with what is known about the money."""

import random
import time

import structlog
from django.db import InterfaceError, OperationalError

from accounts import circuits
from saas.broker import enqueue_later
from studio import endings, events, failover, health, line, spending
from studio.job import WORKER, Job, grip, waits, wall
from studio.models import State
from studio.outcomes import ENDINGS, ProviderError

MOST_TRIES = 4
FIRST_WAIT_SECONDS = 1.0
LONGEST_WAIT_SECONDS = 60.0

log = structlog.get_logger("darkroom.engine")


def fail(job: Job, error: ProviderError) -> None:
    """The database may be away for a moment; what the provider said is worth some tries to write it down."""
    for wait in waits():
        try:
            _note_failure(job, error)
        except (OperationalError, InterfaceError):
            if wait is None:
                raise
            log.warning("failure not noted", slot=job.slot.index, again_in=wait, exc_info=True)
            time.sleep(wait)
        else:
            return


def _note_failure(job: Job, error: ProviderError) -> None:
    with wall(job):
        held = grip(job)
        if held is None:
            return  # ended, or put back, by somebody else
        job.slot.refresh_from_db()
        code = "broken_late" if error.code == "broken" and job.slot.sent_at else error.code
        if job.slot.state != State.RUNNING:
            line.leave(job.held.id)  # an earlier try's picture came late and ended it
            spending.ended(job.slot.code, ENDINGS[code].charged, request_id=error.request_id)
            return
        health.note_failure(job, error)
        if error.ending.is_retryable and held.is_stopping:
            code = "stopped"  # nothing was made, and nothing shall be
        elif error.ending.is_retryable and _may_try_again(job, error):
            return
        health.note_trouble(job, error)
        line.leave(job.held.id)
        endings.end(job.run, job.slot, code, request_id=error.request_id)


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
