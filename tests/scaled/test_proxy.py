"""deploy/Caddyfile holds no stream back and cuts no socket."""

import re
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx2
import pytest

from tests.scaled.darkroom import METRICS_TOKEN, Darkroom
from tests.scaled.people import Person, next_event
from tests.scaled.programs import free_port, wait_until
from tests.scaled.provider import Provider
from tests.scaled.proxies import Caddy
from tests.scaled.streams import pieces
from tests.storm.client import ask, form, head

pytestmark = pytest.mark.scaled

MEGABYTE = bytes(1024 * 1024)


def test_a_socket_lives_behind_the_proxy(
    darkroom: Darkroom, provider: Provider, tmp_path: Path, programs: None
) -> None:
    with Caddy(tmp_path, f"127.0.0.1:{darkroom.port}") as caddy, Person(darkroom.url, "ada@example.com") as ada:
        code = ada.add_connection(f"Behind {caddy.port}", f"http://{provider.address}/v1")
        with ada.listen(caddy.url) as socket:
            assert next_event(socket) == {"v": 1, "type": "hello"}
            ada.test(code)
            while (event := next_event(socket))["type"] != "connection":
                assert "run" in event  # of another test, which the sweeper has taken up
            assert event == {"v": 1, "type": "connection", "connection": code}


def test_each_piece_of_an_answer_passes_at_once(tmp_path: Path, programs: None) -> None:
    may_go_on = threading.Event()
    with (
        pieces(may_go_on) as upstream,
        Caddy(tmp_path, upstream) as caddy,
        httpx2.stream("GET", caddy.url, timeout=10, trust_env=False) as answer,
    ):
        arriving = answer.iter_raw()
        assert next(arriving) == b"first"
        may_go_on.set()
        assert next(arriving) == b"second"


def test_an_upload_of_many_pictures_passes(tmp_path: Path, programs: None) -> None:
    def body() -> Iterator[bytes]:
        yield from (MEGABYTE for _ in range(200))

    with pieces(threading.Event()) as upstream, Caddy(tmp_path, upstream) as caddy:
        length = {"Content-Length": str(200 * len(MEGABYTE))}
        answer = httpx2.post(caddy.url, content=body(), headers=length, timeout=30, trust_env=False)
    assert answer.text == "209715200"


def test_no_header_moves_a_link_through_the_proxy(darkroom: Darkroom, tmp_path: Path, programs: None) -> None:
    """Not even the Host does, which Caddy passes on: PUBLIC_URL is the web process here."""
    with Caddy(tmp_path, f"127.0.0.1:{darkroom.port}") as caddy:
        address = f"proxy-{caddy.port}@example.com"
        evil = {"Daphne-Root-Path": "https://evil.example", "X-Forwarded-Host": "evil.example"}
        answer = form(caddy.url, "/accounts/password/reset/", evil, email=address)
        assert (answer.status_code, answer.headers["location"]) == (302, "/accounts/password/reset/done/")
        wait_until(lambda: address in darkroom.worker.log, "the mail is sent", darkroom.worker)
        mail = darkroom.worker.log.rpartition("Subject: No account with this address")[2]
        assert re.findall(r"\S*://\S+", mail) == [f"{darkroom.url}/accounts/signup/", darkroom.url]
        assert "evil" not in mail
        around = ask(caddy.url, head(caddy.url, "/v1/x/me/", "Daphne-Root-Path: /v1/x"))
        assert (around.status, "unknown_url" in around.text) == (404, True)


def test_a_caller_for_whom_no_process_comes_is_told_when_to_come_again(tmp_path: Path, programs: None) -> None:
    with Caddy(tmp_path, f"127.0.0.1:{free_port()}", UPSTREAM_WAIT="500ms") as caddy:
        answer = httpx2.get(f"{caddy.url}/v1/models", timeout=20, trust_env=False)
    assert (answer.status_code, answer.headers["retry-after"]) in [(502, "5"), (503, "5")]
    assert answer.text == "Darkroom is restarting. Try again in a few seconds."


def test_a_caller_waits_for_a_process_that_comes(tmp_path: Path, programs: None) -> None:
    with ThreadPoolExecutor(1) as callers, socket.socket() as found:
        found.bind(("127.0.0.1", 0))  # the port is ours, and nobody listens there yet
        with Caddy(tmp_path, f"127.0.0.1:{found.getsockname()[1]}") as caddy:
            call = callers.submit(httpx2.get, caddy.url, timeout=40, trust_env=False)
            wait_until(lambda: "connection refused" in caddy.program.log, "Caddy has tried", caddy.program)
            assert not call.done()
            found.listen()
            for _ in range(20):  # its own questions after health come, too
                peer, _ = found.accept()
                with peer:
                    asked = peer.recv(4096)
                    peer.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\nConnection: close\r\n\r\nhere")
                if not asked.startswith(b"GET /healthz"):
                    break
            assert call.result(40).text == "here"


def test_readiness_is_not_for_strangers(darkroom: Darkroom, tmp_path: Path, programs: None) -> None:
    with Caddy(tmp_path, f"127.0.0.1:{darkroom.port}") as caddy:
        for target in ("/readyz", "/READYZ", "/%72eadyz", "//readyz", "/x/../readyz", "/readyz/", "/readyz?a=b"):
            assert ask(caddy.url, head(caddy.url, target)).status == 404, target
        for target in ("/-/metrics", "/-/METRICS", "//-/metrics", "/x/../-/metrics", "/-/%6detrics"):
            asked = head(caddy.url, target, f"Authorization: Bearer {METRICS_TOKEN}")
            assert ask(caddy.url, asked).status == 404, target
        assert ask(caddy.url, head(caddy.url, "/healthz")).status == 200
        assert darkroom.status("/readyz") == 200
        assert darkroom.get("/-/metrics", token=METRICS_TOKEN)[0] == 200
