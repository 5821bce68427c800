"""A server on this machine that answers as told, a stubbed name server, and a log of every socket opened."""

import datetime as dt
import ipaddress
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

Headers = list[tuple[str, str]]


@dataclass
class Server:
    port: int = 0
    answer: tuple[int, Headers, bytes] = (200, [], b"hello")
    seen: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    names_in_tls: list[str] = field(default_factory=list)

    @property
    def paths(self) -> list[str]:
        return [path for path, _ in self.seen]


@dataclass
class Network:
    """What names resolve to, and what happened: who was asked for, and where a socket was opened to."""

    answers: dict[str, list[list[str]]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    dialled: list[tuple[str, int]] = field(default_factory=list)

    def resolve(self, host: str, port: int) -> list[str]:
        self.asked.append(host)
        turns = self.answers.get(host)
        if turns is None:
            raise socket.gaierror(socket.EAI_NONAME, "unknown name")
        return turns.pop(0) if len(turns) > 1 else turns[0]


@pytest.fixture
def network(monkeypatch: pytest.MonkeyPatch) -> Network:
    """Nothing leaves this machine: other addresses are written down and then refused."""
    network = Network()
    connect, getaddrinfo = socket.socket.connect, socket.getaddrinfo

    def logged_connect(self: socket.socket, address: tuple[str, int]) -> None:
        network.dialled.append(address[:2])
        if address[0] not in {"127.0.0.1", "::1"}:
            raise ConnectionRefusedError("tests send nothing off this machine")
        connect(self, address)

    def numbers_only(host: str | bytes, *args: object, **kwargs: object) -> object:
        ipaddress.ip_address(host.decode() if isinstance(host, bytes) else host)  # a name is a second look-up
        return getaddrinfo(host, *args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr("saas.outbound.guarded_http.resolve", network.resolve)
    monkeypatch.setattr(socket.socket, "connect", logged_connect)
    monkeypatch.setattr(socket, "getaddrinfo", numbers_only)
    return network


@pytest.fixture
def server() -> Iterator[Server]:
    with serving() as server:
        yield server


@contextmanager
def serving(tls: ssl.SSLContext | None = None) -> Iterator[Server]:
    server = Server()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            server.seen.append((self.path, {name.lower(): value for name, value in self.headers.items()}))
            status, headers, body = server.answer
            self.send_response(status)
            for name, value in [*headers, ("Content-Length", str(len(body)))]:
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    web = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    web.handle_error = lambda *_: None  # type: ignore[method-assign]  # clients that hang up are the test
    if tls is not None:
        tls.sni_callback = lambda _, name, __: server.names_in_tls.append(name)
        web.socket = tls.wrap_socket(web.socket, server_side=True)
    server.port = web.server_port
    thread = threading.Thread(target=web.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        web.shutdown()
        web.server_close()
        thread.join()


@cache
def certificate(*names: str) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """Contexts of a server that has a certificate for these names, and of a client that trusts it."""
    key = ec.generate_private_key(ec.SECP256R1())
    now = dt.datetime.now(dt.UTC)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Darkroom tests")])
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + dt.timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(each) for each in names]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    certificate_text = made.public_bytes(serialization.Encoding.PEM)
    key_text = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    serves = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "both.pem"
        path.write_bytes(certificate_text + key_text)
        serves.load_cert_chain(path)
    return serves, ssl.create_default_context(cadata=certificate_text.decode())
