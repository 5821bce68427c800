"""Sum up an organization's stored bytes, and compare the files in storage with the rows that name them."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.core.files.storage import default_storage
from django.db.models import Model, Sum
from django.utils import timezone

from accounts.models import Organization
from billing.models import Export
from saas.database import tenancy
from saas.database.release import released
from saas.database.transactions import patient
from studio.models import BatchFile, BrandedPicture, Composite, Input, Output, Partial

# Every column that names a file. A test compares this with the models.
FILES: dict[type[Model], tuple[str, ...]] = {
    Output: ("file", "preview", "thumbnail"),
    Composite: ("file", "preview", "thumbnail", "heat"),
    Partial: ("file", "preview"),
    BrandedPicture: ("file", "preview"),
    Input: ("file", "sent_file", "preview", "thumbnail"),
    BatchFile: ("file",),
    Export: ("file",),
}
YOUNG = timedelta(hours=24)  # files are written before the row that names them


@dataclass
class Difference:
    """Files that no row names (`litter`), and named files that storage lacks (`missing`)."""

    litter: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    files: int = 0
    names: int = 0


def used_bytes(org: Organization) -> dict[str, int]:
    """Return the bytes of originals, frames, inputs and composites. Previews and thumbnails, a few percent more, are
    not counted."""
    kept = {
        "pictures": org.outputs.filter(purged_at=None),
        "frames": org.partials.all(),
        "inputs": org.inputs.all(),
        "composites": org.composites.exclude(output__purged_at__isnull=False),
    }
    return {name: rows.aggregate(sum=Sum("size_bytes"))["sum"] or 0 for name, rows in kept.items()}


def compare(org: Organization) -> Difference:
    """Compare an organization's files with its rows. A file younger than a day is no litter, since its row may not be
    written yet. Call it outside of any transaction: storage takes its time."""
    found = Difference()
    with released(), tenancy.tenant(org.pk), patient():
        named = set(_named(org))
    found.names = len(named)
    for name in stored(str(org.code)):
        found.files += 1
        if name in named:
            named.discard(name)
        elif _is_old(name):
            found.litter.append(name)
    found.missing = sorted(named)
    return found


def _named(org: Organization) -> Iterator[str]:
    for model, columns in FILES.items():
        rows: Any = model._default_manager.filter(org=org)
        if model is Output:
            rows = rows.filter(purged_at=None)
        if model is Composite:
            rows = rows.filter(output__purged_at=None)
        for values in rows.values_list(*columns).iterator(chunk_size=2000):
            yield from filter(None, values)


def stored(folder: str) -> Iterator[str]:
    """Yield the names of all files in a folder of storage and below it."""
    try:
        folders, files = default_storage.listdir(folder)
    except FileNotFoundError:
        return
    for name in files:
        yield f"{folder}/{name}"
    for name in folders:
        yield from stored(f"{folder}/{name}")


def _is_old(name: str) -> bool:
    try:
        return default_storage.get_modified_time(name) < timezone.now() - YOUNG
    except FileNotFoundError:
        return False
