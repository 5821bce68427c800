"""Take the next step of a batch: check its file, make runs of its lines, note which have ended, and finish it.

A batch has a ticket that comes due again and again until the batch has ended. Every step can be repeated, and done by
two workers at once: a line is bound to its run in the transaction that submits the run, and states move only out of the
state that was read. So a worker that is killed at any moment loses no line, and none is made twice."""

import time
from contextlib import suppress
from datetime import timedelta
from typing import Any

import structlog
from django.utils import timezone

from accounts import access
from accounts.errors import Refused
from accounts.limits.refusals import LimitReached
from accounts.models import Scope
from saas.database import tenancy
from saas.database.release import released
from saas.queue import due, thread_shares
from saas.queue.lanes import BATCHES
from saas.queue.thread_shares import Barred
from studio.batches import batches, lines, overnight
from studio.catalogue.fields import SpecRefused
from studio.files import storage
from studio.gateway import batch_check, batch_end, batch_lines, batch_results, doors, parameters, pictures_in
from studio.gateway.batch_lines import LineRequest
from studio.gateway.doors import GatewayCaller
from studio.models import Batch, BatchLine, BatchState, BatchTicket, Lane, Run
from studio.money.offers import Route
from studio.openai_wire.errors import OpenAIError
from studio.queue import wake
from studio.runs import lanes, plan, stop_run, submit_run, suspended
from studio.runs.plan import Pictures

TAKEN_SECONDS = 300  # the lease of a claim: a step of a large file takes minutes
STEP_SECONDS = 20.0  # for which a step begins lines
AT_ONCE = 32  # lines of a batch that are in the line or with a worker
AT_ONCE_OVERNIGHT = 2000  # that are with a provider, or wait to be sent to it
LOOK_SECONDS = 1.0
REST_SECONDS = 15.0  # after a step that failed, or that a pace stopped

log = structlog.get_logger("darkroom.batches")


class Paced(Exception):
    """A limit on runs at once or a minute lets no more lines begin now."""


def count_due() -> int:
    return due.count(BatchTicket)


def drive_next() -> bool:
    """Take the next step of the batch that has been due longest. Return False if none is due, or none may be taken."""
    with thread_shares.OF_LANE[BATCHES].taking(_take) as claim:
        if claim is None:
            return False
        try:
            wait = _step(claim)
        except Exception:
            log.exception("batch not driven", batch=str(claim.batch_code))
            wait = REST_SECONDS
        if wait is not None:
            due.claimed(claim).update(due_at=timezone.now() + timedelta(seconds=wait))
            wake.after("batch", wait)
    return True


def _take(barred: Barred) -> BatchTicket | None:
    return due.claim(BatchTicket, barred, seconds=TAKEN_SECONDS)


def _step(claim: BatchTicket) -> float | None:
    """Take a step. Return how many seconds later the next one may be taken, or None if no ticket is due again."""
    with released(), tenancy.tenant(claim.org_id):
        found = batches.of_ticket(claim)
        if found is None or not found.is_open or found.org.deleted_at is not None:
            due.claimed(claim).delete()
            return None
        if not found.org.may_work:
            suspended.put_off(claim, found.org)
            return None
        caller = _caller(found)
    match found.state:
        case BatchState.VALIDATING:
            return _check(found, caller)
        case BatchState.IN_PROGRESS:
            return _work(found, caller)
        case _:
            return _wind_up(found)


def _caller(batch: Batch) -> GatewayCaller | None:
    """Return the caller that the batch's lines are made for, or None if they have no right to it any more."""
    key = batch.api_key
    member = batch.org.memberships.select_related("org", "user").filter(user=batch.maker_id).first()
    if key is None or member is None:
        return None
    key.org, key.maker = member.org, member.user
    try:
        member = access.read_again(member, key)
    except access.RightsEnded:
        return None
    return GatewayCaller(key, member) if access.may_use(key, member, Scope.GENERATE) else None


def _check(batch: Batch, caller: GatewayCaller | None) -> float:
    now = timezone.now()
    if caller is None:
        refusal = doors.of_act(access.RightsEnded()).error
        fault = {"code": refusal["code"], "line": None, "message": refusal["message"], "param": None}
        batch_end.fail(batch, [fault], now=now)
        return 0
    found = batch_check.check(batch, batch.input_file, caller)
    if found.faults:
        batch_end.fail(batch, found.faults, now=now)
        return 0
    with released(), tenancy.tenant(batch.org_id):
        values = {"model": found.model, "total": len(found.lines)}
        if batch.move(BatchState.IN_PROGRESS, out_of=(BatchState.VALIDATING,), now=timezone.now(), **values):
            lines.write(found.lines)
    return 0


