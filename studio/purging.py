"""What has been in the bin for thirty days is gone for good: the files are deleted, the row stays and says so.

First the row says it, then the files go: a file without a row is found by `compare_files`, a row without its file would
be a lie."""

from collections.abc import Iterator
from datetime import timedelta

import structlog
from django.core.files.storage import default_storage
from django.db import connection
from django.utils import timezone

from accounts.models import Organization
from saas import tenancy
from studio import bin as bins
from studio import retention
from studio.models import CollectionItem, Output, Partial, SearchEntry, SharedPicture, Tagging

AT_ONCE = 200
LOCK = 0x6461726B  # any number that nobody else locks

log = structlog.get_logger("darkroom.housekeeping")


def tidy() -> None:
    """All organizations, one after the other, a few pictures a transaction. One worker at a time does it."""
    for org in _organizations():
        try:
            while _apply(org):
                pass
            while purge(org):
                pass
        except Exception:
            log.exception("organization not tidied", organization=str(org.code))


def purge(org: Organization) -> int:
    """Answers how many pictures went."""
    with tenancy.tenant(org.pk):
        if not _is_mine() or retention.is_held(org.pk):
            return 0
        before = timezone.now() - timedelta(days=bins.DAYS)
        found = Output.objects.filter(org=org, binned_at__lt=before, purged_at=None).select_related("composite")
        outputs = list(found.select_for_update(of=["self"], skip_locked=True).order_by("pk")[:AT_ONCE])
        names = [name for output in outputs for name in _files_of(output)]
        _forget(outputs)
    for name in names:  # committed: from here on a file that stays is only litter
        _delete(name)
    if outputs:
        log.info("purged", organization=str(org.code), pictures=len(outputs), files=len(names))
    return len(outputs)


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


def _files_of(output: Output) -> Iterator[str]:
    yield from (output.file, output.preview, output.thumbnail)
    if hasattr(output, "composite"):
        yield from output.composite.files
    for partial in Partial.objects.filter(slot=output.slot_id):
        yield from (partial.file, partial.preview)


def _forget(outputs: list[Output]) -> None:
    ids = [output.pk for output in outputs]
    Output.objects.filter(pk__in=ids).update(purged_at=timezone.now(), revised_prompt="")
    Partial.objects.filter(slot__in=[output.slot_id for output in outputs]).delete()
    for model in (Tagging, CollectionItem, SharedPicture):
        model._default_manager.filter(output__in=ids).delete()
    SearchEntry.objects.filter(output_id__in=ids).delete()


def _delete(name: str) -> None:
    try:
        default_storage.delete(name)
    except OSError:
        log.warning("file not deleted", file=name, exc_info=True)
