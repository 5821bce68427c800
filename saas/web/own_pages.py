"""Tell addresses of our own pages from those of other sites."""

from urllib.parse import urlsplit

from django.http import HttpRequest
from django.utils.http import url_has_allowed_host_and_scheme


def path_of(request: HttpRequest, address: str) -> str:
    """Return path and query of an address, or "" if it is not one of our pages."""
    if not url_has_allowed_host_and_scheme(address, {request.get_host()}, require_https=request.is_secure()):
        return ""
    parts = urlsplit(address)
    if parts.path.startswith(("//", "/\\")):
        return ""  # a browser would read it as the address of another host
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


def came_from(request: HttpRequest) -> str:
    """Return path and query of the page that the request came from, or "" if that is not one of ours."""
    return path_of(request, request.headers.get("Referer", ""))


def back_to(request: HttpRequest) -> str:
    """Return the page to show after a form: the one that it names, or the one that it was on; "" if that is not one of
    ours."""
    return path_of(request, request.POST["next"]) if request.POST.get("next") else came_from(request)
