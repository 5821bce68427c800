import re
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import structlog
from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.utils.http import url_has_allowed_host_and_scheme

from saas import metrics, requests

PROBES = {"healthz", "readyz", "metrics"}
PLAIN_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")

# Anybody can make up more, and each label that Prometheus is told of stays in memory.
METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}

log = structlog.get_logger("darkroom.http")


class SignInFirst(LoginRequiredMiddleware):
    """Sends whoever is not signed in to sign in, and afterwards back to a page: the page that a form stood on, since
    the form's own address answers to no link."""

    def handle_no_permission(
        self, request: HttpRequest, view_func: Callable[..., HttpResponseBase]
    ) -> HttpResponseRedirect:
        if request.method in {"GET", "HEAD"}:
            return super().handle_no_permission(request, view_func)
        came_from = request.headers.get("Referer", "")
        is_ours = url_has_allowed_host_and_scheme(came_from, {request.get_host()}, require_https=request.is_secure())
        return redirect_to_login(urlsplit(came_from).path if is_ours else "/", self.get_login_url(view_func))


class RequestMiddleware:
    """Gives each request its id, and says afterwards how it went. For programs it runs in the event loop."""

    sync_capable = async_capable = True

    def __init__(self, get_response: Callable[[HttpRequest], Any]) -> None:
        self.get_response = get_response
        if iscoroutinefunction(get_response):
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> Any:
        if iscoroutinefunction(self):
            return self._in_loop(request)
        with self._told(request) as tell:
            return tell(self.get_response(request))

    async def _in_loop(self, request: HttpRequest) -> HttpResponseBase:
        with self._told(request) as tell:
            return tell(await self.get_response(request))

    @contextmanager
    def _told(self, request: HttpRequest) -> Iterator[Callable[[HttpResponseBase], HttpResponseBase]]:
        started = time.perf_counter()
        given_id = request.headers.get("X-Request-Id", "")
        request_id = given_id if PLAIN_ID.fullmatch(given_id) else uuid.uuid4().hex
        info = requests.RequestInfo(
            id=request_id,
            address=requests.client_address(request),
            agent=request.headers.get("User-Agent", "")[:200],
        )

        def tell(response: HttpResponseBase) -> HttpResponseBase:
            self._tell(request, response, time.perf_counter() - started)
            response["X-Request-Id"] = request_id
            if request.method == "POST" and requests.route(request) == "account_logout":
                response["Clear-Site-Data"] = '"cache"'  # no picture stays in a browser that somebody signed out of
            return response

        token = requests.current.set(info)
        try:
            with structlog.contextvars.bound_contextvars(request_id=request_id):
                yield tell
        finally:
            requests.current.reset(token)

    def _tell(self, request: HttpRequest, response: HttpResponseBase, seconds: float) -> None:
        route = requests.route(request)
        method = request.method if request.method in METHODS else "other"
        metrics.REQUESTS.labels(method, route, response.status_code).inc()
        metrics.REQUEST_SECONDS.labels(route).observe(seconds)
        org = getattr(request, "org", None)
        tell = log.debug if route in PROBES else log.info
        tell(
            "request",
            method=request.method,
            route=route,
            status=response.status_code,
            milliseconds=round(seconds * 1000, 1),
            organization=str(org.code) if org else None,
        )
