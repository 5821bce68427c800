"""Say what a page may use of the device it is opened on: nothing, except the camera on a page that takes photos."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec

from django.http import HttpRequest, HttpResponseBase

P = ParamSpec("P")
POLICY = "Permissions-Policy"
NOTHING = "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()"
CAMERA = NOTHING.replace("camera=()", "camera=(self)")


class DevicesMiddleware:
    """Forbid each page the camera, the microphone and the like, unless its view has said otherwise."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        response.headers.setdefault(POLICY, NOTHING)
        return response


def with_camera(view: Callable[P, HttpResponseBase]) -> Callable[P, HttpResponseBase]:
    """Let the page of this view open the camera, and no page that it frames."""

    @wraps(view)
    def inner(*args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        response = view(*args, **kwargs)
        response.headers[POLICY] = CAMERA
        return response

    return inner
