import re
import time
import uuid
from collections.abc import Callable
from urllib.parse import urlsplit

import structlog
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
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
    """Gives each request its id, and says afterwards how it went."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        started = time.perf_counter()
        given_id = request.headers.get("X-Request-Id", "")
        request_id = given_id if PLAIN_ID.fullmatch(given_id) else uuid.uuid4().hex
        info = requests.RequestInfo(
            id=request_id,
            address=requests.client_address(request),
            agent=request.headers.get("User-Agent", "")[:200],
        )
        token = requests.current.set(info)
        try:
            with structlog.contextvars.bound_contextvars(request_id=request_id):
                response = self.get_response(request)
                self._tell(request, response, time.perf_counter() - started)
        finally:
            requests.current.reset(token)
        response["X-Request-Id"] = request_id
        return response

    def _tell(self, request: HttpRequest, response: HttpResponse, seconds: float) -> None:
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
