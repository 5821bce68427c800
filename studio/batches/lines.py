"""Follow the lines of batches. A line waits, has a run, and has ended; each step names the state that it comes out of.
All but `running` need the organization's wall."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.db.models import Count, Q

from studio.models import ENDS, Batch, BatchLine, Run, State

OPEN = (BatchLine.State.WAITING, BatchLine.State.RUNNING)
ROWS_AT_ONCE = 1000


def write(lines: Iterable[BatchLine]) -> None:
    BatchLine.objects.bulk_create(lines, batch_size=ROWS_AT_ONCE)


def next_ones(batch: Batch, *, at_once: int) -> list[BatchLine]:
    """Return the lines that may begin now, so that `at_once` are in work."""
    room = at_once - batch.lines.filter(state=BatchLine.State.RUNNING).count()
    return list(batch.lines.filter(state=BatchLine.State.WAITING).order_by("number")[: max(0, room)])


def lock_waiting(line: BatchLine) -> bool:
    """Lock a line. Return False if it does not wait any more: another worker got there first."""
    return BatchLine.objects.select_for_update().filter(pk=line.pk, state=BatchLine.State.WAITING).first() is not None


def bind(line: BatchLine, run: Run) -> None:
    """Bind the locked line to its run, in the transaction that submits the run: so no line gets two."""
    Batch.objects.filter(pk=line.batch_id).exclude(lane=run.lane).update(lane=run.lane)
    BatchLine.objects.filter(pk=line.pk).update(state=BatchLine.State.RUNNING, run=run)


def refuse(line: BatchLine, refusal: Mapping[str, Any]) -> None:
    waiting = BatchLine.objects.filter(pk=line.pk, state=BatchLine.State.WAITING)
    waiting.update(state=BatchLine.State.FAILED, refusal=dict(refusal))


def leave_waiting(batch: Batch, error: Mapping[str, str]) -> None:
    """Note why the lines that wait will not be executed."""
    waiting = batch.lines.filter(state=BatchLine.State.WAITING)
    waiting.update(state=BatchLine.State.FAILED, refusal={"error": dict(error)})


def running(batch: Batch) -> list[Run]:
    """Return the runs that have not ended and that were not stopped yet."""
    runs = Run.objects.filter(batch_lines__batch=batch, batch_lines__state=BatchLine.State.RUNNING)
    return list(runs.filter(cancel_asked_at=None).exclude(state__in=ENDS).select_related("org"))


def note_ended(batch: Batch) -> None:
    """Note which runs have ended, and count. A run that is gone ended without a result."""
    running = batch.lines.filter(state=BatchLine.State.RUNNING)
    running.filter(run__state=State.SUCCEEDED).update(state=BatchLine.State.COMPLETED)
    rest = Q(run__state__in=[state for state in ENDS if state != State.SUCCEEDED]) | Q(run=None)
    running.filter(rest).update(state=BatchLine.State.FAILED)
    counts = batch.lines.aggregate(
        completed=Count("pk", filter=Q(state=BatchLine.State.COMPLETED)),
        failed=Count("pk", filter=Q(state=BatchLine.State.FAILED)),
    )
    Batch.objects.filter(pk=batch.pk).exclude(**counts).update(**counts)
    batch.completed, batch.failed = counts["completed"], counts["failed"]


def has_open(batch: Batch) -> bool:
    return batch.lines.filter(state__in=OPEN).exists()


def after(batch: Batch, number: int, *, state: str, most: int) -> list[BatchLine]:
    """Return the next lines in this state, with their runs, slots and outputs."""
    found = batch.lines.filter(state=state, number__gt=number).order_by("number")
    return list(found.select_related("run").prefetch_related("run__slots__output")[:most])
