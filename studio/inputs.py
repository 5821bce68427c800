"""Pictures that people give: the upload door. The original is kept as it came; beside it lies what a provider gets.

Reading a stranger's picture takes hundreds of megabytes at worst, so only a few are read at once in one process."""

import hashlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID, uuid4

from django.db.models import Q, QuerySet

from accounts.models import Membership, Organization, User
from studio import files, pictures, runs, uploads
from studio import strokes as strokes_of
from studio.models import Input, Output, RunInput, Visibility
from studio.strokes import Strokes
from studio.uploads import Normalised, Picture, UploadRefused

READ_AT_ONCE = 2
WAITING_AT_MOST = 8
PATIENCE_SECONDS = 20.0
NAME_CHARACTERS = 200

_reading = threading.BoundedSemaphore(READ_AT_ONCE)
_waiting = threading.BoundedSemaphore(WAITING_AT_MOST)


def visible_to(member: Membership) -> QuerySet[Input]:
    """What they gave themselves, and what belongs to a run that they may see."""
    used = RunInput.objects.filter(org=member.org_id, run__in=runs.visible_to(member)).values("input")
    return Input.objects.filter(Q(giver=member.user_id) | Q(pk__in=used), org=member.org_id)


def take(*, org: Organization, by: User, name: str, data: bytes) -> Input:
    picture = uploads.examine(data)
    return _keep(org=org, by=by, name=name, picture=picture)


def take_mask(*, org: Organization, by: User, name: str, data: bytes, first: Input, painted: str = "") -> Input:
    """`first` is the reference that it lies on; `painted` are its strokes, as JSON, if it was painted here."""
    picture = uploads.examine(data)
    strokes = strokes_of.read(painted, width=first.width, height=first.height) if painted else None
    with _a_place():
        uploads.check_mask(picture, first)
    return _keep(org=org, by=by, name=name, picture=picture, is_mask=True, strokes=strokes)


def from_output(*, output: Output, by: User) -> Input:
    """A picture that was made here, given again as it is shown. Its bytes are copied, so that each lives as long as it
    should."""
    shown = output.shown
    earlier = Input.objects.filter(org=output.org_id, source=output, giver=by, sha256=shown.sha256).first()
    if earlier is not None:
        return earlier
    picture = uploads.examine(files.load(shown.file))
    is_private = output.run.visibility == Visibility.PRIVATE  # its words stay so, also where the picture is used
    words = "" if is_private else output.run.prompt[:60].strip()
    name = f"{words or 'picture'}.{files.EXTENSIONS[shown.format]}"
    return _keep(org=output.org, by=by, name=name, picture=picture, source=output)


def _keep(
    *,
    org: Organization,
    by: User,
    name: str,
    picture: Picture,
    source: Output | None = None,
    is_mask: bool = False,
    strokes: Strokes | None = None,
) -> Input:
    with _a_place():
        sent = uploads.normalise_mask(picture) if is_mask else uploads.normalise(picture)
        preview, thumbnail = _small(sent)
    code = uuid4()
    return Input.objects.create(
        org=org,
        code=code,
        giver=by,
        source=source,
        is_mask=is_mask,
        strokes=strokes,
        name=_shown(name),
        file=_save(org, code, "original", picture.format, picture.data),
        sent_file=_save(org, code, "sent", sent.mime.removeprefix("image/"), sent.data),
        sent_mime=sent.mime,
        preview=_save(org, code, "preview", "webp", preview),
        thumbnail=_save(org, code, "thumbnail", "webp", thumbnail),
        width=sent.width,
        height=sent.height,
        size_bytes=len(picture.data),
        sha256=hashlib.sha256(picture.data).hexdigest(),
    )


@contextmanager
def _a_place() -> Iterator[None]:
    """Who waits keeps a database connection, so not everybody may wait."""
    if not _waiting.acquire(blocking=False):
        raise _busy()
    try:
        if not _reading.acquire(timeout=PATIENCE_SECONDS):
            raise _busy()
    finally:
        _waiting.release()
    try:
        yield
    finally:
        _reading.release()


def _busy() -> UploadRefused:
    return UploadRefused("busy", "Many pictures are arriving at this moment. Try again in a few seconds.")


def _small(sent: Normalised) -> tuple[bytes, bytes]:
    try:
        return pictures.preview_and_thumbnail(sent.data)
    except pictures.Unreadable as error:
        raise UploadRefused("corrupt", str(error)) from None


def _save(org: Organization, code: UUID, what: str, form: str, data: bytes) -> str:
    return files.save(f"{org.code}/inputs/{code}/{what}.{files.EXTENSIONS[form]}", data)


def _shown(name: str) -> str:
    """As it was called, without a folder and without what cannot be seen."""
    plain = "".join(char for char in name.replace("\\", "/").rpartition("/")[2] if char.isprintable()).strip()
    return plain[:NAME_CHARACTERS] or "picture"
