"""Read and keep uploaded pictures. The original is stored unchanged, beside the version that a provider gets.

Reading one (decoding it and storing its files) takes seconds and memory, so it happens before the transaction that
keeps it and without a database connection; organizations take turns."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from uuid import UUID, uuid4

from django.db.models import Q, QuerySet

from accounts.models import Membership, Organization, User
from saas.database.release import released
from studio.files import discarded, storage
from studio.imaging import decode_turns, inspection, previews
from studio.imaging.inspection import Normalised, Picture, Sides, UploadRefused
from studio.inputs import strokes as strokes_of
from studio.inputs.strokes import Strokes
from studio.models import Input, Output, Run, RunInput, Thread, Visibility

NAME_CHARACTERS = 200


@dataclass(frozen=True)
class Ready:
    """A picture that was read and stored; no row names it yet."""

    org: Organization
    code: UUID
    name: str
    files: dict[str, str]
    sent_mime: str
    width: int
    height: int
    size_bytes: int
    sha256: str
    is_mask: bool
    strokes: Strokes | None
    source: Output | None


def visible_to(member: Membership) -> QuerySet[Input]:
    """Return the member's own inputs, and those of runs and threads that the member may see."""
    used = RunInput.objects.filter(org=member.org_id, run__in=Run.objects.visible_to(member)).values("input")
    begun = Thread.objects.visible_to(member).exclude(start=None).values("start")
    whose = Q(giver=member.user_id) | Q(pk__in=used) | Q(pk__in=begun)
    return Input.objects.filter(whose, org=member.org_id)


def store_picture(*, org: Organization, name: str, data: bytes) -> Ready:
    return _read(org=org, name=name, picture=inspection.examine(data))


def store_mask(*, org: Organization, name: str, data: bytes, first: Sides, painted: str = "") -> Ready:
    """Read a mask. `first` is the reference that it covers; `painted` is the JSON of its strokes, if painted here."""
    picture = inspection.examine(data)
    strokes = strokes_of.read_strokes(painted, width=first.width, height=first.height) if painted else None
    return _read(org=org, name=name, picture=picture, strokes=strokes, first=first)


def store_output(output: Output) -> Ready:
    """Read an output, or its composite if there is one, as an input. Its bytes are copied, so that deleting one does
    not affect the other."""
    decode_turns.release_connection()
    picture = inspection.examine(storage.load(output.shown.file))
    is_private = output.run.visibility == Visibility.PRIVATE  # its prompt must not show where the picture is used
    words = "" if is_private else output.run.prompt[:60].strip()
    name = f"{words or 'picture'}.{storage.EXTENSIONS[output.shown.format]}"
    return _read(org=output.org, name=name, picture=picture, source=output)


def of_output(*, output: Output, by: User) -> Input | None:
    """Return the input that this person made of the same output before, if any."""
    return Input.objects.filter(org=output.org_id, source=output, giver=by, sha256=output.shown.sha256).first()


def keep(ready: Ready, *, by: User) -> Input:
    return Input.objects.create(
        org=ready.org,
        code=ready.code,
        giver=by,
        source=ready.source,
        is_mask=ready.is_mask,
        strokes=ready.strokes,
        name=ready.name,
        **ready.files,
        sent_mime=ready.sent_mime,
        width=ready.width,
        height=ready.height,
        size_bytes=ready.size_bytes,
        sha256=ready.sha256,
    )


def forget(ready: Ready) -> None:
    """Delete the files of a picture that will not be kept."""
    names = list(ready.files.values())
    discarded.add(ready.org.pk, names)
    discarded.delete(names)


def _read(
    *,
    org: Organization,
    name: str,
    picture: Picture,
    source: Output | None = None,
    strokes: Strokes | None = None,
    first: Sides | None = None,
) -> Ready:
    """Check, normalise and store a picture. With `first`, it is a mask."""
    with _turn(org, picture):
        if first is not None:
            inspection.check_mask(picture, first)
        sent = inspection.normalise(picture) if first is None else inspection.normalise_mask(picture)
        preview, thumbnail = _small(sent)
    code = uuid4()
    contents = {
        "file": ("original", picture.format, picture.data),
        "sent_file": ("sent", sent.mime.removeprefix("image/"), sent.data),
        "preview": ("preview", "webp", preview),
        "thumbnail": ("thumbnail", "webp", thumbnail),
    }
    return Ready(
        org=org,
        code=code,
        name=_shown(name),
        files=_save(org, code, contents),
        sent_mime=sent.mime,
        width=sent.width,
        height=sent.height,
        size_bytes=len(picture.data),
        sha256=hashlib.sha256(picture.data).hexdigest(),
        is_mask=first is not None,
        strokes=strokes,
        source=source,
    )


@contextmanager
def _turn(org: Organization, picture: Picture) -> Iterator[None]:
    more_bytes = inspection.weight(picture)
    try:
        with decode_turns.turn(picture.header, by=org.pk, seconds=decode_turns.UPLOAD_SECONDS, more_bytes=more_bytes):
            yield
    except decode_turns.Busy:
        sentence = "Many pictures are being uploaded right now. Try again in a few seconds."
        raise UploadRefused("busy", sentence) from None


def _small(sent: Normalised) -> tuple[bytes, bytes]:
    try:
        return previews.preview_and_thumbnail(sent.data)
    except previews.Unreadable as error:
        raise UploadRefused("corrupt", str(error)) from None


def _save(org: Organization, code: UUID, contents: dict[str, tuple[str, str, bytes]]) -> dict[str, str]:
    """Save the files. Return their names by field. If one cannot be saved, all are recorded for deletion."""
    folder = f"{org.code}/inputs/{code}"
    names = {field: f"{folder}/{what}.{storage.EXTENSIONS[form]}" for field, (what, form, _) in contents.items()}
    try:
        return {field: storage.save(names[field], data) for field, (_, _, data) in contents.items()}
    except Exception:
        with released():
            discarded.add(org.pk, names.values(), after=discarded.UPLOADED_BY)
        raise


def _shown(name: str) -> str:
    """Return the file's name without its folder and without unprintable characters."""
    plain = "".join(char for char in name.replace("\\", "/").rpartition("/")[2] if char.isprintable()).strip()
    return plain[:NAME_CHARACTERS] or "picture"
