"""Begin, find and cancel batches. A ticket outside of the walls says that a batch has a next step; the step itself is
made by `studio.gateway.batch_worker`."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone

from accounts.errors import Refused
from accounts.models import ApiKey, Membership
from saas.database import tenancy
from saas.database.release import released
from studio.models import OPEN_BATCHES, Batch, BatchFile, BatchState, BatchTicket
from studio.queue import wake
from studio.runs import submit_run

WINDOW = timedelta(hours=24)
MOST_OPEN = 100  # batches of one person


class TooMany(Refused):
    def __init__(self) -> None:
        super().__init__(f"{MOST_OPEN} of your batches are open already. Wait until one has ended, or cancel one.")


class Ended(Refused):
    def __init__(self, state: str) -> None:
        super().__init__(f"Cannot cancel a batch with status '{state}'.")


def begin(
    *,
    by: Membership,
    api_key: ApiKey | None,
    file: BatchFile,
    endpoint: str,
    metadata: Mapping[str, str] | None = None,
    output_seconds: int | None = None,
    request_key: str = "",
    request_hash: str = "",
) -> Batch:
    """Begin a batch. With a request key that this maker has used already, return the earlier batch."""
    now = timezone.now()
    made = Batch(
        org=by.org,
        maker=by.user,
        api_key=api_key,
        endpoint=endpoint,
        input_code=file.code,
        input_file=file,
        metadata=None if metadata is None else dict(metadata),
        output_seconds=output_seconds,
        request_key=request_key,
        request_hash=request_hash,
        created_at=now,
        expires_at=now + WINDOW,
    )
    with tenancy.tenant(by.org_id):
        earlier = _insert(made)
        if earlier is not None:
            if earlier.request_hash != request_hash:
                raise submit_run.KeyReused
            return earlier
        if of_member(by).filter(state__in=OPEN_BATCHES).count() > MOST_OPEN:
            raise TooMany
        BatchTicket.objects.create(batch_code=made.code, org_id=by.org_id, maker_id=by.user_id)
        wake.soon("batch")
    return made


def of_member(by: Membership) -> QuerySet[Batch]:
    """Return the member's own batches. Those of others are private."""
    return Batch.objects.filter(org=by.org_id, maker=by.user_id).select_related("output_file", "error_file")


def find(by: Membership, code: UUID) -> Batch | None:
    with tenancy.tenant(by.org_id):
        return of_member(by).filter(code=code).first()


def of_ticket(ticket: BatchTicket) -> Batch | None:
    """Return the batch that a ticket names. Needs the organization's wall."""
    found = Batch.objects.select_related("org", "maker", "api_key", "input_file").filter(code=ticket.batch_code)
    return found.first()


def is_in_progress(batch: Batch) -> bool:
    """Return whether the batch is in progress now: it may have been cancelled meanwhile."""
    with released(), tenancy.tenant(batch.org_id):
        return Batch.objects.filter(pk=batch.pk, state=BatchState.IN_PROGRESS).exists()


def cancel(batch: Batch, *, now: datetime | None = None) -> Batch:
    """Cancel a batch. Lines that a worker has begun are finished, and may be charged; no other line begins. Cancelling
    it once more changes nothing. Raise Ended if it has ended."""
    with tenancy.tenant(batch.org_id):
        open_now = (BatchState.VALIDATING, BatchState.IN_PROGRESS)
        is_moved = batch.move(BatchState.CANCELLING, out_of=open_now, now=now or timezone.now())
        batch = Batch.objects.select_related("output_file", "error_file").get(pk=batch.pk)
        if not is_moved and batch.state not in (BatchState.CANCELLING, BatchState.CANCELLED):
            raise Ended(batch.state)
        if is_moved:
            BatchTicket.objects.filter(batch_code=batch.code).update(due_at=timezone.now())
            wake.soon("batch")
    return batch


def _insert(made: Batch) -> Batch | None:
    """Write the batch. Return the earlier one with its request key, if there is one."""
    try:
        with transaction.atomic():
            made.save(force_insert=True)
    except IntegrityError:
        earlier = Batch.objects.filter(org=made.org, maker=made.maker, request_key=made.request_key).first()
        if not made.request_key or earlier is None:
            raise
        return earlier
    return None
