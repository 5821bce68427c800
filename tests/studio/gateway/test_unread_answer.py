"""A caller who reads no more and goes away has no answer, although all of it lay in the server's memory: their retry
gets the picture that was made."""

import json
import os
import socket
import time
import zlib
from base64 import b64decode
from collections.abc import Iterator
from urllib.parse import urlsplit

import httpx2
import pytest

from saas.embedded import identity
from tests.embedded import postmaster
from tests.embedded.instance import Instance
from tests.storm.client import head, wait_until
from tests.studio.gateway import upstreams
from tests.support.fake_provider import Upstream, completed, pictures, png

LARGE = "large unread"
SIDE = 950  # noise of 2.7 MB, 3.6 MB in the answer: more than the kernel takes for a caller who does not read
GONE = f"SELECT count(*) FROM studio_run WHERE prompt = '{LARGE}' AND awaited_by IS NULL AND request_hash <> ''"  # noqa: S608


def noise(side: int) -> bytes:
    rows = b"".join(b"\0" + os.urandom(3 * side) for _ in range(side))
    flat = png(side, side)
    start, end = flat.index(b"IDAT") - 4, flat.index(b"IEND") - 4
    data = zlib.compress(rows, 0)
    chunk = b"IDAT" + data
    return flat[:start] + len(data).to_bytes(4) + chunk + zlib.crc32(chunk).to_bytes(4) + flat[end:]


@pytest.fixture
def picture(monkeypatch: pytest.MonkeyPatch) -> bytes:
    made = noise(SIDE)
    monkeypatch.setitem(upstreams.scripts, LARGE, pictures(completed(made)))
    return made


@pytest.fixture
def program(darkroom: Instance, upstream_key: str) -> Iterator[httpx2.Client]:
    headers = {"Authorization": f"Bearer {upstream_key}"}
    with httpx2.Client(base_url=darkroom.url, headers=headers, timeout=60, trust_env=False) as client:
        yield client


def ask_and_read_little(url: str, key: str, body: bytes) -> socket.socket:
    parts = urlsplit(url)
    lines = [f"Authorization: Bearer {key}", "Content-Type: application/json", f"Content-Length: {len(body)}"]
    line = socket.socket()
    line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    line.settimeout(60)
    line.connect((parts.hostname, parts.port))
    line.sendall(head(url, "/v1/images/generations", *lines, method="POST").encode() + body)
    assert line.recv(12) == b"HTTP/1.1 200"
    return line


def count_gone(darkroom: Instance) -> int:
    """How many callers have gone without an answer."""
    ((found,),) = postmaster.ask(darkroom.folder, GONE, role=identity.SUPERUSER)
    return int(str(found))


@pytest.mark.parametrize("streams", [False, True], ids=["whole", "stream"])
def test_the_retry_of_a_caller_who_did_not_read_the_answer_gets_its_picture(
    darkroom: Instance, upstream_key: str, up: Upstream, program: httpx2.Client, picture: bytes, streams: bool
) -> None:
    asked = len(up.seen)
    body = json.dumps({"prompt": LARGE, "model": "gpt-image-2", "stream": streams}).encode()
    with ask_and_read_little(darkroom.url, upstream_key, body):
        time.sleep(2)  # and all of it lies ready, and is not read
    assert wait_until(lambda: count_gone(darkroom) == 1)
    again = {"x-stainless-retry-count": "1", "Content-Type": "application/json"}
    answer = program.post("/v1/images/generations", content=body, headers=again)
    assert answer.status_code == 200
    if streams:
        told = [json.loads(line[6:]) for line in answer.text.splitlines() if line.startswith("data: ")][-1]
    else:
        (told,) = answer.json()["data"]
    assert b64decode(told["b64_json"]) == picture
    assert len(up.seen) == asked + 1
    assert count_gone(darkroom) == 0
