"""All of a run as one ZIP file, written while it is sent. Pictures are compressed already, so they are only stored; of
the whole never more than a chunk is in memory, however large the run is."""

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

from studio import naming
from studio.models import Run

CHUNK_BYTES = 256 * 1024
MISSING = "MISSING.txt"


@dataclass(frozen=True)
class Member:
    name: str
    file: str  # in the storage


@dataclass(frozen=True)
class Archive:
    folder: str
    made_at: datetime
    document: dict[str, Any]
    members: tuple[Member, ...]

    @property
    def name(self) -> str:
        return f"{self.folder}.zip"


def of(run: Run, document: dict[str, Any]) -> Archive:
    """`run` comes from `stories.whole`: what goes in is known before the first byte is sent."""
    return Archive(naming.of_run(run), run.created_at, document, tuple(_members(run)))


async def sent(archive: Archive) -> AsyncIterator[bytes]:
    """Reads in a thread, so that a slow disk or bucket holds up nobody else, and without a database connection."""
    await sync_to_async(_release_connection)()
    chunks = written(archive)
    try:
        while chunk := await sync_to_async(_next, thread_sensitive=False)(chunks):
            yield chunk
    finally:
        await sync_to_async(chunks.close, thread_sensitive=False)()


def written(archive: Archive) -> Generator[bytes, None, None]:
    outbox = _Outbox()
    missing = []
    with zipfile.ZipFile(outbox, "w", zipfile.ZIP_STORED) as packed:
        text = json.dumps(archive.document, indent=2, ensure_ascii=False)
        packed.writestr(_info(archive, "metadata.json"), text)
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


class _Outbox(io.RawIOBase):
    """What was written since it was last emptied. It cannot go back, so the ZIP is written front to back."""

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
            yield Member(naming.of_final(slot, output), output.file)
            if output.is_kept:
                yield Member(naming.of_composite(slot, output.composite), output.composite.file)
        for partial in slot.partials.all():
            yield Member(naming.of_partial(slot, partial), partial.file)
    for given in run.inputs.all():
        yield Member(naming.of_input(given), given.input.file)


def _info(archive: Archive, name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(f"{archive.folder}/{name}", archive.made_at.timetuple()[:6])
    info.external_attr = 0o644 << 16
    return info


def _release_connection() -> None:
    """A slow line downloads for minutes; others need the connection."""
    if not connection.in_atomic_block:
        connection.close()
