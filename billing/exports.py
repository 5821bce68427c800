"""Exports: who may have one, and its way from asked for to a file that is kept for a week."""

import tempfile
from datetime import timedelta

from django.core.cache import cache
from django.core.files import File
from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from accounts import deliveries
from accounts.models import Membership, Organization, WebhookEvent
from billing import files
from billing.models import Entry, Export, ExportState, Format
from billing.models.exports import KEPT_FOR
from billing.sources import SOURCES, Wanted
from billing.spans import OWN, Span
from billing.usage import Scope
from saas import money

LONGEST = timedelta(hours=1)  # one that is older was lost


def visible_to(member: Membership) -> QuerySet[Export]:
    """One's own; those of everybody's entries as long as one may see everybody's."""
    own = Export.objects.filter(org=member.org_id, maker=member.user_id, created_at__gt=timezone.now() - KEPT_FOR)
    return own if member.is_admin else own.filter(user_id=member.user_id)


def is_still_allowed(export: Export) -> bool:
    """Asked before the file is made and before anybody is told of it: rights end at any moment."""
    maker = Membership.objects.filter(
        org=export.org_id, user=export.maker_id, user__is_active=True, org__deleted_at=None, org__suspended_at=None
    ).first()
    return maker is not None and visible_to(maker).filter(pk=export.pk).exists()


def newest_entry(org: Organization) -> int:
    """Behind the lock that every entry on its way shares: whatever has a smaller number is written by now."""
    with transaction.atomic():
        org.locked()
        return Entry.objects.filter(org=org).order_by("-pk").values_list("pk", flat=True).first() or 0


def make(export: Export, *, upto: int) -> bool:
    """Inside the organization's wall. Rows and sum are those of the entries up to `upto`. Answers whether it is this
    file that was noted, and not one of a message that came twice."""
    form, source = Format(export.format), SOURCES[export.what]
    wanted = Wanted(scope_of(export), export.maker_id, upto)
    with tempfile.TemporaryFile() as file:
        rows = files.write(file, form, source, wanted, lambda done: _tell(export, done))
        size = file.tell()
        file.seek(0)
        name = f"{export.org.code}/exports/{export.code}.{form.extension}"
        stored = default_storage.save(name, File(file))
    micros = files.total(form, source, wanted)
    made = {"file": stored, "rows": rows, "size_bytes": size, "micros": micros, "ready_at": timezone.now()}
    if not _making(export).update(state=ExportState.READY, **made):
        default_storage.delete(stored)
        return False
    _announce(export, rows, micros)
    return True


def _announce(export: Export, rows: int, micros: int) -> None:
    """Where it is, and no link that works without rights."""
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
    deliveries.announce(export.org_id, WebhookEvent.EXPORT_READY, data)


def fail(export: Export) -> None:
    _making(export).update(state=ExportState.FAILED)


def rows_so_far(export: Export) -> int:
    """While it is being made; a hint beside the truth."""
    return int(cache.get(_progress_key(export), 0))


def tidy(org: Organization) -> int:
    """Deletes what is older than a week; answers how many."""
    old = list(Export.objects.filter(org=org, created_at__lte=timezone.now() - KEPT_FOR))
    for export in old:
        if export.file:
            default_storage.delete(export.file)
        export.delete()
    return len(old)


def lost_or_failed(org: Organization) -> QuerySet[Export]:
    """Of monthly ones: nobody stands by to ask again."""
    is_lost = Q(state=ExportState.MAKING, asked_at__lt=timezone.now() - LONGEST)
    monthly = Export.objects.filter(org=org, created_at__gt=timezone.now() - KEPT_FOR).exclude(subscription=None)
    return monthly.filter(is_lost | Q(state=ExportState.FAILED))


def scope_of(export: Export) -> Scope:
    span = Span(OWN, export.first, export.last)
    return Scope(export.org, span, is_play=export.is_play, only=export.only, user_id=export.user_id)


def _making(export: Export) -> QuerySet[Export]:
    return Export.objects.filter(pk=export.pk, state=ExportState.MAKING)


def _tell(export: Export, rows: int) -> None:
    cache.set(_progress_key(export), rows, timeout=3600)


def _progress_key(export: Export) -> str:
    return f"darkroom:export:{export.code}"
