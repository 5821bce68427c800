"""A provider that streams in chunks over connections that stay open, as real ones do."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from tests.support.fake_provider import completed, partial, png

LAST_CHUNK = b"0\r\n\r\n"

Ending = Callable[[BaseHTTPRequestHandler, threading.Event], None]


@dataclass
class Keeping:
    port: int = 0
    connections: set[tuple[str, int]] = field(default_factory=set)


@contextmanager
def keeping_provider(end: Ending) -> Iterator[Keeping]:
    """Serve streams in chunks over connections that stay open. `end` decides what follows the final."""
    found, closing = Keeping(), threading.Event()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            found.connections.add(self.client_address)
            self.send_response(200)
            self.send_header("Content-Type", "text/event-stream")
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            for event in (partial(0, png(shade=10)), completed(png())):
                chunk(self, f"data: {json.dumps(event)}\n\n".encode())
            end(self, closing)

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


def chunk(handler: BaseHTTPRequestHandler, data: bytes) -> None:
    handler.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))
    handler.wfile.flush()


def ends(handler: BaseHTTPRequestHandler, closing: threading.Event) -> None:
    chunk(handler, b"data: [DONE]\n\n")
    handler.wfile.write(LAST_CHUNK)
