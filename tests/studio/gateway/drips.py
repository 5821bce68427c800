"""Clients that take all the time of the world."""

import select
import socket
import threading
import time
from urllib.parse import urlsplit

from tests.embedded.instance import Instance


class Drip(threading.Thread):
    """Sends what follows its head byte by byte, as if it had all the time of the world."""

    def __init__(self, darkroom: Instance, head: str) -> None:
        super().__init__(daemon=True)
        self.line, self.head, self.ended = connected(darkroom), head, threading.Event()
        self.seconds, self.answer = 0.0, b""
        self.start()

    def run(self) -> None:
        began = time.monotonic()
        try:
            self.line.sendall(self.head.encode())
            while not select.select([self.line], [], [], 0.3)[0]:
                self.line.sendall(b"x")
            self.answer = self.line.recv(2000)
        except OSError:  # it was cut
            pass
        self.seconds = time.monotonic() - began
        self.line.close()
        self.ended.set()


def connected(darkroom: Instance) -> socket.socket:
    parts = urlsplit(darkroom.url)
    return socket.create_connection((parts.hostname or "", parts.port or 80), timeout=20)


def several(darkroom: Instance, api_key: str) -> list[Drip]:
    """One never ends its headers, the others never end what they announced."""
    head = f"POST /v1/images/edits HTTP/1.1\r\nHost: darkroom\r\nAuthorization: Bearer {api_key}\r\n"
    form = f"{head}Content-Type: multipart/form-data; boundary=x\r\nContent-Length: 90000\r\n\r\n--x\r\n"
    chunks = f"{head}Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n9000\r\n{{"
    return [Drip(darkroom, start) for start in (f"{head}X-Long: ", form, chunks)]
