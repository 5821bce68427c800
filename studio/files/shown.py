"""Send a file of an output by its shape. A preview that has not been made yet is made now, at its first look."""

import structlog
from django.http import HttpRequest, HttpResponseBase

from saas.web import after_transaction
from saas.web.after_transaction import Afterwards
from studio.files import late_previews, serving
from studio.imaging import decode_turns, previews
from studio.models import Output

LOOK_SECONDS = 5.0  # for a turn to decode; after that the original is shown instead
DAMAGED = "This picture is damaged"

log = structlog.get_logger("darkroom.files")


def send(request: HttpRequest, output: Output, shape: str, *, download_as: str) -> HttpResponseBase:
    """Send the output's `original`, `preview` or `thumbnail`. `download_as` is a name without its extension."""
    name = {"original": output.file, "preview": output.preview, "thumbnail": output.thumbnail}[shape]
    if name:
        return _send(request, name, download_as)
    if output.is_damaged:
        return serving.placeholder(DAMAGED)
    return Afterwards(lambda: _made(request, output, shape, download_as))


def _made(request: HttpRequest, output: Output, shape: str, download_as: str) -> HttpResponseBase:
    """Make the small files and send one. If that fails for a reason that passes, send the original: it is larger, and
    what the page asked to see. Its name is another one, so that a browser does not take it for the preview later."""
    try:
        small = late_previews.make(output, lambda data: _decode(data, output.org_id))
    except FileNotFoundError:
        return serving.missing(output.file)
    except Exception as error:  # each storage backend raises its own types
        log.warning("preview not made", output=str(output.code), error=type(error).__name__)
        return after_transaction.made(_send(request, output.file, download_as))
    if small is None:
        return serving.placeholder(DAMAGED)
    return after_transaction.made(_send(request, small.preview if shape == "preview" else small.thumbnail, download_as))


def _decode(data: bytes, org_id: int) -> tuple[bytes, bytes]:
    header = previews.examine(data)
    with decode_turns.turn(header, by=org_id, seconds=LOOK_SECONDS):
        return previews.preview_and_thumbnail(data)


def _send(request: HttpRequest, name: str, download_as: str) -> HttpResponseBase:
    return serving.send(request, name, download_as=f"{download_as}.{name.rpartition('.')[2]}")
