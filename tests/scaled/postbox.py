"""A mail server: takes mails over SMTP and keeps them. It can be away, and it can keep a sender waiting."""

import socket
import socketserver
import threading
from typing import Any

from tests.scaled.programs import free_port


class Postbox:
    def __init__(self) -> None:
        self.port = free_port()
        self.url = f"smtp://127.0.0.1:{self.port}?tls=0"
        self.taken: list[tuple[str, str]] = []  # to whom, and the whole text
        self.offered = threading.Semaphore(0)  # a mail is there, and its sender waits for the answer
        self.may_take = threading.Event()
        self.may_take.set()
        self._server: socketserver.ThreadingTCPServer | None = None
        self._sender: Any = None  # of the mail that was offered last

    @property
    def is_sender_gone(self) -> bool:
        """Whether the one who offered the last mail has hung up."""
        return self._is_gone(self._sender)

    def start(self) -> None:
        box = self

        class Talk(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                box._talk(self)

        class Server(socketserver.ThreadingTCPServer):
            allow_reuse_address = daemon_threads = True
            request_queue_size = 64

        self._server = Server(("127.0.0.1", self.port), Talk)
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def stop(self) -> None:
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def to(self, address: str) -> list[str]:
        return [text for to, text in list(self.taken) if to == address]

    def _talk(self, peer: Any) -> None:
        def say(line: str) -> None:
            peer.wfile.write(f"{line}\r\n".encode())

        say("220 postbox")
        to = ""
        while line := peer.rfile.readline().decode().strip():
            word = line.partition(" ")[0].upper()
            if word == "RCPT":
                to = line.partition("<")[2].rstrip(">")
            if word == "DATA":
                say("354 go on")
                text = self._read(peer)
                self._sender = peer
                self.offered.release()
                self.may_take.wait(60)
                if self._is_gone(peer):
                    return
                say("250 taken")
                self.taken.append((to, text))
            elif word == "QUIT":
                say("221 bye")
                return
            else:
                say("250 fine")

    def _is_gone(self, peer: Any) -> bool:
        """Whether the sender has hung up, and so cannot have heard that the mail is taken."""
        try:
            return bool(peer.connection.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT) == b"")
        except BlockingIOError:
            return False
        except OSError:
            return True

    def _read(self, peer: Any) -> str:
        lines: list[str] = []
        while (line := peer.rfile.readline().decode()) not in {".\r\n", ""}:
            lines.append(line)
        return "".join(lines)
