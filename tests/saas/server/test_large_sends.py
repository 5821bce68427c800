"""A large answer leaves in large pieces, on a real socket of a real Daphne, and a client that reads little at a time
makes the server copy nothing."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from tests.storm.client import wait_until

ANSWER_BYTES = 12_000_000
TWISTEDS_LIMIT_BYTES = 128 * 1024


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        free = int(listening.getsockname()[1])
    command = [sys.executable, "-m", "daphne", "-v", "0", "-b", "127.0.0.1", "-p", str(free)]
    with subprocess.Popen([*command, "tests.support.answering_program:application"], env={**os.environ}) as daphne:
        try:
            assert wait_until(lambda: _listens(free), seconds=120), "not started"
            yield free
        finally:
            daphne.terminate()


def _listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def ask(port: int, path: str, *, most_bytes: int = 1 << 20, buffer_bytes: int | None = None) -> bytes:
    """Return the body of an answer, read in pieces of at most so many bytes."""
    with socket.socket() as line:
        if buffer_bytes is not None:
            line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer_bytes)
        line.settimeout(20)
        line.connect(("127.0.0.1", port))
        line.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
        pieces = list(iter(lambda: line.recv(most_bytes), b""))
    return b"".join(pieces).partition(b"\r\n\r\n")[2]


def how_it_left(port: int) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(ask(port, "/told"))
    return told


def test_a_large_answer_leaves_in_few_large_pieces(port: int) -> None:
    for _ in range(20):  # where the head has not left yet, as on a busy machine, the body waits behind it as a copy
        how_it_left(port)
        assert len(ask(port, "/")) == ANSWER_BYTES
        left = how_it_left(port)
        if any(left["as_it_is"]):
            break
    sends = left["sends"]
    assert any(left["as_it_is"]), "a copy of the body was sent each time"
    assert max(sends) > 4 * TWISTEDS_LIMIT_BYTES
    assert len(sends) < ANSWER_BYTES / TWISTEDS_LIMIT_BYTES / 2


def test_nothing_large_is_copied_for_a_client_that_reads_little_at_a_time(port: int) -> None:
    how_it_left(port)
    assert len(ask(port, "/", most_bytes=4096, buffer_bytes=4096)) == ANSWER_BYTES
    assert sum(how_it_left(port)["copies"]) < 2 * TWISTEDS_LIMIT_BYTES
