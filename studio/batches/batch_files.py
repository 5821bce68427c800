"""Keep the files of requests that programs send for batches. A file is stored before its row is written, as it came."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from accounts.errors import Refused
from accounts.models import Membership, Organization
from saas.database import tenancy
from saas.database.release import released
from studio.files import discarded, storage
from studio.models import OPEN_BATCHES, Batch, BatchFile

KEPT_FOR = timedelta(days=30)
NAME_CHARACTERS = 200
AT_ONCE = 200


class InUse(Refused):
    def __init__(self) -> None:
        super().__init__("A batch still reads this file. Cancel the batch first.")


@dataclass(frozen=True)
class Line:
    """A line of a file: its number from 1, where it begins, and its bytes, or None where it is longer than allowed."""

    number: int
    offset: int
    size_bytes: int
    data: bytes | None


def keep(*, by: Membership, name: str, content: Any, size_bytes: int, expires_at: datetime | None = None) -> BatchFile:
    """Store a file of requests and keep it. `content` is a file, of which a piece at a time is in memory."""
    code = uuid4()
    stored = f"{by.org.code}/batches/{code}.jsonl"
    try:
        stored = storage.save_file(stored, content)
        with tenancy.tenant(by.org_id):
            return BatchFile.objects.create(
                org=by.org,
                code=code,
                giver=by.user,
                name=_shown(name),
                file=stored,
                size_bytes=size_bytes,
                expires_at=expires_at or timezone.now() + KEPT_FOR,
            )
    except BaseException:
        with released():
            discarded.add(by.org_id, [stored], after=discarded.UPLOADED_BY)
        raise


def list_results(batch: Batch, what: str, *, size_bytes: int, now: datetime) -> BatchFile:
    """Keep a list of the batch's results. Needs the organization's wall."""
    kept = timedelta(seconds=batch.output_seconds) if batch.output_seconds else KEPT_FOR
    return BatchFile.objects.create(
        org_id=batch.org_id,
        giver_id=batch.maker_id,
        purpose=BatchFile.Purpose.OUTPUT,
        name=f"batch_{batch.code.hex}_{what}.jsonl",
        size_bytes=size_bytes,
        created_at=now,
        expires_at=now + kept,
    )


def of_member(by: Membership) -> QuerySet[BatchFile]:
    """Return the member's own files that have not expired. Those of others are private."""
    mine = BatchFile.objects.filter(org=by.org_id, giver=by.user_id)
    return mine.exclude(expires_at__lt=timezone.now())


def find(by: Membership, code: UUID) -> BatchFile | None:
    with tenancy.tenant(by.org_id):
        return of_member(by).filter(code=code).first()


def delete(file: BatchFile) -> None:
    """Delete a file. Raise InUse while a batch reads it. Of results only the list is deleted: the pictures stay in the
    gallery."""
    with tenancy.tenant(file.org_id):
        if Batch.objects.filter(input_file=file, state__in=OPEN_BATCHES).exists():
            raise InUse
        names = _drop(BatchFile.objects.filter(pk=file.pk))
    discarded.delete(names)


def tidy() -> None:
    """Delete the files of all organizations that have expired and that no open batch reads."""
    with tenancy.operator():
        orgs = list(Organization.objects.order_by("pk").values_list("pk", flat=True))
    for org_id in orgs:
        while _drop_expired(org_id):
            pass


def _drop_expired(org_id: int) -> int:
    """Delete AT_ONCE expired files of an organization. Return how many."""
    with released(), tenancy.tenant(org_id):
        is_read = Batch.objects.filter(input_file=OuterRef("pk"), state__in=OPEN_BATCHES)
        old = BatchFile.objects.filter(~Exists(is_read), org=org_id, expires_at__lt=timezone.now())
        ids = list(old.order_by("pk").values_list("pk", flat=True)[:AT_ONCE])
        names = _drop(BatchFile.objects.filter(pk__in=ids))
    discarded.delete(names)
    return len(ids)


def lines_of(pieces: Iterable[bytes], *, longest_bytes: int) -> Iterator[Line]:
    """Yield the lines of a file that comes in pieces, one line at a time in memory. Lines of nothing but spaces are
    left out, but counted."""
    number, at = 1, 0
    kept: list[bytes] = []
    size = 0
    for piece in pieces:
        *ended, rest = piece.split(b"\n")
        for part in ended:
            kept, size = _kept(kept, size, part, longest_bytes)
            yield from _line(number, at, size, kept)
            number, at, kept, size = number + 1, at + size + 1, [], 0
        kept, size = _kept(kept, size, rest, longest_bytes)
    yield from _line(number, at, size, kept)


def _kept(kept: list[bytes], size: int, part: bytes, longest_bytes: int) -> tuple[list[bytes], int]:
    size += len(part)
    if size > longest_bytes:
        return [], size
    kept.append(part)
    return kept, size


def _line(number: int, at: int, size: int, kept: list[bytes]) -> Iterator[Line]:
    data = b"".join(kept)
    if size > len(data):
        yield Line(number, at, size, None)
    elif data.strip():
        yield Line(number, at, size, data)


def _drop(files: QuerySet[BatchFile]) -> list[str]:
    rows = list(files)
    names = [row.file for row in rows if row.file]
    if rows:
        discarded.add(rows[0].org_id, names)
    BatchFile.objects.filter(pk__in=[row.pk for row in rows]).delete()
    return names


def _shown(name: str) -> str:
    plain = "".join(char for char in name.replace("\\", "/").rpartition("/")[2] if char.isprintable()).strip()
    return plain[:NAME_CHARACTERS] or "requests.jsonl"
