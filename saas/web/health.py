"""Say whether the web process lives, whether Darkroom can work, its version and its metrics."""

from collections.abc import Callable

from asgiref.sync import async_to_sync
from django.contrib.auth.decorators import login_not_required
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.db import connection
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from saas import VERSION, broadcast
from saas.ops import heartbeat, metrics_server
from saas.queue import broker
from saas.server import drain
from saas.web.component_checks import Shared


@login_not_required
def healthz(request: HttpRequest) -> HttpResponse:
    return HttpResponse("ok\n", content_type="text/plain")


@login_not_required
def version(request: HttpRequest) -> JsonResponse:
    return JsonResponse({"version": VERSION})


@login_not_required
def readyz(request: HttpRequest) -> JsonResponse:
    if drain.drain.has_begun:
        return JsonResponse({"ready": False, "draining": True, "parts": {}}, status=503)
    parts = SHARED.parts()
    return JsonResponse({"ready": all(parts.values()), "parts": parts}, status=200 if all(parts.values()) else 503)


@login_not_required
def metrics(request: HttpRequest) -> HttpResponse:
    """Return the metrics to a caller with the operator's token. Raise 404 for others, and if no token is configured."""
    if not metrics_server.may_read(request.headers.get("Authorization", "")):
        raise Http404
    return HttpResponse(generate_latest(), content_type=CONTENT_TYPE_LATEST)


def _database() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


def _queue() -> None:
    broker.ask()


def _channel_layer() -> None:
    async_to_sync(broadcast.send)("readyz", {"type": "nobody.listens"})


def _storage() -> None:
    storage = storages["probe"]
    name = storage.save("readyz/probe.txt", ContentFile(b"ready"))
    try:
        with storage.open(name) as file:
            if file.read() != b"ready":
                raise RuntimeError("storage did not return what was stored")
    finally:
        storage.delete(name)


def _worker() -> None:
    if not heartbeat.is_alive():
        raise RuntimeError("no worker has reported yet")


CHECKS: dict[str, Callable[[], None]] = {
    "database": _database,
    "queue": _queue,
    "channel_layer": _channel_layer,
    "storage": _storage,
    "worker": _worker,
}
SHARED = Shared(CHECKS)
