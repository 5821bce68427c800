"""Delete files that no row names any more, and remember their names until storage has deleted them.

The names are recorded in the transaction that removes them from their rows, and the records are removed when the files
are deleted. So neither an error of storage nor a process that dies in between leaves a file behind forever."""

from collections.abc import Iterable
from datetime import timedelta

import structlog
from django.core.files.storage import storages
from django.db.models.functions import Now

from saas.database import release
from saas.database.release import released
from studio.models import DiscardedFile

AT_ONCE = 500
UPLOADED_BY = timedelta(hours=1)  # an abandoned upload may still be writing for this long
MOST_FAILURES = 20  # in a row: then storage counts as down, and the rest waits for the next round

log = structlog.get_logger("darkroom.housekeeping")


def add(org_id: int, names: Iterable[str], *, after: timedelta = timedelta()) -> None:
    """Record files to delete, at once or after some time. Call this in the transaction that removes them from their
    rows."""
    rows = [DiscardedFile(name=name, org_id=org_id, due_at=Now() + after) for name in sorted(set(filter(None, names)))]
    DiscardedFile.objects.bulk_create(rows, ignore_conflicts=True)


def delete(names: Iterable[str]) -> int:
    """Delete recorded files, after the commit. Return how many storage did not delete; the next sweep tries those
    again."""
    return _delete(sorted(set(filter(None, names))))


def sweep() -> int:
    """Delete all recorded files that are due. Return how many storage did not delete."""
    last, left = "", 0
    while True:
        with released():
            due = DiscardedFile.objects.filter(due_at__lte=Now(), name__gt=last).order_by("name")
            names = list(due.values_list("name", flat=True)[:AT_ONCE])
        if not names:
            return left
        failed = _delete(names)
        left += failed
        if failed == len(names) and len(names) > MOST_FAILURES:
            with released():
                return DiscardedFile.objects.filter(due_at__lte=Now()).count()
        last = names[-1]


def _delete(names: list[str]) -> int:
    release.give_back()
    gone: list[str] = []
    failures = 0
    for name in names:
        try:
            release.refuse_to_wait()
            storages["impatient"].delete(name)
        except Exception as error:  # each storage backend raises its own types
            log.warning("file not deleted", file=name, error=type(error).__name__)
            failures += 1
            if failures >= MOST_FAILURES:
                break
        else:
            failures = 0
            gone.append(name)
    with released():
        DiscardedFile.objects.filter(name__in=gone).delete()
    return len(names) - len(gone)
