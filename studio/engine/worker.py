"""Develop one slot: claim its ticket, call the provider, keep every frame and note the outcome.

Writes ask first whether the claim is still valid: a worker whose ticket was swept may not send, but a picture that
comes late is kept, since it was paid for."""

from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from typing import Any

import structlog
from django.conf import settings
from django.db import OperationalError
from django.utils import timezone

from accounts.models import ProviderConnection
from billing.tokens import TALK
from saas.database import functions, tenancy, waits
from saas.database.release import released
from saas.database.transactions import once_more
from saas.ops import heartbeat
from saas.queue import lanes, thread_shares
from saas.queue.thread_shares import NOBODY, Barred
from studio.engine import leases, rescue, take_frames, try_again
from studio.engine.job import Job, Lost, check_claim, in_tenant
from studio.models import Charged, Slot, State
from studio.money import run_holds
from studio.providers import requests
from studio.providers.answers import Final
from studio.providers.outcomes import ProviderError
from studio.queue import locked_organizations, tickets
from studio.queue.tickets import Claim
from studio.runs import events, failover, finish, suspended

LEFT_WAITING = {"no_answer", "cut_off", "too_long", "no_picture"}  # outcomes that a call shows after it was called off

BEGIN = "SELECT studio_begin(%(claim)s, %(probe)s, %(org_calls)s, %(connection_calls)s, %(now)s)"
BEGIN_SLOT = "SELECT studio_begin_slot(ticket, %(now)s) FROM studio_ticket ticket WHERE id = %(ticket)s"
ENDED = {"by": "ended"}
NOTE_SENT = "SELECT studio_note_sent(%(ticket)s, %(claim)s, %(slot)s, %(tries)s, %(now)s)"

log = structlog.get_logger("darkroom.engine")


def develop_next() -> Job | None:
    """Claim and run the next ticket. Return its job, or None if no ticket may be served now."""
    with thread_shares.OF_LANE[lanes.PICTURES].taking(begin) as job:
        if job is not None:
            _develop(job)
    return job


def _develop(job: Job) -> None:
    with leases.renewing(job.claim) as wait, structlog.contextvars.bound_contextvars(run=str(job.run.code)):
        try:
            develop(job)
        except Lost:
            log.warning("slot lost to the sweeper", slot=job.slot.index)
            let_go(job)
        except ProviderError as error:
            if wait.is_called_off and error.code in LEFT_WAITING:
                error = ProviderError("stopped_late", request_id=error.request_id)
            log.info("no picture", slot=job.slot.index, outcome=error.code, **error.details)
            job.call.ended(
                error.code,
                state=error.outcome.state,
                usage=(error.usage or {}).get(TALK),
                request_id=error.request_id,
                micros=job.micros_of(error),
            )
            if error.data:
                rescue.put_aside_unread(job.slot, error.data)
            try_again.handle_failure(job, error)
        except Exception as error:
            log.exception("engine broke", slot=job.slot.index)
            try_again.handle_failure(job, ProviderError("locked" if waits.is_locked(error) else "broken"))


def begin(barred: Barred = NOBODY) -> Job | None:
    """Claim the next ticket whose slot can begin. Return None if there is none. Skip tickets whose run is gone or whose
    connection is left alone. Skip for a moment an organization whose rows another session keeps locked."""
    while True:
        claim = once_more(lambda: _claim(locked_organizations.besides(barred)))
        if claim is None:
            return None
        job: Job | None = None
        match claim.told:
            case {"slot": _}:
                job = _begun(claim, claim.told)
            case {"by": "occupied"}:
                _pass_over(claim)
            case _:
                job = _clear_the_way(claim)
        if job is not None:
            heartbeat.note_work()
            return job


def _claim(barred: Barred) -> Claim | None:
    """Claim the next ticket and begin its slot, in one round trip. If another session keeps the line locked, return
    None and try again later."""
    also = {
        "org_calls": settings.ORGANIZATION_CALLS_AT_ONCE,
        "connection_calls": settings.CONNECTION_CALLS_AT_ONCE,
        "now": timezone.now(),
    }
    try:
        with released():
            return tickets.claim_next(barred, then=BEGIN, also=also)
    except OperationalError as error:
        if not waits.is_locked(error):
            raise
        failover.wake_after(timedelta(seconds=locked_organizations.PAUSE_SECONDS))
        return None


