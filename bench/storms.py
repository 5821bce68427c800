"""Do as Mallory all the harm that a tenant may do to others, each kind in a storm of its own."""

import base64
import http.client
import io
import json
import os
import re
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from urllib.parse import urlencode

from bench.archive import fetch
from bench.neighbour_world import PATIENCE_SECONDS, PICTURE, RUN, World, post
from bench.page import Browser
from bench.pictures import painted

Storm = Callable[[World], None]


def again_and_again(here: World, threads: int, act: Callable[[int], object]) -> None:
    def loop(number: int) -> None:
        while not here.stopped.is_set():
            with suppress(OSError, http.client.HTTPException):
                act(number)

    working = [threading.Thread(target=loop, args=(number,), daemon=True) for number in range(threads)]
    for one in working:
        one.start()
    here.stopped.wait()
    for one in working:
        one.join(PATIENCE_SECONDS)


def calm(here: World) -> None:
    here.stopped.wait()


def webhooks_that_drip(here: World) -> None:
    for _ in range(3):
        post(here, here.key("hooked"), "/api/v1/runs", RUN)
    here.stopped.wait()


def calls_that_hang(here: World) -> None:
    runs = []
    for _ in range(8):
        for key in here.keys["hanging"]:
            status, body = post(here, key, "/api/v1/runs", {**RUN, "n": 4})
            if status == http.client.CREATED:
                runs.append((key, json.loads(body)["id"]))
    here.stopped.wait()
    for key, code in runs:
        post(here, key, f"/api/v1/runs/{code}/cancel", {})


def open_streams(here: World) -> None:
    key = here.keys["hanging"][0]
    lines = []
    for _ in range(64):
        connection = http.client.HTTPConnection("127.0.0.1", here.port, timeout=PATIENCE_SECONDS)
        body = json.dumps({**PICTURE, "stream": True, "partial_images": 3})
        connection.request("POST", "/v1/images/generations", body, {"Authorization": f"Bearer {key}"})
        lines.append(connection)
    here.stopped.wait()
    for connection in lines:
        connection.close()


def largest_uploads(here: World) -> None:
    large = painted(5000, 5000).write_to_buffer(".jpg", Q=95)
    head = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.jpg"\r\nContent-Type: image/jpeg\r\n\r\n'
    body = head + large + b"\r\n--b--\r\n"

    def upload(_: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", here.port, timeout=PATIENCE_SECONDS)
        headers = {
            "Authorization": f"Bearer {here.key('hooked')}",
            "Content-Type": "multipart/form-data; boundary=b",
        }
        connection.request("POST", "/api/v1/inputs", io.BytesIO(body), headers | {"Content-Length": str(len(body))})
        connection.getresponse().read()
        connection.close()

    again_and_again(here, 8, upload)


def searches(here: World) -> None:
    browsers = [mallory(here) for _ in range(8)]
    query = urlencode({"q": "light", "order": "stars"})
    again_and_again(here, 8, lambda number: browsers[number].ask("GET", f"/o/demo/gallery/?{query}"))


def archives(here: World) -> None:
    browsers = [mallory(here) for _ in range(4)]
    again_and_again(here, 4, lambda number: fetch(browsers[number], here.pictures))


def exports(here: World) -> None:
    browsers = [mallory(here) for _ in range(4)]

    def export(number: int) -> None:
        browser = browsers[number]
        _, form = browser.ask("GET", "/o/demo/usage/exports/")
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', form)
        fields = {"what": "runs", "format": "csv", "period": "year"}
        if token:
            browser.ask("POST", "/o/demo/usage/exports/make/", {"csrfmiddlewaretoken": token[1], **fields})

    again_and_again(here, 4, export)


def idle_sockets(here: World) -> None:
    browser = mallory(here)
    cookie = "; ".join(f"{name}={value}" for name, value in browser.cookies.items())
    wires = []
    for _ in range(1000):
        wire = socket.create_connection(("127.0.0.1", here.port), timeout=PATIENCE_SECONDS)
        nonce = base64.b64encode(os.urandom(16)).decode()
        wire.sendall(
            f"GET /ws/o/demo/ HTTP/1.1\r\nHost: 127.0.0.1:{here.port}\r\nUpgrade: websocket\r\n"
            f"Connection: Upgrade\r\nOrigin: http://127.0.0.1:{here.port}\r\nSec-WebSocket-Version: 13\r\n"
            f"Sec-WebSocket-Key: {nonce}\r\nCookie: {cookie}\r\n\r\n".encode()
        )
        wires.append(wire)
        if here.stopped.is_set():
            break
    here.stopped.wait()
    for wire in wires:
        wire.close()


def large_bodies(here: World) -> None:
    chunk = b"x" * 65536

    def send(_: int) -> None:
        with socket.create_connection(("127.0.0.1", here.port), timeout=PATIENCE_SECONDS) as wire:
            wire.sendall(
                f"POST /api/v1/inputs HTTP/1.1\r\nHost: 127.0.0.1:{here.port}\r\n"
                f"Authorization: Bearer {here.key('hooked')}\r\nContent-Type: multipart/form-data; boundary=b\r\n"
                "Content-Length: 99000000\r\n\r\n".encode()
            )
            for _ in range(99_000_000 // len(chunk)):
                if here.stopped.is_set():
                    return
                wire.sendall(chunk)

    again_and_again(here, 16, send)


def mallory(here: World) -> Browser:
    browser = Browser(here.port)
    browser.sign_in(here.demo["email"], here.demo["password"])
    return browser


STORMS: dict[str, Storm] = {
    "nothing at all": calm,
    "30 webhooks that drip": webhooks_that_drip,
    "32 runs of 4 pictures that hang": calls_that_hang,
    "64 open streams": open_streams,
    "8 uploads of 25 megapixels": largest_uploads,
    "8 searches for a common word": searches,
    "4 ZIPs of 2,000 pictures": archives,
    "4 exports at once": exports,
    "1,000 idle sockets": idle_sockets,
    "16 bodies of 99 MB": large_bodies,
}
