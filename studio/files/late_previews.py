"""Make the preview and the thumbnail of a picture that was kept without them.

A program's picture is answered, stored and charged first, since its maker has no page open: see `Run.is_of_program`.
Its small files follow from a ticket, which the step that keeps the picture writes, while the machine is idle
(`studio.engine.preview_maker`), or at once when it is first looked at (`studio.files.shown`). The output's row says
whether it has them; a ticket that is lost costs nothing but time."""

from collections.abc import Callable
from dataclasses import dataclass
from uuid import uuid4

from saas.database import tenancy
from saas.database.release import released
from studio.files import discarded, storage
from studio.imaging import previews
from studio.models import DiscardedFile, Output, PreviewTicket

Decode = Callable[[bytes], tuple[bytes, bytes]]


@dataclass(frozen=True)
class Small:
    """The names of the small files."""

    preview: str
    thumbnail: str


def make(output: Output, decode: Decode) -> Small | None:
    """Make, store and note the small files. Return None if the picture cannot be decoded, or is deleted by now. Raise
    FileNotFoundError if storage lacks the original."""
    data = storage.load(output.file)
    try:
        preview, thumbnail = decode(data)
    except previews.Unreadable:
        _note_damaged(output)
        return None
    # Names of their own each time: of two makers, neither touches what the other has written.
    stem, token = output.file.rpartition(".")[0], uuid4().hex[:8]
    small = Small(f"{stem}-preview-{token}.webp", f"{stem}-thumbnail-{token}.webp")
    names = [small.preview, small.thumbnail]
    with released():
        discarded.add(output.org_id, names, after=discarded.UPLOADED_BY)  # until a row names them
    storage.save(small.preview, preview)
    storage.save(small.thumbnail, thumbnail)
    kept = _note(output, small)
    if kept != small:
        with released():
            discarded.add(output.org_id, names)  # again: an erased organization has lost that record
        discarded.delete(names)
    return kept


def _note(output: Output, small: Small) -> Small | None:
    """Note the small files on the output's row. Return those that it names, or None if it is gone or purged."""
    with released(), tenancy.tenant(output.org_id):
        row = Output.objects.select_for_update(no_key=True).filter(pk=output.pk, purged_at=None).first()
        PreviewTicket.objects.filter(output_code=output.code).delete()
        if row is None:
            return None
        if not row.has_previews:
            DiscardedFile.objects.filter(name__in=[small.preview, small.thumbnail]).delete()
            row.preview, row.thumbnail, row.is_damaged = small.preview, small.thumbnail, False
            row.save(update_fields=["preview", "thumbnail", "is_damaged"])
        return Small(row.preview, row.thumbnail)


def _note_damaged(output: Output) -> None:
    """Note that the picture cannot be decoded. The original stays as it came: it was paid for, and another program may
    read it."""
    with released(), tenancy.tenant(output.org_id):
        Output.objects.filter(pk=output.pk, preview="").update(is_damaged=True)
        PreviewTicket.objects.filter(output_code=output.code).delete()


def give_up(output: Output) -> None:
    """Note that no process has survived to make the small files."""
    _note_damaged(output)
