"""End a batch: list its results and its errors as files that can be fetched."""

from datetime import datetime
from typing import Any

from django.db.models import Q

from saas.database import tenancy
from saas.database.release import released
from studio.batches import batch_files, lines
from studio.gateway import batch_results
from studio.models import Batch, BatchLine, BatchState, BatchTicket


def fail(batch: Batch, faults: list[dict[str, Any]], *, now: datetime) -> None:
    """End a batch whose file has faults. Nothing was made of it."""
    with released(), tenancy.tenant(batch.org_id):
        if batch.move(BatchState.FAILED, out_of=(BatchState.VALIDATING,), now=now, faults=faults):
            BatchTicket.objects.filter(batch_code=batch.code).delete()


def finish(batch: Batch, *, now: datetime) -> bool:
    """End a batch that has no open line. Return False if it has one, or if another worker has ended it."""
    with released(), tenancy.tenant(batch.org_id):
        if lines.has_open(batch):
            return False
        batch.move(BatchState.FINALIZING, out_of=(BatchState.IN_PROGRESS,), now=now)
        state = _end_of(batch)
    measured = batch_results.measure(batch)
    with released(), tenancy.tenant(batch.org_id):
        out_of = (BatchState.FINALIZING, BatchState.CANCELLING)
        if not batch.move(state, out_of=out_of, now=now, usage=measured.usage):
            return False
        sizes = {"output": measured.output_bytes, "error": measured.error_bytes}
        for what, size_bytes in sizes.items():
            if size_bytes:
                listed = batch_files.list_results(batch, what, size_bytes=size_bytes, now=now)
                setattr(batch, f"{what}_file", listed)
        batch.save(update_fields=["output_file", "error_file"])
        BatchTicket.objects.filter(batch_code=batch.code).delete()
    return True


def _end_of(batch: Batch) -> BatchState:
    if batch.state == BatchState.CANCELLING:
        return BatchState.CANCELLED
    missing = Q(refusal__error__code=batch_results.EXPIRED["code"]) | Q(run__cancel_asked_at__gte=batch.expires_at)
    missing |= Q(run__slots__error_code=batch_results.NOT_IN_TIME)
    is_expired = batch.lines.filter(missing, state=BatchLine.State.FAILED).exists()
    return BatchState.EXPIRED if is_expired else BatchState.COMPLETED
