"""A page may open a socket of this Darkroom if it is a page of this Darkroom: scheme, host and port."""

import asyncio
from typing import Any

import pytest

from saas.server.host_check import Doorstep
from saas.server.origin_check import OurPagesOnly

pytestmark = pytest.mark.urls("saas.urls")


def is_let_in(*headers: tuple[str, str], path: str = "/ws/o/acme/") -> bool:
    said: list[Any] = []

    async def accept(scope: Any, receive: Any, send: Any) -> None:
        assert scope["root_path"] == ""
        await send({"type": "websocket.accept"})

    async def receive() -> Any:
        return {"type": "websocket.connect"}

    async def send(message: Any) -> None:
        said.append(message["type"])

    raw = [(name.encode(), value.encode("latin1")) for name, value in headers]
    scope = {"type": "websocket", "path": path, "headers": raw, "root_path": "https://evil.example"}
    asyncio.run(Doorstep(OurPagesOnly(accept))(scope, receive, send))
    assert said in (["websocket.accept"], ["websocket.close"])
    return said == ["websocket.accept"]


@pytest.mark.parametrize(
    ("host", "origin", "expected"),
    [
        ("localhost:8000", "http://localhost:8000", True),
        ("localhost:8000", "http://LOCALHOST:8000", True),
        ("localhost", "http://localhost", True),
        ("localhost:80", "http://localhost", True),
        ("localhost", "http://localhost:80", True),
        ("localhost:8000", "http://testserver", True),  # PUBLIC_URL
        ("localhost:8000", "http://localhost:9999", False),
        ("localhost:8000", "http://localhost", False),
        ("localhost:8000", "http://127.0.0.1:8000", False),
        ("localhost:8000", "http://testserver:8000", False),
        ("localhost:8000", "https://testserver", False),
        ("localhost:8000", "http://evil.example", False),
        ("localhost:8000", "http://localhost:8000.evil.example", False),
        ("localhost:8000", "http://localhost:8000@evil.example", False),
        ("localhost:8000", "http://evil@localhost:8000", False),
        ("localhost:8000", "http://localhost:8000/", False),
        ("localhost:8000", "http://localhost:8000,http://evil.example", False),
        ("localhost:8000", "ws://localhost:8000", False),
        ("localhost:8000", "localhost:8000", False),
        ("localhost:8000", "//localhost:8000", False),
        ("localhost:8000", "http://localhost:80000", False),
        ("localhost:8000", "http://[", False),
        ("localhost:8000", "null", False),
        ("localhost:8000", "", False),
        ("evil.example", "http://evil.example", False),
        ("evil.example", "http://testserver", False),
    ],
)
def test_the_port_counts(host: str, origin: str, expected: bool) -> None:
    assert is_let_in(("host", host), ("origin", origin)) is expected


def test_without_an_origin_or_with_two_there_is_no_socket() -> None:
    ours = ("origin", "http://testserver")
    assert is_let_in(("host", "testserver"), ours)
    assert not is_let_in(("host", "testserver"))
    assert not is_let_in(("host", "testserver"), ours, ours)
    assert not is_let_in(("host", "testserver"), ("host", "testserver"), ours)
    assert not is_let_in(("host", "testserver"), ours, path="/ws/o/a\x00/")


def test_further_origins_are_the_ones_that_may_send_forms(settings: Any) -> None:
    settings.CSRF_TRUSTED_ORIGINS = ["https://*.example.com", "https://one.example:8443"]
    host = ("host", "localhost:8000")
    for origin, expected in {
        "https://a.example.com": True,
        "https://a.b.example.com:443": True,
        "https://example.com.evil": False,
        "https://evil.example,a.example.com": False,
        "https://evil.example@a.example.com": False,
        "http://a.example.com": False,
        "https://a.example.com:8443": False,
        "https://one.example:8443": True,
        "https://one.example": False,
        "https://two.one.example:8443": False,
    }.items():
        assert is_let_in(host, ("origin", origin)) is expected, origin


def test_a_page_that_came_in_the_clear_opens_no_socket_of_an_encrypted_darkroom(settings: Any) -> None:
    settings.IS_HTTPS = True
    assert is_let_in(("host", "localhost"), ("origin", "https://localhost"))
    assert not is_let_in(("host", "localhost"), ("origin", "http://localhost"))