def _pass_over(claim: Claim) -> None:
    failover.wake_after(timedelta(seconds=locked_organizations.PAUSE_SECONDS))
    locked_organizations.pass_over(claim.org_id)
    log.warning("organization is locked and passed over", organization=claim.org_id)


def _clear_the_way(claim: Claim) -> Job | None:
    """Begin a slot that something stands in the way of, if that can be put right. Otherwise let go of its ticket."""
    try:
        return once_more(lambda: _begin_slowly(claim))
    except OperationalError as error:
        if not waits.is_locked(error):
            raise
        tickets.requeue(claim, wait_seconds=0)
        _pass_over(claim)
        return None


def _begin_slowly(claim: Claim) -> Job | None:
    with released(), tenancy.tenant(claim.org_id):
        if tickets.check_claim(claim) is None:
            return None
        slot = Slot.objects.select_related("run__connection", "org").filter(code=claim.slot_code).first()
        if slot is None:
            tickets.remove(claim)
            run_holds.resolve(claim.slot_code, Charged.NO)
            return None
        if not slot.org.may_work:
            suspended.requeue(claim)
            return None
        if slot.org.most_calls_at_once != claim.org_limit:
            tickets.set_org_limit(slot.org_id, slot.org.most_calls_at_once)
        connection = ProviderConnection.objects.select_related("org").filter(pk=claim.connection_id).first()
        if connection is not None:
            if connection.most_calls_at_once != claim.connection_limit:
                tickets.set_limit(connection.pk, connection.most_calls_at_once)
            if claim.is_blocked and slot.state == State.QUEUED:
                failover.reroute(claim, slot, connection)
                return None
        told = functions.ask(claim.org_id, BEGIN_SLOT, {"ticket": claim.id, "now": timezone.now()})
        if told == ENDED:
            tickets.remove(claim)
            run_holds.resolve(slot.code, Charged.NO)
            return None
        job = _begun(claim, told)
        job.run.connection = slot.run.connection
        is_other = connection is not None and connection.pk != slot.run.connection_id
        if is_other and connection and not run_holds.reprice(job.slot, connection):
            tickets.remove(claim)
            finish.end(job.run, job.slot, "loan_used_up")
            return None
        return replace(job, hold=None) if is_other else job


def _begun(claim: Claim, told: dict[str, Any]) -> Job:
    job = Job.begun(claim, told)
    events.announce(job.run, job.run.event_of(told["event"]))
    return job


def develop(job: Job) -> None:
    endpoint, request = requests.prepare(job.run, job.slot, job.connection)
    ask = requests.adapter_of(job.connection)
    with closing(ask(endpoint, request, before_sending=lambda: note_sent(job))) as frames:
        for frame in frames:
            if isinstance(frame, Final):
                job.call.came()
                take_frames.take_final(job, frame)
                job.call.ended(
                    "succeeded",
                    state=State.SUCCEEDED,
                    used=frame.used,
                    usage=frame.usage,
                    request_id=frame.request_id,
                    micros=job.micros_of(frame),
                )
            else:
                job.call.partial()
                take_frames.take_partial(job, frame)


def note_sent(job: Job) -> None:
    once_more(lambda: _note_sent(job))
    job.call.sent()


def _note_sent(job: Job) -> None:
    claim, slot = job.claim, job.slot
    values = {"ticket": claim.id, "claim": claim.token, "slot": slot.pk, "tries": slot.tries, "now": timezone.now()}
    with released():
        ((answer,),) = functions.call(claim.org_id, NOTE_SENT, values)
    if answer == "stopping":
        raise ProviderError("stopped")
    if answer != "sent":
        raise Lost


def let_go(job: Job) -> None:
    """Remove the ticket of a slot that ended otherwise, so that nothing waits for the end of the lease. If the claim
    itself was lost, ticket and hold belong to the next claim."""
    with in_tenant(job):
        if check_claim(job):
            tickets.remove(job.claim)
            run_holds.resolve(job.slot.code, Charged.NO)  # nothing was sent
