"""Draw an event's overlay over its pictures, after the model and never by its prompt. What was drawn is kept beside the
picture, which stays as it came."""

from dataclasses import dataclass
from uuid import uuid4

import structlog
from django.http import HttpRequest, HttpResponseBase

from accounts.errors import Refused
from saas.database import tenancy
from saas.database.release import released
from saas.web import after_transaction
from saas.web.after_transaction import Afterwards
from studio.files import discarded, serving, shown, storage
from studio.imaging import compositing, decode_turns, overlays, previews
from studio.imaging.compositing import CannotCompose
from studio.imaging.sizes import Size, fits
from studio.models import BrandedPicture, DiscardedFile, Event, Input, Output

LOOK_SECONDS = 5.0  # for a turn to decode

log = structlog.get_logger("darkroom.booth")


@dataclass(frozen=True, slots=True)
class Drawn:
    """The bytes of a picture with the overlay, and of its preview."""

    file: bytes
    preview: bytes


def check(overlay: Input, size: str) -> None:
    """Refuse an overlay that would be stretched over pictures of this size."""
    wanted = Size.read(size)
    if not fits(Size(overlay.width, overlay.height), wanted):
        raise Refused(f"The overlay must have the shape of the pictures, such as {wanted.width} by {wanted.height}.")


def send(request: HttpRequest, output: Output, event: Event, shape: str, *, download_as: str) -> HttpResponseBase:
    """Send the `original` or the `preview` of a picture as guests get it: with the overlay, if the event has one."""
    if event.overlay is None:
        return shown.send(request, output, shape, download_as=download_as)
    if hasattr(output, "branded"):
        return _send(request, output.branded, shape, download_as)
    overlay = event.overlay
    return Afterwards(lambda: _made(request, output, overlay, shape, download_as))


def _made(request: HttpRequest, output: Output, overlay: Input, shape: str, download_as: str) -> HttpResponseBase:
    """Draw the overlay at the picture's first look. If that is not possible now, send the picture without it rather
    than none."""
    try:
        branded = _keep(output, _draw(output, overlay))
    except FileNotFoundError:
        return serving.missing(output.file)
    except (CannotCompose, decode_turns.Busy, previews.Unreadable) as error:
        log.warning("overlay not drawn", output=str(output.code), error=type(error).__name__)
        return after_transaction.made(shown.send(request, output, shape, download_as=download_as))
    if branded is None:
        return serving.deleted()
    return after_transaction.made(_send(request, branded, shape, download_as))


def _draw(output: Output, overlay: Input) -> Drawn:
    picture, layer = storage.load(output.file), storage.load(overlay.sent_file)
    with compositing.turn(picture, layer, by=output.org_id, seconds=LOOK_SECONDS):
        file = overlays.draw(picture, layer)
        preview, _ = previews.preview_and_thumbnail(file)
    return Drawn(file, preview)


def _keep(output: Output, drawn: Drawn) -> BrandedPicture | None:
    """Store the files under names of their own, and note them. Of two that draw the same picture, the first one is
    kept. Return None if the picture is deleted by now."""
    stem = f"{output.file.rpartition('.')[0]}-branded-{uuid4().hex[:8]}"
    names = [f"{stem}.jpg", f"{stem}-preview.webp"]
    with released():
        discarded.add(output.org_id, names, after=discarded.UPLOADED_BY)  # until a row names them
    for name, data in zip(names, (drawn.file, drawn.preview), strict=True):
        storage.save(name, data)
    with released(), tenancy.tenant(output.org_id):
        row = Output.objects.select_for_update(no_key=True).filter(pk=output.pk, purged_at=None).first()
        kept = None
        if row is not None:
            said = {"org_id": output.org_id, "file": names[0], "preview": names[1]}
            kept, is_new = BrandedPicture.objects.get_or_create(output=row, defaults=said)
            if is_new:
                DiscardedFile.objects.filter(name__in=names).delete()
                return kept
    discarded.delete(names)
    return kept


def _send(request: HttpRequest, branded: BrandedPicture, shape: str, download_as: str) -> HttpResponseBase:
    name = branded.file if shape == "original" else branded.preview
    return serving.send(request, name, download_as=f"{download_as}.{name.rpartition('.')[2]}")
