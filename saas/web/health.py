"""Is it alive, can it work, and how is it doing."""

from collections.abc import Callable

import structlog
from asgiref.sync import async_to_sync
from django.contrib.auth.decorators import login_not_required
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connection
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from saas import broker, exposition, heartbeat, live

log = structlog.get_logger("darkroom.health")


@login_not_required
def healthz(request: HttpRequest) -> HttpResponse:
    return HttpResponse("ok\n", content_type="text/plain")


@login_not_required
def readyz(request: HttpRequest) -> JsonResponse:
    parts = {name: _answers(name, check) for name, check in CHECKS.items()}
    return JsonResponse({"ready": all(parts.values()), "parts": parts}, status=200 if all(parts.values()) else 503)


@login_not_required
def metrics(request: HttpRequest) -> HttpResponse:
    """For whoever holds the operator's token; without a token configured there is no such page."""
    if not exposition.may_read(request.headers.get("Authorization", "")):
        raise Http404
    return HttpResponse(generate_latest(), content_type=CONTENT_TYPE_LATEST)


def _answers(name: str, check: Callable[[], None]) -> bool:
    try:
        check()
    except Exception:
        log.warning("not ready", part=name, exc_info=True)
        return False
    return True


def _database() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


def _queue() -> None:
    broker.ask()


def _channel_layer() -> None:
    async_to_sync(live.send)("readyz", {"type": "nobody.listens"})


def _storage() -> None:
    name = default_storage.save("readyz/probe.txt", ContentFile(b"ready"))
    try:
        with default_storage.open(name) as file:
            if file.read() != b"ready":
                raise RuntimeError("storage returns something else than it was given")
    finally:
        default_storage.delete(name)


def _worker() -> None:
    if not heartbeat.is_alive():
        raise RuntimeError("no worker has been heard of")


CHECKS: dict[str, Callable[[], None]] = {
    "database": _database,
    "queue": _queue,
    "channel_layer": _channel_layer,
    "storage": _storage,
    "worker": _worker,
}
