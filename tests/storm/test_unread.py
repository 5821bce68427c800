"""Answers that nobody reads: whole ones with pictures cost a few megabytes each, and all of one organization's together
have a bound."""

import json
import socket
import time
from contextlib import ExitStack
from urllib.parse import urlsplit

import httpx2

from tests.storm.client import Storm, head

ASKED = {"model": "gpt-image-2", "prompt": "a forest", "size": "3840x2160", "quality": "low", "n": 4}
UNREAD = 16
COUNTED_LATER = ("billing_dayuse", "billing_dimensionuse", "billing_snapshot")


def unread(storm: Storm, key: str) -> socket.socket:
    """Ask, take the first bytes of the answer, and no more of it."""
    parts, body = urlsplit(storm.url), json.dumps(ASKED)
    lines = [f"Authorization: Bearer {storm.api_key}", f"Idempotency-Key: {key}", f"Content-Length: {len(body)}"]
    line = socket.socket()
    line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    line.settimeout(30)
    line.connect((parts.hostname, parts.port))
    line.sendall((head(storm.url, "/v1/images/generations", *lines, method="POST") + body).encode())
    return line


def test_answers_that_nobody_reads_do_not_fill_the_memory(storm: Storm) -> None:
    """The same run is answered again and again, which costs nothing and makes nothing."""
    asking = {"Authorization": f"Bearer {storm.api_key}", "Idempotency-Key": "unread"}
    with httpx2.Client(base_url=storm.url, headers=asking, timeout=120, trust_env=False) as program:
        answer = program.post("/v1/images/generations", json=ASKED)
        assert answer.status_code == 200
        size_megabytes = len(answer.content) / 1_000_000
    assert UNREAD * size_megabytes > 400
    before = storm.memory_megabytes()
    with storm.weathered(may_change=COUNTED_LATER), ExitStack() as lines:
        for _ in range(UNREAD):
            lines.enter_context(unread(storm, "unread"))
        time.sleep(10)
        assert storm.memory_megabytes() - before < 400
