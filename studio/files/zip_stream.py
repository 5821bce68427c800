"""Stream a ZIP file while it is being written. What goes into it is listed before: by `archive_of_run` for a run, and
by `studio.files.picture_zip` for chosen pictures.

Files are stored uncompressed, because pictures are compressed already. Only a chunk at a time is in memory, however
large the archive is."""

import asyncio
import io
import json
import zipfile
from collections.abc import AsyncIterator, Generator, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from asgiref.sync import sync_to_async
from django.core.files.storage import default_storage
from django.db import connection
from django.http import StreamingHttpResponse
from django.utils.http import content_disposition_header

from saas.database.threads import releasing
from saas.fairness import visitors
from saas.fairness.bandwidth import Pace
from studio.files import names
from studio.models import Run

CHUNK_BYTES = 256 * 1024
MISSING = "MISSING.txt"
PACE = Pace()


@dataclass(frozen=True)
class Member:
    name: str
    file: str  # its name in storage


@dataclass(frozen=True)
class Archive:
    folder: str
    made_at: datetime
    document: dict[str, Any]
    members: tuple[Member, ...]
    document_name: str = "metadata.json"

    @property
    def name(self) -> str:
        return f"{self.folder}.zip"


def archive_of_run(run: Run, document: dict[str, Any]) -> Archive:
    """List the files of a run, which must come from `studio.story.whole`. The list is complete before the first byte is
    sent."""
    return Archive(names.of_run(run), run.created_at, document, tuple(_members(run)))


def send_zip(archive: Archive, *, org_id: int) -> StreamingHttpResponse:
    response = StreamingHttpResponse(stream_zip(archive, org_id=org_id), content_type="application/zip")
    response["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=archive.name) or ""
    response["Cache-Control"] = "private, no-store"
    return response


async def stream_zip(archive: Archive, *, org_id: int) -> AsyncIterator[bytes]:
    """Yield the ZIP's bytes. Files are read in a thread, so that a slow disk or bucket does not block the event loop,
    and without a database connection. All archives of one organization share a limit on bandwidth."""
    async for chunk in paced(zip_chunks(archive), whose=f"{visitors.ORGANIZATION}{org_id}"):
        yield chunk


async def paced(chunks: Generator[bytes, None, None], *, whose: str) -> AsyncIterator[bytes]:
    """Yield chunks that are made in threads, within a limit on bandwidth that all archives of `whose` share. Between
    two chunks no thread and no database connection is kept."""
    await sync_to_async(_release_connection)()
    try:
        while chunk := await sync_to_async(releasing(_next), thread_sensitive=False)(chunks):
            yield chunk
            await asyncio.sleep(PACE.pause(whose, len(chunk)))
    finally:
        await sync_to_async(chunks.close, thread_sensitive=False)()


def zip_chunks(archive: Archive) -> Generator[bytes, None, None]:
    outbox = Outbox()
    missing = []
    with zipfile.ZipFile(outbox, "w", zipfile.ZIP_STORED) as packed:
        text = json.dumps(archive.document, indent=2, ensure_ascii=False)
        packed.writestr(_info(archive, archive.document_name), text)
        yield outbox.taken()
        for member in archive.members:
            try:
                source = default_storage.open(member.file)
            except FileNotFoundError:
                missing.append(member.name)
                continue
            with source, packed.open(_info(archive, member.name), "w") as target:
                while data := source.read(CHUNK_BYTES):
                    target.write(data)
                    yield outbox.taken()
        if missing:
            packed.writestr(_info(archive, MISSING), "These files are no longer kept:\n" + "\n".join(missing) + "\n")
    yield outbox.taken()


def _next(chunks: Iterator[bytes]) -> bytes:
    return next(chunks, b"")


class Outbox(io.RawIOBase):
    """A write-only buffer that is emptied after each chunk. It cannot seek, so the ZIP is written front to back."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._parts.append(bytes(data))
        return len(data)

    def taken(self) -> bytes:
        data = b"".join(self._parts)
        self._parts.clear()
        return data


def _members(run: Run) -> Iterator[Member]:
    for slot in run.slots.all():
        output = getattr(slot, "output", None)
        if output is not None:
            yield Member(names.of_final(slot, output), output.file)
            if output.has_composite:
                yield Member(names.of_composite(slot, output.composite), output.composite.file)
        for partial in slot.partials.all():
            yield Member(names.of_partial(slot, partial), partial.file)
    for given in run.inputs.all():
        yield Member(names.of_input(given), given.input.file)


def _info(archive: Archive, name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(f"{archive.folder}/{name}", archive.made_at.timetuple()[:6])
    info.external_attr = 0o644 << 16
    return info


def _release_connection() -> None:
    """Close the database connection: a slow client downloads for minutes, and other requests need the connection."""
    if not connection.in_atomic_block:
        connection.close()