def _work(batch: Batch, caller: GatewayCaller | None) -> float:
    """Note what has ended, begin lines while there is room, and wind the batch up when no line is left."""
    if timezone.now() >= batch.expires_at:
        return _wind_up(batch)
    _note_ended(batch)
    wait = LOOK_SECONDS
    try:
        _begin_lines(batch, caller)
    except Paced:
        wait = REST_SECONDS
    with released(), tenancy.tenant(batch.org_id):
        is_done = not lines.has_open(batch)
    return _wind_up(batch) if is_done else wait


def _begin_lines(batch: Batch, caller: GatewayCaller | None) -> None:
    until = time.monotonic() + STEP_SECONDS
    while time.monotonic() < until and batches.is_in_progress(batch):
        with released(), tenancy.tenant(batch.org_id):
            found = lines.next_ones(batch, at_once=AT_ONCE if batch.lane == Lane.NOW else AT_ONCE_OVERNIGHT)
        if not found:
            return
        for line in found:
            _begin_line(batch, line, caller)
            if time.monotonic() > until:
                return


def _begin_line(batch: Batch, line: BatchLine, caller: GatewayCaller | None) -> None:
    """Make a run of the line, or note why there is none. Raise Paced if it has to wait."""
    try:
        if caller is None:
            raise access.RightsEnded
        if batch.input_file is None:
            raise OpenAIError("The input file was deleted.", status=400, code="invalid_input_file")
        data = storage.load_part(batch.input_file.file, line.offset, line.size_bytes)
        _submit(batch, line, batch_lines.read(data, endpoint=batch.endpoint, caller=caller), caller)
    except LimitReached as act:
        if act.wait_seconds is not None:
            raise Paced from None
        _refuse(line, doors.of_act(act))
    except Refused as act:
        _refuse(line, doors.of_act(act))
    except OpenAIError as refusal:
        _refuse(line, refusal)


def _submit(batch: Batch, line: BatchLine, read: LineRequest, caller: GatewayCaller) -> None:
    """Submit the line's run and bind it to the line, in one transaction. Do nothing if another worker got there
    first."""
    reader = batch_lines.pictures_of(read, caller) if read.image_request.spec.references else None
    if reader is not None:
        reader.read()
    is_bound = False
    try:
        with released(), tenancy.tenant(line.org_id):
            if not lines.lock_waiting(line):
                return
            pictures = Pictures(*reader.keep()) if reader is not None else Pictures()
            run = _put_in_line(batch, read, pictures, caller)
            lines.bind(line, run)
            is_bound = True
    finally:
        if reader is not None and not is_bound:
            reader.forget()


def _put_in_line(batch: Batch, read: LineRequest, pictures: Pictures, caller: GatewayCaller) -> Run:
    spec, route = read.image_request.spec, Route.of(api_key=caller.api_key)
    more: dict[str, Any] = {
        "api_key": caller.api_key,
        "visibility": pictures_in.visibility_of(pictures.references),
        "end_user": read.image_request.identifier,
    }
    try:
        planned = plan.make(org=caller.org, spec=spec, pictures=pictures, route=route)
        if lanes.can_be_overnight(planned):
            return overnight.submit(by=caller.member, plan=planned, deadline_at=batch.expires_at, **more)
        return submit_run.submit(by=caller.member, plan=planned, **more)
    except SpecRefused as refusal:
        raise parameters.error_of_fault(refusal.errors[0], spec.to_json()) from None


def _refuse(line: BatchLine, refusal: OpenAIError) -> None:
    with released(), tenancy.tenant(line.org_id):
        lines.refuse(line, {"status": refusal.status, "error": refusal.error})


def _note_ended(batch: Batch) -> None:
    with released(), tenancy.tenant(batch.org_id):
        lines.note_ended(batch)


def _wind_up(batch: Batch) -> float:
    """Begin no more lines, stop those that no worker has begun, and finish the batch when no line runs any more."""
    is_cancelled = batch.state == BatchState.CANCELLING
    with released(), tenancy.tenant(batch.org_id):
        lines.leave_waiting(batch, batch_results.CANCELLED if is_cancelled else batch_results.EXPIRED)
        running = lines.running(batch)
    for run in running:
        with released(), tenancy.tenant(batch.org_id), suppress(stop_run.NothingToStop):
            stop_run.stop(run)
    if running:
        overnight.look_now(running)
    _note_ended(batch)
    return 0 if batch_end.finish(batch, now=timezone.now()) else LOOK_SECONDS
