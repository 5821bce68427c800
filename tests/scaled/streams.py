"""An upstream that answers piece by piece, and says how much it was sent."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event


@contextmanager
def pieces(may_go_on: Event) -> Iterator[str]:
    """Its address. It sends “first”, waits for the event, and sends “second”."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "application/octet-stream")  # nothing that a proxy knows to be a stream
            self.end_headers()
            self.wfile.write(b"first")
            self.wfile.flush()
            may_go_on.wait(20)
            self.wfile.write(b"second")

        def do_POST(self) -> None:
            left = length = int(self.headers["Content-Length"])
            while left:
                left -= len(self.rfile.read(min(left, 1 << 20)))
            self.send_response(200)
            self.end_headers()
            self.wfile.write(str(length).encode())

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 its name there
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield f"127.0.0.1:{server.server_port}"
    finally:
        may_go_on.set()
        server.shutdown()
        server.server_close()
