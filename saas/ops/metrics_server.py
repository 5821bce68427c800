"""Serve metrics to Prometheus: web processes at /-/metrics, worker processes at a port; both require METRICS_TOKEN."""

from collections.abc import Callable, Iterable
from secrets import compare_digest
from socketserver import ThreadingMixIn
from threading import Thread
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import structlog
from django.conf import settings
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

PROCESSES_OF_ONE_WORKER = 32

log = structlog.get_logger("darkroom.metrics")


def may_read(authorization: str) -> bool:
    """Return whether the header carries METRICS_TOKEN. Without a configured token it is always False."""
    given = authorization.removeprefix("Bearer ")
    return bool(settings.METRICS_TOKEN) and compare_digest(given.encode(), settings.METRICS_TOKEN.encode())


def start(port: int) -> int | None:
    """Serve metrics in the background. Return the port, the first free one from `port` on, as a worker has several
    processes; or None if METRICS_TOKEN is not set or no port is free."""
    if not settings.METRICS_TOKEN:
        log.warning("WORKER_METRICS_PORT is set but METRICS_TOKEN is not, so the metrics could not be read")
        return None
    for candidate in range(port, port + PROCESSES_OF_ONE_WORKER):
        try:
            server = make_server("", candidate, _answer, server_class=_Server, handler_class=_Quiet)
        except OSError:
            continue
        Thread(target=server.serve_forever, name="metrics", daemon=True).start()
        return candidate
    log.warning("no port is free for metrics", first=port)
    return None


def _answer(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    if not may_read(environ.get("HTTP_AUTHORIZATION", "")):
        start_response("404 Not Found", [("Content-Type", "text/plain")])
        return [b"not found\n"]
    start_response("200 OK", [("Content-Type", CONTENT_TYPE_LATEST)])
    return [generate_latest()]


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True
    allow_reuse_address = True


class _Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 its name there
        pass
