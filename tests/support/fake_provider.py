"""An OpenAI-like image API for tests: a second reader of the wire contract, which shares no code with the sandbox. It
sends exactly the bytes that a test scripts, on real sockets, and remembers what it was asked."""

import base64
import json
import struct
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

USAGE = {
    "input_tokens": 12,
    "input_tokens_details": {"text_tokens": 12, "image_tokens": 0},
    "output_tokens": 296,
    "total_tokens": 308,
}


def png(width: int = 64, height: int = 64, shade: int = 120) -> bytes:
    """A picture of our own making."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    rows = b"".join(
        b"\0" + bytes((shade, (x * 4) % 256, (y * 4) % 256)[c] for x in range(width) for c in range(3))
        for y in range(height)
    )
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows, 1)) + chunk(b"IEND", b"")


@dataclass
class Asked:
    path: str
    headers: Message
    body: bytes

    @property
    def json(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.body)
        return found


class Exchange:
    """One request, and the ways to answer it."""

    def __init__(self, handler: BaseHTTPRequestHandler, asked: Asked, closing: threading.Event) -> None:
        self._handler, self.asked, self._closing = handler, asked, closing

    def begin(self, status: int = 200, kind: str = "text/event-stream", **headers: str) -> None:
        self._handler.send_response(status)
        self._handler.send_header("Content-Type", kind)
        self._handler.send_header("x-request-id", "req_upstream_1")
        self._handler.send_header("Connection", "close")
        for name, value in headers.items():
            self._handler.send_header(name.replace("_", "-"), value)
        self._handler.end_headers()

    def send(self, data: bytes | str) -> None:
        self._handler.wfile.write(data.encode() if isinstance(data, str) else data)
        self._handler.wfile.flush()

    def frame(self, event: dict[str, Any], name: str | None = None) -> None:
        self.send(f"event: {name or event.get('type')}\ndata: {json.dumps(event)}\n\n")

    def whole(self, status: int, body: Any, kind: str = "application/json", **headers: str) -> None:
        self.begin(status, kind, **headers)
        self.send(body if isinstance(body, str) else json.dumps(body))

    def drop(self) -> None:
        """Cuts the line without a word."""
        self._handler.connection.shutdown(2)

    def wait(self, seconds: float) -> None:
        self._closing.wait(seconds)


Script = Callable[[Exchange], None]


@dataclass
class Upstream:
    script: Script
    seen: list[Asked] = field(default_factory=list)
    models: Script = lambda exchange: exchange.whole(200, {"object": "list", "data": []})
    listed: int = 0  # how often it was asked for its models
    port: int = 0

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        return f"http://{self.host}/v1"


@contextmanager
def upstream(script: Script) -> Iterator[Upstream]:
    found, closing = Upstream(script), threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            asked = Asked(self.path, self.headers, body)
            found.seen.append(asked)
            self.close_connection = True
            with suppress(OSError):  # the other side went away
                found.script(Exchange(self, asked, closing))

        def do_GET(self) -> None:
            found.listed += 1
            self.close_connection = True
            with suppress(OSError):
                found.models(Exchange(self, Asked(self.path, self.headers, b""), closing))

        def log_message(self, *args: object) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        found.port = server.server_port
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        try:
            yield found
        finally:
            closing.set()
            server.shutdown()


def text_of(data: bytes) -> str:
    return base64.b64encode(data).decode()


def partial(index: int, data: bytes = b"partial", kind: str = "image_generation") -> dict[str, Any]:
    return {
        "type": f"{kind}.partial_image",
        "b64_json": text_of(data),
        "created_at": int(time.time()),
        "size": "1024x1024",
        "quality": "low",
        "background": "opaque",
        "output_format": "png",
        "partial_image_index": index,
    }


def completed(data: bytes = b"final", kind: str = "image_generation", **changes: Any) -> dict[str, Any]:
    event = {
        "type": f"{kind}.completed",
        "b64_json": text_of(data),
        "created_at": int(time.time()),
        "usage": USAGE,
        "size": "1024x1024",
        "quality": "low",
        "background": "opaque",
        "output_format": "png",
        **changes,
    }
    return {name: value for name, value in event.items() if value is not None}


def error(
    code: str | None, kind: str = "image_generation_user_error", message: str = "No.", **more: Any
) -> dict[str, Any]:
    return {"error": {"message": message, "type": kind, "param": None, "code": code, **more}}


def pictures(*frames: dict[str, Any]) -> Script:
    """A stream of these frames."""

    def script(exchange: Exchange) -> None:
        exchange.begin()
        for one in frames:
            exchange.frame(one)

    return script
