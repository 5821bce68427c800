"""The fault proxy does to a line what its verbs say, and heals."""

import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from socketserver import StreamRequestHandler, ThreadingTCPServer, ThreadingUnixStreamServer

import pytest

from tests.fault_proxy import Address, FaultProxy


class Echo(StreamRequestHandler):
    def handle(self) -> None:
        while piece := self.request.recv(65_536):
            self.request.sendall(piece)
        self.request.sendall(b"bye")


def serving(server: ThreadingTCPServer | ThreadingUnixStreamServer, at: Address) -> Iterator[FaultProxy]:
    server.daemon_threads = True
    with server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        with FaultProxy(at) as made:
            yield made
        server.shutdown()


@pytest.fixture
def proxy() -> Iterator[FaultProxy]:
    server = ThreadingTCPServer(("127.0.0.1", 0), Echo)
    yield from serving(server, ("127.0.0.1", server.server_address[1]))


@pytest.fixture
def unix_proxy(tmp_path: Path) -> Iterator[FaultProxy]:
    path = tmp_path / "echo"
    yield from serving(ThreadingUnixStreamServer(str(path), Echo), path)


def connected(proxy: FaultProxy) -> socket.socket:
    return socket.create_connection(("127.0.0.1", proxy.port), timeout=5)


def said_back(line: socket.socket, text: bytes = b"hello") -> bytes:
    line.sendall(text)
    found = b""
    while len(found) < len(text):
        found += line.recv(65_536)
    return found


def test_in_fair_weather_everything_passes_and_an_end_is_heard(proxy: FaultProxy) -> None:
    with connected(proxy) as line:
        long = bytes(range(256)) * 4000
        sender = threading.Thread(target=line.sendall, args=(long,))
        sender.start()
        found = b""
        while len(found) < len(long):
            found += line.recv(65_536)
        sender.join()
        assert found == long
        line.shutdown(socket.SHUT_WR)
        assert line.recv(10) == b"bye"
        assert line.recv(10) == b""


def test_a_unix_socket_can_be_behind(unix_proxy: FaultProxy) -> None:
    with connected(unix_proxy) as line:
        assert said_back(line) == b"hello"


def test_cut_resets_every_line_and_new_ones_are_taken(proxy: FaultProxy) -> None:
    with connected(proxy) as one, connected(proxy) as other:
        said_back(one)
        said_back(other)
        assert proxy.cut() == 2
        for line in (one, other):
            with pytest.raises(ConnectionResetError):
                line.recv(10)
    with connected(proxy) as line:
        assert said_back(line) == b"hello"


def test_refuse_lets_open_lines_go_on_and_takes_no_new_ones_until_it_heals(proxy: FaultProxy) -> None:
    port = proxy.port
    with connected(proxy) as line:
        said_back(line)
        proxy.refuse()
        with pytest.raises(ConnectionRefusedError):
            connected(proxy)
        assert said_back(line) == b"hello"
        proxy.heal()
        assert proxy.port == port
        assert said_back(line) == b"hello"
    with connected(proxy) as line:
        assert said_back(line) == b"hello"


def test_away_is_both(proxy: FaultProxy) -> None:
    with connected(proxy) as line:
        said_back(line)
        with proxy.away():
            with pytest.raises(ConnectionResetError):
                line.recv(10)
            with pytest.raises(ConnectionRefusedError):
                connected(proxy)
    with connected(proxy) as line:
        assert said_back(line) == b"hello"


def test_slow_keeps_each_piece_for_a_while(proxy: FaultProxy) -> None:
    with connected(proxy) as line:
        said_back(line)
        proxy.slow(delay_seconds=0.3)
        began = time.monotonic()
        assert said_back(line) == b"hello"
        assert time.monotonic() - began >= 0.6  # there and back
        proxy.slow(bytes_per_second=1000)
        began = time.monotonic()
        assert len(said_back(line, b"x" * 500)) == 500
        assert time.monotonic() - began >= 0.5
        proxy.heal()
        began = time.monotonic()
        assert len(said_back(line, b"x" * 5000)) == 5000
        assert time.monotonic() - began < 0.5


def test_swallow_takes_lines_and_says_nothing_and_what_was_lost_stays_lost(proxy: FaultProxy) -> None:
    with connected(proxy) as silent, connected(proxy) as unlucky:
        said_back(silent)
        said_back(unlucky)
        proxy.swallow()
        with connected(proxy) as late:
            for line in (unlucky, late):
                line.sendall(b"hello")
                line.settimeout(0.3)
                with pytest.raises(TimeoutError):
                    line.recv(10)
            proxy.heal()
            for line in (unlucky, late):
                line.settimeout(5)
                with pytest.raises(ConnectionResetError):
                    line.recv(10)
        assert said_back(silent) == b"hello"


def test_a_service_that_is_gone_looks_gone() -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        behind = ("127.0.0.1", nobody.getsockname()[1])
        with FaultProxy(behind) as proxy, pytest.raises(ConnectionResetError), connected(proxy) as line:
            line.recv(10)


def test_it_ends_with_its_handle(proxy: FaultProxy) -> None:
    before = threading.active_count()
    made = FaultProxy(proxy.behind)
    made.start()
    line = connected(made)
    assert said_back(line) == b"hello"
    assert made.lines == 1
    made.stop()
    with pytest.raises(ConnectionResetError):
        line.recv(10)
    line.close()
    assert not made._thread.is_alive()
    assert threading.active_count() <= before + 1  # the echo server's own
