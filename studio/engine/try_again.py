"""Decide whether a slot gets another try after one that brought no picture, at this connection or at another.

It gets one only if the outcome proves that nothing was made (`is_retryable`): repeating what may have been charged
could cost twice. It gets none if the run was stopped, a caller has waited too long, or the tries at this connection are
used up and no other takes over in an outage. Then the slot ends, with what is known about the money."""

import random
import time

import structlog
from django.db import InterfaceError, OperationalError

from accounts.connections import circuit
from studio.engine import connection_health
from studio.engine.job import Job, check_claim, in_tenant, waits
from studio.models import State
from studio.money import run_holds
from studio.providers.outcomes import OUTCOMES, ProviderError
from studio.queue import tickets, wake
from studio.queue.tickets import Standing
from studio.runs import events, failover, finish

MOST_TRIES = 4
AWAITED_TRIES_SECONDS = 240.0  # no new try after so long if a caller's request is open: official SDKs wait for 600
FIRST_WAIT_SECONDS = 1.0
LONGEST_WAIT_SECONDS = 60.0
OURS = {"broken", "locked"}  # Darkroom's own failures: not charged if nothing was sent

log = structlog.get_logger("darkroom.engine")


def handle_failure(job: Job, error: ProviderError) -> None:
    """Note a failed try and what follows. While the database is away, repeat this note, not the provider's call."""
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
    with in_tenant(job):
        claim_state = check_claim(job)
        if claim_state is None:
            return  # claim lost: another one decides about this slot
        job.slot.refresh_from_db()
        if error.code in OURS and job.slot.sent_at:
            error = ProviderError("broken_late")
        code = error.code
        if job.slot.state != State.RUNNING:
            tickets.remove(job.claim)  # an earlier try's late picture has ended the slot
            run_holds.resolve(job.slot.code, OUTCOMES[code].charged, request_id=error.request_id, usage=error.usage)
            return
        standing = tickets.standing(job.claim.id)
        connection_health.note_failure(job, error, standing)
        if error.outcome.is_retryable and claim_state.is_stopping:
            code = "stopped"  # not charged, and the user asked to stop: do not retry
        elif error.outcome.is_retryable and _may_try_again(job, error, standing):
            return
        connection_health.note_trouble(job, error)
        tickets.remove(job.claim)
        finish.end(
            job.run,
            job.slot,
            code,
            request_id=error.request_id,
            refusal=error.refusal,
            words=error.words,
            usage=error.usage,
        )


def _may_try_again(job: Job, error: ProviderError, standing: Standing) -> bool:
    """Put the slot back for another try. Return False if it gets none. In an outage, move it to the next connection
    that can take over, once the tries here are used up or the circuit is open."""
    if standing.awaited is not None and standing.awaited.total_seconds() > AWAITED_TRIES_SECONDS:
        return False
    if error.outcome.is_outage and job.connection is not None:
        outage = circuit.find(job.connection, maker_id=job.run.maker_id)
        is_enough = job.slot.tries_here >= MOST_TRIES or outage is not None
        other = failover.next_connection(job.run, job.slot.code, job.connection) if is_enough else None
        if other is not None:
            job.slot.put_back()
            failover.move(job.claim, job.slot, job.connection, other)
            return True
    if job.slot.tries_here >= MOST_TRIES:
        return False
    _wait_and_try_again(job, error)
    return True


def _wait_and_try_again(job: Job, error: ProviderError) -> None:
    wait = _wait_seconds(job.slot.tries_here, error.retry_after_seconds)
    job.slot.put_back()
    tickets.requeue(job.claim, wait_seconds=wait)
    data = {"code": error.code, "wait_seconds": round(wait, 1), "try": job.slot.tries}
    events.record(job.run, "waiting", slot=job.slot.index, data=data)
    wake.after("develop", delay_seconds=wait)


def _wait_seconds(tries: int, asked_seconds: float | None) -> float:
    """Return the wait that the provider asks for, at least our own back-off with its jitter, at most a minute."""
    own: float = FIRST_WAIT_SECONDS * 2 ** (tries - 1) * random.uniform(0.75, 1.25)  # noqa: S311 no secret
    return min(max(own, asked_seconds or 0.0), LONGEST_WAIT_SECONDS)
