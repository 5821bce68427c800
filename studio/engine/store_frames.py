"""Write the files and rows of frames: the bytes as they came, a preview and a thumbnail, and the rows that name them.
take_frames decides which frames, and what follows if this fails.

Files are written before the transaction that names them: a file without a row is deleted some day, but a row without a
file would promise a picture that does not exist."""

import hashlib
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import structlog
from django.utils import timezone

from saas.database import functions
from studio.files import storage
from studio.imaging import decode_turns, previews
from studio.imaging.containers import Header
from studio.models import Output, Run, Slot
from studio.openai_wire import base64_text
from studio.providers.answers import Final
from studio.providers.answers import Partial as PartialFrame
from studio.providers.outcomes import ProviderError
from studio.queue.tickets import Claim

SECOND_PICTURE = 100  # beyond any partial's index
PARTIAL = "%(tried)s, %(index)s, %(file)s, %(preview)s, %(size_bytes)s, %(now)s"
KEEP_PARTIAL = f"SELECT studio_keep_partial(%(ticket)s, %(claim)s, %(slot)s, {PARTIAL})"
WRITE_PARTIAL = f"SELECT studio_write_partial(slot, {PARTIAL}) FROM studio_slot slot WHERE id = %(slot)s"  # noqa: S608

log = structlog.get_logger("darkroom.engine")


@dataclass(frozen=True)
class Stored:
    """What storage has of a frame. The names of what was not made are empty."""

    file: str
    preview: str = ""
    preview_data: bytes = b""
    thumbnail: str = ""
    measured: previews.Measured | None = None

    @property
    def hint(self) -> dict[str, str]:
        """Return what sockets get with the event: the preview, if there is one."""
        return {"preview": base64_text.encode_as_text(self.preview_data)} if self.preview_data else {}


class NotStored(Exception):
    """Storage did not take a frame, or did not confirm it."""

    def __init__(self, names: list[str]) -> None:
        super().__init__("A frame was not stored.")
        self.names = names  # of the files that may exist nevertheless


def store_partial(org_code: UUID, run: Run, slot: Slot, frame: PartialFrame) -> Stored | None:
    """Store a partial and its preview, or only the partial if a program's run has it. Return None if it is no image.
    Raise NotStored if storage fails or is slow."""
    folder = storage.folder_of(org_code, run.code, slot.index, slot.tries)
    try:
        header = previews.examine(frame.data)
        preview = b"" if run.is_of_program else _preview(frame, header, run)
    except previews.Unreadable:
        log.warning("partial is not a picture", run=str(run.code), slot=slot.index)
        return None
    name = f"{folder}/partial-{frame.index}"
    names = [f"{name}.{storage.EXTENSIONS[header.format]}", f"{name}-preview.webp"]
    try:
        file = storage.save_soon(names[0], frame.data)
        small = storage.save_soon(names[1], preview) if preview else ""
    except Exception as error:  # storages raise many kinds of errors
        raise NotStored(names) from error
    return Stored(file=file, preview=small, preview_data=preview)


def _preview(frame: PartialFrame, header: Header, run: Run) -> bytes:
    with decode_turns.turn(header, by=run.org_id, seconds=decode_turns.PARTIAL_SECONDS):
        return previews.preview(frame.data)


def note_partial(claim: Claim, slot: Slot, frame: PartialFrame, stored: Stored) -> dict[str, Any] | None:
    """Write a partial's row and its event, under the ticket's lock. Return the event and whether the run is being
    stopped, or None if the claim was lost."""
    ticket = {"ticket": claim.id, "claim": claim.token}
    told: dict[str, Any] | None = functions.ask(slot.org_id, KEEP_PARTIAL, {**ticket, **_row(slot, frame, stored)})
    return told


def _row(slot: Slot, frame: PartialFrame, stored: Stored) -> dict[str, Any]:
    return {
        "slot": slot.pk,
        "tried": slot.tries,
        "index": frame.index,
        "file": stored.file,
        "preview": stored.preview,
        "size_bytes": len(frame.data),
        "now": timezone.now(),
    }


def store_output(org_code: UUID, run: Run, slot: Slot, frame: Final, *, is_again: bool = False) -> Stored:
    """Store a finished picture once: `is_again` if an earlier attempt may have stored it although its answer was lost.
    A program's is stored as it came, and its previews follow. Raise ProviderError if it is no valid image."""
    try:
        measured, preview, thumbnail = _looked_at(frame) if run.is_of_program else _shown(frame, slot)
    except previews.Unreadable as error:
        raise ProviderError("broken_picture", request_id=frame.request_id, data=frame.data) from error
    name = _name_of_output(org_code, run, slot)
    save = storage.save_again if is_again else storage.save
    return Stored(
        file=save(f"{name}.{storage.EXTENSIONS[measured.format]}", frame.data),
        preview=save(f"{name}-preview.webp", preview) if preview else "",
        preview_data=preview,
        thumbnail=save(f"{name}-thumbnail.webp", thumbnail) if thumbnail else "",
        measured=measured,
    )


def find_output(org_code: UUID, run: Run, slot: Slot) -> tuple[Final, Stored] | None:
    """Find the picture of a worker that was lost between storing and noting it. Return None if there is none, or only
    part of it. What the provider said beside the picture is lost."""
    name = _name_of_output(org_code, run, slot)
    for extension in storage.EXTENSIONS.values():
        if storage.exists(f"{name}.{extension}"):
            frame = Final(storage.load(f"{name}.{extension}"))
            return _beside(f"{name}.{extension}", name, frame, slot)
    return None


def _looked_at(frame: Final) -> tuple[previews.Measured, bytes, bytes]:
    """Measure the picture, and find damage as far as that needs no decoding."""
    header = previews.examine_closely(frame.data)
    return previews.Measured(header.format, header.width, header.height), b"", b""


def _shown(frame: Final, slot: Slot) -> tuple[previews.Measured, bytes, bytes]:
    header = previews.examine(frame.data)
    measured = previews.Measured(header.format, header.width, header.height)
    with decode_turns.turn(header, by=slot.org_id, seconds=decode_turns.FINAL_SECONDS):
        return measured, *previews.preview_and_thumbnail(frame.data)


def _beside(file: str, name: str, frame: Final, slot: Slot) -> tuple[Final, Stored] | None:
    try:
        measured, preview, thumbnail = _shown(frame, slot)
    except previews.Unreadable:
        return None
    return frame, Stored(
        file=file,
        preview=storage.replace(f"{name}-preview.webp", preview),
        preview_data=preview,
        thumbnail=storage.replace(f"{name}-thumbnail.webp", thumbnail),
        measured=measured,
    )


def _name_of_output(org_code: UUID, run: Run, slot: Slot) -> str:
    """Return the name without its extension: the same where it is stored and where it is looked for."""
    return f"{storage.folder_of(org_code, run.code, slot.index, slot.tries)}/output"


def note_second(slot: Slot, frame: Final, stored: Stored) -> None:
    """Keep the picture of a slot's second successful try as the last frame of that try."""
    sha256 = hashlib.sha256(frame.data).hexdigest()
    if Output.objects.filter(slot=slot, sha256=sha256).exists():
        return  # the same picture, noted by a commit whose answer was lost
    log.warning("second picture for a slot", slot=str(slot.code), tried=slot.tries, request_id=frame.request_id)
    functions.call(slot.org_id, WRITE_PARTIAL, _row(slot, PartialFrame(SECOND_PICTURE, frame.data), stored))
