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
from studio.engine import failures, keep_frames, leases, rescue
from studio.engine.job import Job, Lost, grip, wall
from studio.models import Charged, Slot, State
from studio.money import run_holds
from studio.providers import requests
from studio.providers.answers import Final
from studio.providers.outcomes import ProviderError
from studio.queue import locked_organizations, tickets
from studio.queue.locked_organizations import Occupied
from studio.queue.tickets import Held
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
    with leases.holding(job.held) as wait, structlog.contextvars.bound_contextvars(run=str(job.run.code)):
        try:
            develop(job)
        except Lost:
            log.warning("slot lost to the sweeper", slot=job.slot.index)
            let_go(job)
        except ProviderError as error:
            if wait.is_called_off and error.code in LEFT_WAITING:
                error = ProviderError("stopped_late", request_id=error.request_id)
            log.info("no picture", slot=job.slot.index, outcome=error.code, **error.details)
            job.call.ended(error.code, state=error.ending.state, request_id=error.request_id)
            if error.data:
                rescue.put_aside_unread(job.slot, error.data)
            failures.fail(job, error)
        except Exception as error:
            log.exception("engine broke", slot=job.slot.index)
            failures.fail(job, ProviderError("locked" if waits.is_locked(error) else "broken"))


def begin(barred: Barred = NOBODY) -> Job | None:
    """Claim the next ticket whose slot can begin. Return None if there is none. Skip tickets whose run is gone or whose
    connection is left alone. Skip for a moment an organization whose rows another session keeps locked."""
    while True:
        try:
            held, job = once_more(lambda: _take_and_begin(locked_organizations.besides(barred)))
        except Occupied as found:
            failover.wake_after(timedelta(seconds=locked_organizations.PAUSE_SECONDS))
            if found.org_id is None:
                return None
            locked_organizations.pass_over(found.org_id)
            log.warning("organization is locked and passed over", organization=found.org_id)
            continue
        if job is not None:
            heartbeat.note_work()
        if held is None or job is not None:
            return job


def _take_and_begin(barred: Barred) -> tuple[Held | None, Job | None]:
    held = None
    try:
        with released(), tenancy.anybody():
            held = tickets.take(barred)
            if held is None:
                return None, None
            tenancy.enter(held.org_id)
            return held, _begin_slot(held)
    except OperationalError as error:
        if waits.is_locked(error):
            raise Occupied(held.org_id if held else None) from error
        raise


def _begin_slot(held: Held) -> Job | None:
    slot = Slot.objects.select_related("run__connection", "org").filter(code=held.slot_code).first()
    if slot is None:
        tickets.leave(held)
        run_holds.ended(held.slot_code, Charged.NO)
        return None
    if not slot.org.may_work:
        suspended.lie_down(held)
        return None
    if slot.org.most_calls_at_once != held.org_limit:
        tickets.set_org_limit(slot.org_id, slot.org.most_calls_at_once)
    connection = _connection(held, slot)
    if connection is not None:
        if connection.most_calls_at_once != held.connection_limit:
            tickets.set_limit(connection.pk, connection.most_calls_at_once)
        if held.is_blocked and slot.state == State.QUEUED:
            failover.divert(held, slot, connection)
            return None
    if not slot.begin(timezone.now(), connection):
        tickets.leave(held)  # it has ended
        run_holds.ended(slot.code, Charged.NO)
        return None
    if slot.run.state == State.QUEUED:
        slot.run.begin(timezone.now())
    events.record(slot.run, "started", slot=slot.index, data={"try": slot.tries})
    is_other = connection is not None and connection.pk != slot.run.connection_id
    if is_other and connection and not run_holds.diverted(slot, connection):
        tickets.leave(held)
        finish.end(slot.run, slot, "loan_used_up")
        return None
    return Job(held, slot.org, slot.run, slot, connection)


def _connection(held: Held, slot: Slot) -> ProviderConnection | None:
    """Return the ticket's connection: mostly the run's own, already loaded; another after failover; None if removed."""
    own = slot.run.connection
    if own is not None and own.pk == held.connection_id:
        own.org = slot.org
        return own
    return ProviderConnection.objects.select_related("org").filter(pk=held.connection_id).first()


def develop(job: Job) -> None:
    endpoint, request = requests.prepare(job.run, job.slot, job.connection)
    ask = requests.adapter_of(job.connection)
    with closing(ask(endpoint, request, before_sending=lambda: note_sent(job))) as frames:
        for frame in frames:
            if isinstance(frame, Final):
                job.call.came()
                keep_frames.keep_final(job, frame)
                job.call.ended(
                    "succeeded",
                    state=State.SUCCEEDED,
                    used=frame.used,
                    usage=frame.usage,
                    request_id=frame.request_id,
                )
                return  # what the provider sends after its final is not read
            job.call.partial()
            keep_frames.try_to_keep_partial(job, frame)


def note_sent(job: Job) -> None:
    once_more(lambda: _note_sent(job))
    job.call.sent()


def _note_sent(job: Job) -> None:
    with wall(job):
        held = grip(job)
        if held is None:
            raise Lost
        if held.is_stopping:
            raise ProviderError("stopped")
        if not job.slot.note_sent(timezone.now()):
            raise Lost


def let_go(job: Job) -> None:
    """Remove the ticket of a slot that ended otherwise, so that nothing waits for the end of the lease. If the claim
    itself was lost, ticket and hold belong to the next claim."""
    with wall(job):
        if grip(job):
            tickets.leave(job.held)
            run_holds.ended(job.slot.code, Charged.NO)  # nothing was sent
