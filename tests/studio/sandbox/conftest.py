"""A real Daphne on a free port, and the real SDK that calls it."""

import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from openai import OpenAI

from studio.sandbox.paint.picture import Brief
from studio.sandbox.painter import Job, Painting

Error = dict[str, Any]
START_SECONDS = 30


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(port: int, program: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until and program.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise RuntimeError("the sandbox does not listen")


@pytest.fixture(scope="package")
def sandbox_url() -> Iterator[str]:
    port = free_port()
    application = "tests.studio.sandbox.program:application"
    command = [sys.executable, "-m", "daphne", "-b", "127.0.0.1", "-p", str(port), application]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as program:
        try:
            wait_for(port, program)
            yield f"http://127.0.0.1:{port}/sandbox/v1"
        finally:
            program.terminate()


@pytest.fixture(scope="package")
def client(sandbox_url: str) -> Iterator[OpenAI]:
    with OpenAI(api_key="sk-sandbox", base_url=sandbox_url, max_retries=0, timeout=20) as made:
        yield made


Make = Callable[..., bytes]


@pytest.fixture(scope="package")
def photo() -> bytes:
    """PNG, 1024x1024."""
    return Painting(Job(Brief("a quiet valley with a house", 1024, 1024, "low"))).final()
