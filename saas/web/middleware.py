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
from django.utils.cache import has_vary_header

from saas.fairness import visitors
from saas.ops import metrics, request_info
from saas.web import own_pages

PROBES = {"healthz", "readyz", "metrics"}
PLAIN_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")

# Clients can make up more methods, and Prometheus keeps every label in memory.
METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}

log = structlog.get_logger("darkroom.http")


class SignInFirst(LoginRequiredMiddleware):
    """Sends visitors who are not signed in to the sign-in page, and from there back to a page. For a submitted form,
    that is the page that the form was on, since the form's own address cannot be opened as a link."""

    def handle_no_permission(
        self, request: HttpRequest, view_func: Callable[..., HttpResponseBase]
    ) -> HttpResponseRedirect:
        if request.method in {"GET", "HEAD"}:
            return super().handle_no_permission(request, view_func)
        path = urlsplit(own_pages.came_from(request)).path
        return redirect_to_login(path or "/", self.get_login_url(view_func))


class RequestMiddleware:
    """Gives each request an id, and logs and counts its result. For programs it runs in the event loop."""

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
        info = request_info.RequestInfo(
            id=request_id,
            address=request_info.client_address(request),
            agent=request.headers.get("User-Agent", "")[:200],
        )

        # The network and not the address: one customer with IPv6 has any number of addresses.
        visitor = visitors.Visitor(request_info.what_it_shows(request), request_info.client_network(request) or "")

        def tell(response: HttpResponseBase) -> HttpResponseBase:
            self._tell(request, response, time.perf_counter() - started)
            response["X-Request-Id"] = request_id
            if request.method == "POST" and request_info.route(request) == "account_logout":
                response["Clear-Site-Data"] = '"cache"'  # no picture stays in the browser after signing out
            if _is_personal_page(response):
                response.headers.setdefault("Cache-Control", "private, no-store")
            return response

        token = request_info.current.set(info)
        try:
            with structlog.contextvars.bound_contextvars(request_id=request_id), visitors.visiting(visitor):
                yield tell
        finally:
            request_info.current.reset(token)

    def _tell(self, request: HttpRequest, response: HttpResponseBase, seconds: float) -> None:
        route = request_info.route(request)
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


def _is_personal_page(response: HttpResponseBase) -> bool:
    """Return whether another person may get another page at the same address: HTML that varies by cookie."""
    is_page = response.headers.get("Content-Type", "").startswith("text/html")
    return is_page and has_vary_header(response, "Cookie")
