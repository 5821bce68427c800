"""Send a stored file after the view has checked the right to see it. `FILES_FROM` says what sends the bytes: this
process or, in the scaled-out size, the proxy or the bucket. Storage is accessed only after the view's transaction has
ended: see saas.web.after_transaction."""

import re
from collections.abc import AsyncIterator
from hashlib import sha256
from typing import Any

import structlog
from asgiref.sync import sync_to_async
from django.conf import settings
from django.core.files.storage import default_storage
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseNotModified, StreamingHttpResponse
from django.utils.cache import get_conditional_response
from django.utils.encoding import filepath_to_uri
from django.utils.http import content_disposition_header, quote_etag

from saas.database import release
from saas.ops import metrics
from saas.web.after_transaction import Afterwards

MIME = {"png": "image/png", "jpeg": "image/jpeg", "jpg": "image/jpeg", "webp": "image/webp"}
CHUNK_BYTES = 256 * 1024
ONE_RANGE = re.compile(r"bytes=(\d{0,15})-(\d{0,15})", re.ASCII)
SIGNED_SECONDS = 60
PROXY_PREFIX = "/-/files/"
# A browser caches the picture but must revalidate it each time, because after signing out it must not show it.
ASK_EACH_TIME = "private, no-cache"
NO_SCRIPT = "default-src 'none'; style-src 'unsafe-inline'; sandbox"

MISSING_PICTURE = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 480 480" width="480" height="480">
<rect width="480" height="480" fill="#8883"/><g fill="none" stroke="#888" stroke-width="6" stroke-linecap="round">
<rect x="150" y="130" width="180" height="150" rx="14"/><path d="m150 250 52-46 40 34 36-30 52 46M130 110l220 200"/></g>
<text x="240" y="340" text-anchor="middle" font-family="sans-serif" font-size="24" fill="#888">{}</text></svg>"""

log = structlog.get_logger("darkroom.files")


def send(request: HttpRequest, name: str, *, download_as: str) -> HttpResponseBase:
    """Send the file of this storage name. A name's bytes never change, so its hash serves as the ETag."""
    ending = name.rpartition(".")[2]
    headers = {
        "Content-Type": MIME.get(ending, "application/octet-stream"),
        "Content-Disposition": content_disposition_header(as_attachment=False, filename=download_as) or "",
        "Cache-Control": ASK_EACH_TIME,
        "Content-Security-Policy": NO_SCRIPT,
        "X-Content-Type-Options": "nosniff",
        "Accept-Ranges": "bytes",
        "ETag": quote_etag(sha256(name.encode()).hexdigest()[:32]),
    }
    if isinstance(get_conditional_response(request, etag=headers["ETag"]), HttpResponseNotModified):
        return HttpResponseNotModified(headers={kept: headers[kept] for kept in ("ETag", "Cache-Control")})
    return Afterwards(lambda: _opened(request, name, headers))


def _opened(request: HttpRequest, name: str, headers: dict[str, str]) -> HttpResponseBase:
    try:
        return SENDERS[settings.FILES_FROM](request, name, headers)
    except FileNotFoundError:
        return missing(name)


def missing(name: str) -> HttpResponse:
    """Return a placeholder for a file that a row names and storage lacks. Log and count it as an error."""
    log.error("file missing in storage", file=name)
    metrics.FILES_MISSING.inc()
    return placeholder("This file is missing")


def deleted() -> HttpResponse:
    return placeholder("Deleted")


def placeholder(words: str) -> HttpResponse:
    response = HttpResponse(MISSING_PICTURE.format(words), status=404, content_type="image/svg+xml")
    response["Cache-Control"] = "private, no-store"
    response["Content-Security-Policy"] = NO_SCRIPT
    return response


def _from_here(request: HttpRequest, name: str, headers: dict[str, str]) -> HttpResponseBase:
    file = default_storage.open(name)
    size = int(file.size)
    first, last = 0, size - 1
    asked = _range(request, size, headers["ETag"])
    if asked == UNSATISFIABLE:
        file.close()
        return HttpResponse(status=416, headers={"Content-Range": f"bytes */{size}", "Cache-Control": ASK_EACH_TIME})
    if asked is not None:
        first, last = asked
        headers["Content-Range"] = f"bytes {first}-{last}/{size}"
    headers["Content-Length"] = str(last - first + 1)
    status = 200 if asked is None else 206
    if last - first < CHUNK_BYTES:
        with file:
            file.seek(first)
            return HttpResponse(file.read(last - first + 1), status=status, headers=headers)
    return StreamingHttpResponse(_read(file, first, last), status=status, headers=headers)


def _from_proxy(request: HttpRequest, name: str, headers: dict[str, str]) -> HttpResponseBase:
    """Let the proxy send the file that X-Accel-Redirect names, with the other headers (see deploy/Caddyfile)."""
    if not default_storage.exists(name):
        raise FileNotFoundError(name)
    return HttpResponse(headers={**headers, "X-Accel-Redirect": PROXY_PREFIX + filepath_to_uri(name)})


def _from_bucket(request: HttpRequest, name: str, headers: dict[str, str]) -> HttpResponseBase:
    """Redirect to a signed link that works for a minute. The redirect must not be cached: the right to see the file may
    end before the link does."""
    said = {"ResponseContentType": "Content-Type", "ResponseContentDisposition": "Content-Disposition"}
    parameters = {theirs: headers[ours] for theirs, ours in said.items()} | {
        "ResponseCacheControl": "private, no-store"
    }
    signing: Any = default_storage
    link = signing.url(name, parameters=parameters, expire=SIGNED_SECONDS)
    return HttpResponse(status=302, headers={"Location": link, "Cache-Control": "private, no-store"})


SENDERS = {"here": _from_here, "proxy": _from_proxy, "bucket": _from_bucket}
UNSATISFIABLE = (-1, -1)


def _range(request: HttpRequest, size: int, etag: str) -> tuple[int, int] | None:
    """Return the first and last byte of a single range, or UNSATISFIABLE. Return None to send the whole file, which the
    standard allows for any other Range header."""
    match = ONE_RANGE.fullmatch(request.headers.get("Range", ""))
    if match is None or request.method != "GET" or request.headers.get("If-Range", etag) != etag:
        return None
    first, last = match.groups()
    if not first and not last:
        return None
    if not first:
        found = (max(0, size - int(last)), size - 1) if int(last) else UNSATISFIABLE
    else:
        found = int(first), min(int(last) if last else size - 1, size - 1)
        if last and int(last) < int(first):
            return None
    return found if found[0] <= found[1] and found[0] < size else UNSATISFIABLE


async def _read(file: Any, first: int, last: int) -> AsyncIterator[bytes]:
    """Read the file in threads, chunk by chunk, so that a slow client occupies no thread and little memory."""
    await sync_to_async(release.give_back)()  # the connection that saving the session after the view has taken
    in_thread = sync_to_async(_chunk, thread_sensitive=False)
    try:
        while first <= last and (data := await in_thread(file, first, min(CHUNK_BYTES, last - first + 1))):
            first += len(data)
            yield data
    finally:
        await sync_to_async(file.close, thread_sensitive=False)()


def _chunk(file: Any, at: int, length: int) -> bytes:
    file.seek(at)
    data: bytes = file.read(length)
    return data
