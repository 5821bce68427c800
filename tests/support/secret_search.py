"""Looking for a secret wherever it could have been left, in whatever clothes."""

import base64
import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import quote

from django.contrib.sessions.models import Session
from django.core.cache import caches
from django.db import connection
from django.test import Client

from tests.support import raw_walls

PIECE = 12  # characters: a part that is cut off or masked is a find too; the hint of four is not
STEP = 4


def is_in(secret: str, place: bytes) -> bool:
    return any(form in place for piece in _pieces(secret) for form in _forms(piece))


def _pieces(secret: str) -> Iterator[str]:
    for start in range(len(secret) - PIECE + 1):
        yield secret[start : start + PIECE]


def _forms(piece: str) -> Iterator[bytes]:
    raw = piece.encode()
    yield raw
    yield raw.hex().encode()
    yield quote(piece, safe="").encode()
    yield json.dumps(piece)[1:-1].encode()
    for shift in range(3):  # base64 depends on what stands before; the edges hold some of the neighbours
        yield base64.b64encode(b"\0" * shift + raw)[4:-4]


def database(organizations: list[int], people: list[int]) -> bytes:
    """Every row of every table, as text, behind each of the walls."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        tables = [row[0] for row in cursor.fetchall()]
    views: list[dict[str, str]] = [{}, {"app.operator": "on"}]
    views += [{"app.org": str(pk)} for pk in organizations] + [{"app.user": str(pk)} for pk in people]
    rows: list[str] = []
    for settings in views:
        for table in tables:
            with raw_walls.asking(settings) as cursor:
                cursor.execute(f'SELECT t::text FROM "{table}" t')  # noqa: S608
                rows += [row[0] for row in cursor.fetchall()]
    return "\n".join(rows).encode()


def sessions() -> bytes:
    """They lie compressed in the database, so they are unpacked first."""
    return json.dumps([session.get_decoded() for session in Session.objects.all()]).encode()


def cached() -> bytes:
    return b"".join(value for name in caches for value in caches[name]._cache.values())  # type: ignore[attr-defined]


class Walker(Client):
    """A browser that keeps all that it was answered, unless a page is there to show a secret once."""

    def __init__(self, **options: Any) -> None:
        super().__init__(raise_request_exception=False, **options)
        self.answers = b""
        self.is_keeping = True

    def request(self, **environ: Any) -> Any:
        answer = super().request(**environ)
        if self.is_keeping and not answer.streaming:
            self.answers += repr(answer.headers).encode() + answer.content
        return answer

    def shown(self, method: str, *arguments: Any) -> str:
        """The text of a page that may show a secret."""
        self.is_keeping = False
        try:
            return str(getattr(self, method)(*arguments).content.decode())
        finally:
            self.is_keeping = True


class Echo(BaseHTTPRequestHandler):
    """A provider that sends back what it was sent, as some gateways do in their errors."""

    status = 200
    protocol_version = "HTTP/1.0"

    def do_GET(self) -> None:
        key = self.headers.get("Authorization", "")
        self.send_response(type(self).status, f"Echo {key}")
        self.send_header("Content-Type", "application/json")
        self.send_header("Location", f"/elsewhere?{key}")
        self.send_header("X-Echo", key)
        self.end_headers()
        self.wfile.write(json.dumps({"error": {"message": f"{dict(self.headers)}"}, "data": [{"id": key}]}).encode())

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 its name there
        pass


def echo_server() -> ThreadingHTTPServer:
    return ThreadingHTTPServer(("127.0.0.1", 0), Echo)
