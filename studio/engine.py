"""What a worker does with one slot: take it from the line, ask the provider, keep every frame, end it honestly.

Each write asks first whether the ticket is still this worker's: one that was thought dead may not send, but a picture
that comes late is kept, since it was paid for."""

from contextlib import closing

import structlog
from django.utils import timezone

from accounts.models import ProviderConnection
from saas import tenancy
from studio import arrivals, calls, caretaker, endings, events, failover, failures, line, rescue, spending
from studio.answers import Final
from studio.job import WORKER, Job, Lost, grip, released, wall
from studio.line import Held
from studio.models import Charged, Slot, State
from studio.outcomes import ProviderError

LEFT_WAITING = {"no_answer", "cut_off", "too_long", "no_picture"}  # what a call looks like that was called off

log = structlog.get_logger("darkroom.engine")


def develop_next() -> bool:
    """Serves whoever is next in line. Answers whether there was anybody."""
    job = begin()
    if job is None:
        return False
    with caretaker.holding(job.held.id) as wait, structlog.contextvars.bound_contextvars(run=str(job.run.code)):
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
        except Exception:
            log.exception("engine broke", slot=job.slot.index)
            failures.fail(job, ProviderError("broken"))
    return True


def begin() -> Job | None:
    """Passes over whose turn has come in vain: the run is gone, or the connection is left alone just now."""
    while True:
        with released(), tenancy.anybody():
            held = line.take(WORKER)
            if held is None:
                return None
            tenancy.enter(held.org_id)
            job = _begin_slot(held)
        if job is not None:
            return job


def _begin_slot(held: Held) -> Job | None:
    slot = Slot.objects.select_related("run__connection", "org").filter(code=held.slot_code).first()
    if slot is None:
        line.leave(held.id)
        spending.ended(held.slot_code, Charged.NO)
        return None
    if slot.org.most_calls_at_once != held.org_limit:
        line.set_org_limit(slot.org_id, slot.org.most_calls_at_once)
    connection = _connection(held, slot)
    if connection is not None:
        if connection.most_calls_at_once != held.connection_limit:
            line.set_limit(connection.pk, connection.most_calls_at_once)
        if held.is_blocked and slot.state == State.QUEUED:
            failover.divert(WORKER, held, slot, connection)
            return None
    if not slot.begin(timezone.now(), connection):
        line.leave(held.id)  # it has ended
        spending.ended(slot.code, Charged.NO)
        return None
    if slot.run.state == State.QUEUED:
        slot.run.begin(timezone.now())
    events.record(slot.run, "started", slot=slot.index, data={"try": slot.tries})
    is_other = connection is not None and connection.pk != slot.run.connection_id
    if is_other and connection and not spending.diverted(slot.code, slot.run.model, connection):
        line.leave(held.id)
        endings.end(slot.run, slot, "loan_used_up")
        return None
    return Job(held, slot.org, slot.run, slot, connection)


def _connection(held: Held, slot: Slot) -> ProviderConnection | None:
    """Mostly the run's own, which is at hand; another where that one had an outage, none where it was removed."""
    own = slot.run.connection
    if own is not None and own.pk == held.connection_id:
        own.org = slot.org
        return own
    return ProviderConnection.objects.select_related("org").filter(pk=held.connection_id).first()


def develop(job: Job) -> None:
    endpoint, request = calls.prepare(job.run, job.slot, job.connection)
    ask = calls.adapter_of(job.connection)
    with closing(ask(endpoint, request, before_sending=lambda: note_sent(job))) as frames:
        for frame in frames:
            if isinstance(frame, Final):
                job.call.came()
                arrivals.keep_final(job, frame)
                job.call.ended(
                    "succeeded",
                    state=State.SUCCEEDED,
                    used=frame.used,
                    usage=frame.usage,
                    request_id=frame.request_id,
                )
                return  # whatever a provider still has to say, nobody waits for it
            job.call.partial()
            arrivals.try_to_keep_partial(job, frame)


def note_sent(job: Job) -> None:
    with wall(job):
        held = grip(job)
        if held is None:
            raise Lost
        if held.is_stopping:
            raise ProviderError("stopped")
        if not job.slot.note_sent(timezone.now()):
            raise Lost
    job.call.sent()


def let_go(job: Job) -> None:
    """Of a slot that ended in other ways, so that nobody has to wait for the end of the lease."""
    with wall(job):
        if grip(job):
            line.leave(job.held.id)
            spending.ended(job.slot.code, Charged.NO)  # nothing was sent
