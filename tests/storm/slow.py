"""A server that takes every request and lets its answer drip, for as long as it is let."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

DROP_SECONDS = 0.2
LONGEST_SECONDS = 120.0


@dataclass
class Dripping:
    host: str
    wires: list[socket.socket] = field(default_factory=list)
    most_at_once: int = 0
    at_once: int = 0
    _guard: threading.Lock = field(default_factory=threading.Lock)

    @property
    def url(self) -> str:
        return f"http://{self.host}"

    def serve(self, listening: socket.socket) -> None:
        with suppress(OSError):
            while True:
                wire, _ = listening.accept()
                self.wires.append(wire)
                threading.Thread(target=self._drip, args=(wire,), daemon=True).start()

    def _drip(self, wire: socket.socket) -> None:
        with self._guard:
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            with suppress(OSError), wire:
                wire.recv(65536)
                wire.sendall(b"HTTP/1.1 200 OK\r\nX-Long: ")
                until = time.monotonic() + LONGEST_SECONDS
                while time.monotonic() < until:
                    wire.sendall(b"a")
                    time.sleep(DROP_SECONDS)
        finally:
            with self._guard:
                self.at_once -= 1


@contextmanager
def dripping() -> Iterator[Dripping]:
    with socket.create_server(("127.0.0.1", 0), backlog=512) as listening:
        server = Dripping(f"127.0.0.1:{listening.getsockname()[1]}")
        threading.Thread(target=server.serve, args=(listening,), daemon=True).start()
        try:
            yield server
        finally:
            for wire in server.wires:
                with suppress(OSError):
                    wire.close()
