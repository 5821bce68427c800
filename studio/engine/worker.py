"""Develop one slot: claim its ticket, call the provider, keep every frame and note the outcome.

Writes ask first whether the claim is still valid: a worker whose ticket was swept may not send, but a picture that
comes late is kept, since it was paid for."""

from contextlib import closing
from datetime import timedelta

import structlog
from django.db import OperationalError
from django.utils import timezone

from accounts.models import ProviderConnection
from saas.database import tenancy, waits
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
from studio.queue.locked_organizations import Occupied
from studio.queue.tickets import Claim
from studio.runs import events, failover, finish, suspended

LEFT_WAITING = {"no_answer", "cut_off", "too_long", "no_picture"}  # outcomes that a call shows after it was called off

log = structlog.get_logger("darkroom.engine")


def develop_next() -> bool:
    """Claim and run the next ticket. Return False if none may be served now."""
    with thread_shares.OF_LANE[lanes.PICTURES].taking(begin) as job:
        if job is None:
            return False
        _develop(job)
    return True


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
            job.call.ended(error.code, state=error.outcome.state, request_id=error.request_id)
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
        try:
            claim, job = once_more(lambda: _take_and_begin(locked_organizations.besides(barred)))
        except Occupied as found:
            failover.wake_after(timedelta(seconds=locked_organizations.PAUSE_SECONDS))
            if found.org_id is None:
                return None
            locked_organizations.pass_over(found.org_id)
            log.warning("organization is locked and passed over", organization=found.org_id)
            continue
        if job is not None:
            heartbeat.note_work()
        if claim is None or job is not None:
            return job


def _take_and_begin(barred: Barred) -> tuple[Claim | None, Job | None]:
    claim = None
    try:
        with released(), tenancy.anybody():
            claim = tickets.claim_next(barred)
            if claim is None:
                return None, None
            tenancy.enter(claim.org_id)
            return claim, _begin_slot(claim)
    except OperationalError as error:
        if waits.is_locked(error):
            raise Occupied(claim.org_id if claim else None) from error
        raise


def _begin_slot(claim: Claim) -> Job | None:
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
    connection = _connection(claim, slot)
    if connection is not None:
        if connection.most_calls_at_once != claim.connection_limit:
            tickets.set_limit(connection.pk, connection.most_calls_at_once)
        if claim.is_blocked and slot.state == State.QUEUED:
            failover.reroute(claim, slot, connection)
            return None
    if not slot.begin(timezone.now(), connection):
        tickets.remove(claim)  # it has ended
        run_holds.resolve(slot.code, Charged.NO)
        return None
    if slot.run.state == State.QUEUED:
        slot.run.begin(timezone.now())
    events.record(slot.run, "started", slot=slot.index, data={"try": slot.tries})
    is_other = connection is not None and connection.pk != slot.run.connection_id
    if is_other and connection and not run_holds.reprice(slot, connection):
        tickets.remove(claim)
        finish.end(slot.run, slot, "loan_used_up")
        return None
    return Job(claim, slot.org, slot.run, slot, connection)


def _connection(claim: Claim, slot: Slot) -> ProviderConnection | None:
    """Return the ticket's connection: mostly the run's own, already loaded; another after failover; None if removed."""
    own = slot.run.connection
    if own is not None and own.pk == claim.connection_id:
        own.org = slot.org
        return own
    return ProviderConnection.objects.select_related("org").filter(pk=claim.connection_id).first()


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
                )
                return  # what the provider sends after its final is not read
            job.call.partial()
            take_frames.take_partial(job, frame)


def note_sent(job: Job) -> None:
    once_more(lambda: _note_sent(job))
    job.call.sent()


def _note_sent(job: Job) -> None:
    with in_tenant(job):
        claim_state = check_claim(job)
        if claim_state is None:
            raise Lost
        if claim_state.is_stopping:
            raise ProviderError("stopped")
        if not job.slot.note_sent(timezone.now()):
            raise Lost


def let_go(job: Job) -> None:
    """Remove the ticket of a slot that ended otherwise, so that nothing waits for the end of the lease. If the claim
    itself was lost, ticket and hold belong to the next claim."""
    with in_tenant(job):
        if check_claim(job):
            tickets.remove(job.claim)
            run_holds.resolve(job.slot.code, Charged.NO)  # nothing was sent
