"""Delete the files of pictures that have been in the bin for thirty days. Their rows stay, marked as purged. After a
run's last picture, `studio.gallery.clear_runs` deletes what only that run used.

The row is marked before the files are deleted, so that no unmarked row lacks its file. The file names are recorded
until the files are gone: see studio.files.discarded."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

import structlog
from django.db import connection
from django.utils import timezone

from accounts.models import Organization
from saas.database import tenancy
from saas.web import sessions
from studio.files import discarded
from studio.gallery import bin as bins
from studio.gallery import clear_runs, retention
from studio.models import BrandedPicture, CollectionItem, Output, Partial, SearchEntry, SharedPicture, Tagging

AT_ONCE = 200
LOCK = 0x6461726B  # arbitrary, but no other advisory lock uses it

log = structlog.get_logger("darkroom.housekeeping")


@dataclass(frozen=True)
class Left:
    """Counts of what could not be done. The next round tries it again."""

    organizations: int
    files: int


def tidy() -> Left:
    """Apply retention rules, purge and clear in all organizations, a few rows per transaction. An advisory lock lets
    only one worker do this at a time."""
    sessions.clear_expired()
    failed = 0
    for org in _organizations():
        try:
            while _apply(org):
                pass
            while purge(org):
                pass
            while clear(org):
                pass
        except Exception:
            log.exception("organization not tidied", organization=str(org.code))
            failed += 1
    return Left(failed, discarded.sweep())


def purge(org: Organization) -> int:
    """Purge at most AT_ONCE pictures. Return how many."""
    with tenancy.tenant(org.pk):
        if not _is_mine() or retention.has_legal_hold(org.pk):
            return 0
        before = timezone.now() - timedelta(days=bins.DAYS)
        found = Output.objects.filter(org=org, binned_at__lt=before, purged_at=None).select_related("composite")
        outputs = list(found.select_for_update(of=["self"], skip_locked=True).order_by("pk")[:AT_ONCE])
        names = [name for output in outputs for name in files_of(output)]
        forget(outputs)
        discarded.add(org.pk, names)
    left = discarded.delete(names)
    if outputs:
        log.info("purged", organization=str(org.code), pictures=len(outputs), files=len(names), left=left)
    return len(outputs)


def clear(org: Organization) -> int:
    """Delete what runs without pictures leave behind, AT_ONCE of each kind. Return how many runs were cleared and files
    of frames and inputs dropped."""
    with tenancy.tenant(org.pk):
        rule = retention.rule_of(org)
        if not _is_mine() or rule.held_at:
            return 0
        runs, names = clear_runs.clear_next(org, rule, most=AT_ONCE)
        frames = clear_runs.drop_frames(org, rule, most=AT_ONCE)
        given = clear_runs.drop_abandoned(org, most=AT_ONCE)
        dropped = [*names, *frames, *given]
        discarded.add(org.pk, dropped)
    left = discarded.delete(dropped)
    if runs or dropped:
        log.info("cleared", organization=str(org.code), runs=runs, files=len(dropped), left=left)
    return runs + len(frames) + len(given)


def _apply(org: Organization) -> int:
    with tenancy.tenant(org.pk):
        return retention.apply(org, most=AT_ONCE) if _is_mine() else 0


def _organizations() -> list[Organization]:
    with tenancy.operator():
        return list(Organization.objects.order_by("pk"))


def _is_mine() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [LOCK])
        return bool(cursor.fetchone()[0])


def files_of(output: Output) -> Iterator[str]:
    yield from (output.file, output.preview, output.thumbnail)
    if hasattr(output, "composite"):
        yield from output.composite.files
    for partial in Partial.objects.filter(slot=output.slot_id):
        yield from (partial.file, partial.preview)
    for branded in BrandedPicture.objects.filter(output=output):
        yield from (branded.file, branded.preview)


def forget(outputs: list[Output]) -> None:
    ids = [output.pk for output in outputs]
    Output.objects.filter(pk__in=ids).update(purged_at=timezone.now(), revised_prompt="")
    Partial.objects.filter(slot__in=[output.slot_id for output in outputs]).delete()
    for model in (Tagging, CollectionItem, SharedPicture, BrandedPicture):
        model._default_manager.filter(output__in=ids).delete()
    SearchEntry.objects.filter(output_id__in=ids).delete()
