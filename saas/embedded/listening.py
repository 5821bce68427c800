"""Take the port before anything else starts, and keep it: if it is busy, the start is refused at once."""

import errno
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from saas.embedded.refusal import Refusal

WAITING_CALLERS = 128
LAST_PORT = 65_535
PORTS_TRIED = 20
EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104  # which address to call, then


SocketAddress = tuple[socket.AddressFamily, tuple[Any, ...]]


@dataclass(frozen=True)
class Address:
    host: str
    port: int

    @property
    def url(self) -> str:
        return f"http://{_bracketed(self.host)}:{self.port}"

    @property
    def reachable_host(self) -> str:
        return EVERYWHERE.get(self.host, self.host)

    @property
    def public_url(self) -> str:
        return f"http://{_bracketed(self.reachable_host)}:{self.port}"

    @property
    def names(self) -> tuple[str, ...]:
        """Return what a browser may call this server: its host, or all names and addresses of this machine."""
        if self.host not in EVERYWHERE:
            return (_bracketed(self.host),)
        name = socket.gethostname()
        return (name, socket.getfqdn(), *_addresses_of(name))


def listen(host: str, port: int) -> list[socket.socket]:
    """Open one socket for each address of the host. The kernel keeps callers until the web server accepts them."""
    if not 0 <= port <= LAST_PORT:
        raise Refusal(f"There is no port {port}; they go up to {LAST_PORT}.")
    opened: list[socket.socket] = []
    try:
        for family, address in _addresses(host, port):
            opened.append(_listen(family, address))
    except OSError as error:
        close(opened)
        raise Refusal(_sentence(error, host, port)) from error
    return opened


def close(sockets: list[socket.socket]) -> None:
    for each in sockets:
        each.close()


def _addresses(host: str, port: int) -> Sequence[SocketAddress]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, OverflowError, UnicodeError) as error:
        raise Refusal(f"There is no address {host} with port {port} to listen on.") from error
    addresses = {(family, address) for family, _, _, _, address in found}
    # Port 0 asks for any free port: only one address then, because two would get two different ports.
    return sorted(addresses, key=str)[: None if port else 1]


def _listen(family: socket.AddressFamily, address: tuple[Any, ...]) -> socket.socket:
    made = socket.socket(family, socket.SOCK_STREAM)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # ignore ended connections that are in TIME_WAIT
        made.bind(address)
        made.listen(WAITING_CALLERS)
    except OSError:
        made.close()
        raise
    return made


def _sentence(error: OSError, host: str, port: int) -> str:
    match error.errno:
        case errno.EADDRINUSE:
            free = _free_port(host, port)
            advice = f"{free} is free: start it with --port {free}" if free else "choose another one with --port"
            return f"Port {port} on {host} is in use; {advice}."
        case errno.EACCES:
            return f"This user may not listen on port {port}; choose one above 1023 with --port."
        case _:
            return f"Cannot listen on {host}, port {port}: {error.strerror}."


def _free_port(host: str, port: int) -> int | None:
    """Return the next port that is free now, if one of those behind this one is."""
    for candidate in range(port + 1, min(port + PORTS_TRIED, LAST_PORT) + 1):
        try:
            close([_listen(family, address) for family, address in _addresses(host, candidate)])
        except OSError:
            continue
        return candidate
    return None


def _addresses_of(name: str) -> list[str]:
    try:
        return sorted({_bracketed(str(found[4][0])) for found in socket.getaddrinfo(name, None)})
    except OSError:
        return []


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host
