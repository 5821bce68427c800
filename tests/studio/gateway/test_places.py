"""Listeners on real sockets, of which each key and each person may have a number, and who vanish without a word."""

import http.client
import json
import socket
import struct
import time
from urllib.parse import urlsplit

from tests.embedded.instance import Instance

MOST = 64
DEADLINE_SECONDS = 90.0
NO_GOODBYE = struct.pack("ii", 1, 0)  # closing sends a reset


def ask(darkroom: Instance, key: str, method: str, path: str, body: object = None) -> http.client.HTTPResponse:
    """The answer's head; its socket stays open as long as it is kept."""
    line = http.client.HTTPConnection(urlsplit(darkroom.url).netloc, timeout=DEADLINE_SECONDS)
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    line.request(method, path, json.dumps(body) if body is not None else None, headers)
    sock = line.sock
    answer = line.getresponse()
    answer.darkroom_socket = sock  # type: ignore[attr-defined]  # http.client lets go of it
    return answer


def vanish(answer: http.client.HTTPResponse) -> None:
    sock: socket.socket = answer.darkroom_socket  # type: ignore[attr-defined]  # ours, see above
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, NO_GOODBYE)
    sock.close()
    answer.close()


def follow_at_last(darkroom: Instance, key: str, path: str) -> http.client.HTTPResponse:
    ends_at = time.monotonic() + DEADLINE_SECONDS
    while (answer := ask(darkroom, key, "GET", path)).status != 200:
        assert (answer.status, time.monotonic() < ends_at) == (429, True)
        answer.close()
        time.sleep(0.2)
    return answer


def test_the_sixty_fifth_is_told_when_to_come_again_and_those_who_vanish_make_room(
    darkroom: Instance, upstream_key: str, sandbox_key: str
) -> None:
    run = json.loads(ask(darkroom, upstream_key, "POST", "/api/v1/runs", {"prompt": "held"}).read())["id"]
    path = f"/api/v1/runs/{run}/events?stream=true"
    open_ones = [follow_at_last(darkroom, upstream_key, path) for _ in range(MOST)]
    refused = ask(darkroom, upstream_key, "GET", path)
    assert (refused.status, refused.headers["Retry-After"]) == (429, "5")
    picture = {"model": "gpt-image-2", "prompt": "a lamp"}
    other_key = ask(darkroom, sandbox_key, "POST", "/v1/images/generations", picture)
    assert (other_key.status, other_key.headers["Retry-After"]) == (429, "5"), "another key of the same person"
    for one in open_ones:
        vanish(one)
    for number in range(200):
        answer = follow_at_last(darkroom, upstream_key, path)
        if number % 2:
            answer.readline()
        vanish(answer)
    again = [follow_at_last(darkroom, upstream_key, path) for _ in range(MOST)]
    assert ask(darkroom, upstream_key, "GET", path).status == 429
    ask(darkroom, upstream_key, "POST", f"/api/v1/runs/{run}/cancel").read()
    for one in again:
        assert b'"ended"' in one.read()
    assert follow_at_last(darkroom, sandbox_key, "/v1/models").status == 200
