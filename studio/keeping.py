"""Keeps frames: the bytes as they came, a preview and a thumbnail beside them, and the rows that tell of them.

Files are written before the transaction that names them: a file without a row is swept some day, a row without a file
would be a lie."""

import hashlib
from dataclasses import dataclass
from uuid import UUID

import structlog
from django.utils import timezone

from studio import files, pictures, search
from studio.answers import Final
from studio.answers import Partial as PartialFrame
from studio.models import Charged, Output, Partial, Run, Slot, State
from studio.outcomes import ProviderError

SECOND_PICTURE = 100  # beyond any partial's index

log = structlog.get_logger("darkroom.engine")


@dataclass(frozen=True)
class Stored:
    file: str
    preview: str
    preview_data: bytes
    thumbnail: str = ""
    measured: pictures.Measured | None = None


def store_partial(org_code: UUID, run: Run, slot: Slot, frame: PartialFrame) -> Stored | None:
    folder = files.folder_of(org_code, run.code, slot.index, slot.tries)
    try:
        measured = pictures.measure(frame.data)
        preview = pictures.preview(frame.data)
    except pictures.Unreadable:
        log.warning("partial is no picture", run=str(run.code), slot=slot.index)
        return None
    name = f"{folder}/partial-{frame.index}"
    return Stored(
        file=files.save(f"{name}.{files.EXTENSIONS[measured.format]}", frame.data),
        preview=files.save(f"{name}-preview.webp", preview),
        preview_data=preview,
    )


def note_partial(slot: Slot, frame: PartialFrame, stored: Stored, *, is_new: bool = False) -> Partial:
    """Under the ticket's lock, so nobody else notes this slot's frames. An index that comes twice is replaced; where
    it is known to be new, nobody looks."""
    if slot.first_partial_at is None:
        slot.first_partial_at = timezone.now()
        Slot.objects.filter(pk=slot.pk, first_partial_at=None).update(first_partial_at=slot.first_partial_at)
    found = {"file": stored.file, "preview": stored.preview, "size_bytes": len(frame.data)}
    same = Partial.objects.filter(slot=slot, tried=slot.tries, index=frame.index)
    if not is_new and same.update(**found):
        return same.get()
    return Partial.objects.create(org_id=slot.org_id, slot=slot, tried=slot.tries, index=frame.index, **found)


def store_output(org_code: UUID, run: Run, slot: Slot, frame: Final) -> Stored:
    try:
        measured = pictures.measure(frame.data)
        preview, thumbnail = pictures.preview_and_thumbnail(frame.data)
    except pictures.Unreadable as error:
        raise ProviderError("broken_picture", request_id=frame.request_id, data=frame.data) from error
    name = _name_of_output(org_code, run, slot)
    return Stored(
        file=files.save(f"{name}.{files.EXTENSIONS[measured.format]}", frame.data),
        preview=files.save(f"{name}-preview.webp", preview),
        preview_data=preview,
        thumbnail=files.save(f"{name}-thumbnail.webp", thumbnail),
        measured=measured,
    )


def find_output(org_code: UUID, run: Run, slot: Slot) -> tuple[Final, Stored] | None:
    """The picture of a worker that died between storing it and saying so. What was cut short on its way to the disk is
    none; what the provider said beside it is lost."""
    name = _name_of_output(org_code, run, slot)
    for extension in files.EXTENSIONS.values():
        if files.exists(f"{name}.{extension}"):
            frame = Final(files.load(f"{name}.{extension}"))
            return _beside(f"{name}.{extension}", name, frame)
    return None


def _beside(file: str, name: str, frame: Final) -> tuple[Final, Stored] | None:
    try:
        measured = pictures.measure(frame.data)
        preview, thumbnail = pictures.preview_and_thumbnail(frame.data)
    except pictures.Unreadable:
        return None
    return frame, Stored(
        file=file,
        preview=files.replace(f"{name}-preview.webp", preview),
        preview_data=preview,
        thumbnail=files.replace(f"{name}-thumbnail.webp", thumbnail),
        measured=measured,
    )


def _name_of_output(org_code: UUID, run: Run, slot: Slot) -> str:
    """The same for whoever looks for it, but for its ending."""
    return f"{files.folder_of(org_code, run.code, slot.index, slot.tries)}/output"


def note_output(slot: Slot, frame: Final, stored: Stored) -> Output | None:
    """None where there is nothing new to tell: the slot has its picture."""
    assert stored.measured is not None  # noqa: S101 store_output sets it
    sha256 = hashlib.sha256(frame.data).hexdigest()
    is_first = (
        Slot.objects.filter(pk=slot.pk)
        .exclude(state=State.SUCCEEDED)
        .update(
            state=State.SUCCEEDED,
            charged=Charged.YES,
            ended_at=timezone.now(),
            error_code="",
            error_sentence="",
            request_id=frame.request_id[:120],
            used=frame.used,
            usage=frame.usage,
        )
    )
    if not is_first:
        _note_second(slot, frame, stored, sha256)
        return None
    # Under its lock: whoever makes it private or the team's meanwhile, finds this picture or is found by it.
    run = Run.objects.select_for_update(of=["self"]).select_related("org").get(pk=slot.run_id)
    output = Output.objects.create(
        org=run.org,
        slot=slot,
        run=run,
        file=stored.file,
        preview=stored.preview,
        thumbnail=stored.thumbnail,
        format=stored.measured.format,
        width=stored.measured.width,
        height=stored.measured.height,
        size_bytes=len(frame.data),
        sha256=sha256,
        revised_prompt=frame.revised_prompt,
        maker_id=run.maker_id,
        api_key_id=run.api_key_id,
        visibility=run.visibility,
        kind=run.kind,
        model=run.model,
        quality=str(frame.used.get("quality") or run.asked.get("quality", ""))[:20],
    )
    search.index(output, run.prompt, frame.revised_prompt)
    return output


def _note_second(slot: Slot, frame: Final, stored: Stored, sha256: str) -> None:
    """Of two tries that both brought a picture, the second one's is kept as the last frame of its try."""
    if Output.objects.filter(slot=slot, sha256=sha256).exists():
        return  # the same, noted by a commit whose answer was lost
    log.warning("second picture for a slot", slot=str(slot.code), tried=slot.tries, request_id=frame.request_id)
    note_partial(slot, PartialFrame(SECOND_PICTURE, frame.data), stored)
