"""Decide who may have an export, and bring it from the request to a file that is kept for a week."""

import tempfile
from dataclasses import dataclass
from datetime import timedelta

import structlog
from django.core.files import File
from django.core.files.storage import default_storage, storages
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from accounts.models import Membership, Organization, WebhookEvent
from accounts.webhooks import delivery
from billing import files
from billing.models import Entry, Export, ExportState, Format
from billing.models.exports import KEPT_FOR
from billing.sources import SOURCES, ExportRange
from billing.spans import OWN, Span
from billing.usage import Scope
from saas.database import tenancy
from saas.database.release import released
from saas.database.transactions import after_commit, patient
from saas.storage.redis_cache import counters
from saas.text import money

log = structlog.get_logger("darkroom.exports")
LONGEST = timedelta(hours=1)  # an older one counts as lost


def visible_to(member: Membership) -> QuerySet[Export]:
    """Select a member's own exports that are still kept. Those of all members' entries are visible only to admins."""
    own = Export.objects.filter(org=member.org_id, maker=member.user_id, created_at__gt=timezone.now() - KEPT_FOR)
    return own if member.is_admin else own.filter(user_id=member.user_id)


def is_still_allowed(export: Export) -> bool:
    """Return whether the maker may still have the export. Checked before the file is made, because rights can end at
    any moment."""
    maker = Membership.objects.filter(
        org=export.org_id, user=export.maker_id, user__is_active=True, org__deleted_at=None, org__suspended_at=None
    ).first()
    return maker is not None and visible_to(maker).filter(pk=export.pk).exists()


def newest_entry(org: Organization) -> int:
    """Return the number of the newest entry. It takes the organization's lock, which every transaction that writes an
    entry shares: all entries with smaller numbers are written by now."""
    with transaction.atomic():
        org.locked()
        return Entry.objects.filter(org=org).order_by("-pk").values_list("pk", flat=True).first() or 0


@dataclass(frozen=True)
class Written:
    """A stored file that no row names yet."""

    file: str
    rows: int
    size_bytes: int
    micros: int


def write(export: Export, *, upto: int) -> Written:
    """Write the entries up to `upto` and their sum into a file, and store it. Read the database first: while the file
    goes to storage, which may be slow, no lock and no database connection is kept."""
    form, source = Format(export.format), SOURCES[export.what]
    wanted = ExportRange(scope_of(export), export.maker_id, upto)
    with tempfile.TemporaryFile() as file:
        with released(), tenancy.tenant(export.org_id), patient():
            rows = files.write(file, form, source, wanted, lambda done: _tell(export, done))
            micros = files.total(form, source, wanted)
        size = file.tell()
        file.seek(0)
        name = f"{export.org.code}/exports/{export.code}.{form.extension}"
        return Written(default_storage.save(name, File(file)), rows, size, micros)


def note(export: Export, written: Written) -> bool:
    """Note the file, inside the organization's wall. Return False, and delete the file, if a message that came twice
    has noted another one."""
    made = {"file": written.file, "rows": written.rows, "size_bytes": written.size_bytes, "micros": written.micros}
    if not _making(export).update(state=ExportState.READY, ready_at=timezone.now(), **made):
        after_commit(_is_deleted, written.file)
        return False
    _announce(export, written.rows, written.micros)
    return True


def _announce(export: Export, rows: int, micros: int) -> None:
    """Announce the export to webhooks: where it is, and no link that works without rights."""
    data = {
        "export": str(export.code),
        "what": export.what,
        "format": export.format,
        "from": str(export.first),
        "to": str(export.last),
        "is_play": export.is_play,
        "rows": rows,
        "cost": money.exact(micros),
        "made_for": str(export.maker.code),
        "url": f"/api/v1/exports/{export.code}",
    }
    delivery.announce(export.org_id, WebhookEvent.EXPORT_READY, data)


def fail(export: Export) -> None:
    _making(export).update(state=ExportState.FAILED)


def rows_so_far(export: Export) -> int:
    """Return how many rows are written so far, while the export is being made: a hint, kept in the cache."""
    return int(counters.get(_progress_key(export), 0))


def tidy(org: Organization) -> int:
    """Delete exports older than a week: first the file, outside of any transaction, then the row, which names the file
    until it is gone. Return how many rows were deleted; a file that storage did not delete is tried again the next
    time."""
    with released(), tenancy.tenant(org.pk):
        old = list(Export.objects.filter(org=org, created_at__lte=timezone.now() - KEPT_FOR))
    gone = [export.pk for export in old if not export.file or _is_deleted(export.file)]
    with released(), tenancy.tenant(org.pk):
        Export.objects.filter(pk__in=gone).delete()
    return len(gone)


def _is_deleted(name: str) -> bool:
    try:
        storages["impatient"].delete(name)
    except Exception as error:  # each storage raises errors of its own
        log.warning("file not deleted", file=name, error=type(error).__name__)
        return False
    return True


def lost_or_failed(org: Organization) -> QuerySet[Export]:
    """Select monthly exports that were lost or failed: no person waits for them who would ask again."""
    is_lost = Q(state=ExportState.MAKING, asked_at__lt=timezone.now() - LONGEST)
    monthly = Export.objects.filter(org=org, created_at__gt=timezone.now() - KEPT_FOR).exclude(subscription=None)
    return monthly.filter(is_lost | Q(state=ExportState.FAILED))


def scope_of(export: Export) -> Scope:
    span = Span(OWN, export.first, export.last)
    return Scope(export.org, span, is_play=export.is_play, only=export.only, user_id=export.user_id)


def _making(export: Export) -> QuerySet[Export]:
    return Export.objects.filter(pk=export.pk, state=ExportState.MAKING)


def _tell(export: Export, rows: int) -> None:
    counters.set(_progress_key(export), rows, timeout=3600)


def _progress_key(export: Export) -> str:
    return f"darkroom:export:{export.code}"
