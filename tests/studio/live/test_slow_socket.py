"""A client that reads too slowly, on a real socket of a real Daphne: it loses previews, never an end, and fills no
memory."""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from studio.live import consumer
from tests.support import flooding_program

SMALL_BUFFER = 4096


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        free = listening.getsockname()[1]
    command = [sys.executable, "-m", "daphne", "-v", "0", "-b", "127.0.0.1", "-p", str(free)]
    with subprocess.Popen([*command, "tests.support.flooding_program:application"], env={**os.environ}) as daphne:
        try:
            _wait_for(free)
            yield free
        finally:
            daphne.terminate()


def _wait_for(port: int) -> None:
    for _ in range(300):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    pytest.fail("Daphne does not start")


def slow_client(port: int, path: str = "/") -> ClientConnection:
    """Its kernel takes a few kilobytes, and nobody reads them until it is asked to."""
    wire = socket.socket()
    wire.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALL_BUFFER)
    wire.connect(("127.0.0.1", port))
    return connect(f"ws://127.0.0.1:{port}{path}", sock=wire, max_queue=1, compression=None, ping_interval=None)


def test_previews_are_dropped_first_and_ends_never(port: int) -> None:
    heard: list[Any] = []
    with slow_client(port) as tab:
        time.sleep(2)  # reads nothing while all of it is told
        while not heard or heard[-1]["type"] != "told":
            heard.append(json.loads(tab.recv(timeout=20)))
    ends = [event["seq"] for event in heard if event["type"] == "ended"]
    assert ends == list(range(0, flooding_program.FRAMES, flooding_program.BETWEEN_ENDS))
    frames = [event for event in heard if event["type"] == "partial"]
    assert [event["seq"] for event in frames] == list(range(flooding_program.FRAMES))
    with_preview = sum("preview" in event for event in frames)
    assert 5 < with_preview < flooding_program.FRAMES / 2
    assert consumer.PREVIEWS_UNTIL_BYTES / 2 < heard[-1]["most_unsent_bytes"] < consumer.MOST_UNSENT_BYTES


def hear_all(tab: ClientConnection) -> Iterator[str]:
    while True:
        yield str(tab.recv(timeout=20))


def test_a_client_that_reads_nothing_at_all_is_cut_off(port: int) -> None:
    heard: list[str] = []
    with slow_client(port, "/torrent") as tab:
        time.sleep(2)
        with pytest.raises(ConnectionClosed) as caught:
            heard.extend(hear_all(tab))
    assert len(heard) < 30_000
    if caught.value.rcvd is not None:  # else Daphne did not wait until it had read so far
        assert caught.value.rcvd.code == consumer.TOO_SLOW


def test_a_client_that_reads_gets_every_preview(port: int) -> None:
    with connect(f"ws://127.0.0.1:{port}/", compression=None, max_queue=None) as tab:
        heard = [json.loads(tab.recv(timeout=20)) for _ in range(200)]
    assert sum("preview" in event for event in heard) > 100
