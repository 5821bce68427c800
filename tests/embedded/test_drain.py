"""Asked to stop, all of it first ends what it has begun; asked again, it tells those who wait, and ends."""

import http.client
import json
import socket
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

import httpx2
import openai
import pytest

from tests.embedded import postmaster
from tests.embedded.instance import ROOT, STOP_SECONDS, Instance, manage, running_darkroom
from tests.embedded.prepared import copied
from tests.support.fake_provider import Upstream, text_of, upstream
from tests.support.invariants import SHADES
from tests.weather.painting import Painting

LEASE_SECONDS = 3


@pytest.fixture
def painting() -> Painting:
    return Painting()


@pytest.fixture
def up(painting: Painting) -> Iterator[Upstream]:
    with upstream(painting) as found:
        yield found


@pytest.fixture
def darkroom(demo_data: Path, tmp_path: Path, up: Upstream) -> Iterator[Instance]:
    data = copied(demo_data, tmp_path / "drain")
    with running_darkroom(
        data, PROVIDER_ALLOWED_HOSTS=up.host, LEASE_SECONDS=str(LEASE_SECONDS), DRAIN_SECONDS="120"
    ) as instance:
        yield instance


@pytest.fixture
def client(darkroom: Instance, up: Upstream, monkeypatch: pytest.MonkeyPatch) -> Iterator[openai.OpenAI]:
    script = (ROOT / "tests/studio/gateway/point_at_upstream.py").read_text().replace("UPSTREAM", up.url)
    monkeypatch.setenv("PROVIDER_ALLOWED_HOSTS", up.host)
    key = manage(darkroom.folder.root, "shell", "-c", script).split()[-1]
    with openai.OpenAI(api_key=key, base_url=f"{darkroom.url}/v1", max_retries=0, timeout=60) as made:
        yield made


def begin(callers: ThreadPoolExecutor, client: openai.OpenAI, painting: Painting) -> Future[str]:
    def ask() -> str:
        return str((client.images.generate(prompt="a lamp", model="gpt-image-2").data or [])[0].b64_json)

    answer = callers.submit(ask)
    wait_until(lambda: painting.times("a lamp") == 1)
    return answer


def test_what_has_begun_is_answered_and_then_all_of_it_ends(
    darkroom: Instance, client: openai.OpenAI, painting: Painting
) -> None:
    address = urlsplit(darkroom.url)
    with (
        ThreadPoolExecutor() as callers,
        painting,
        socket.create_connection((address.hostname, address.port), timeout=20) as line,
    ):
        answer = begin(callers, client, painting)
        line.sendall(b"GET /readyz HTTP/1.1\r\n")
        darkroom.process.terminate()
        wait_until(lambda: not takes_callers(darkroom))
        line.sendall(f"Host: {address.netloc}\r\n\r\n".encode())
        said = http.client.HTTPResponse(line)
        said.begin()
        assert (said.status, said.headers["Connection"]) == (503, "close")
        assert json.loads(said.read()) == {"ready": False, "draining": True, "parts": {}}
        time.sleep(3 * LEASE_SECONDS)  # what the worker holds would be anybody's by now
        assert darkroom.process.poll() is None
        painting.finish()
        assert answer.result(30) == text_of(SHADES[1])
        assert darkroom.process.wait(STOP_SECONDS) == 0
    assert painting.times("a lamp") == 1
    assert "Press Ctrl-C again to stop at once." in darkroom.log.read_text()
    with postmaster.attached(darkroom.folder):
        ends = "SELECT state, charged FROM studio_slot"
        assert postmaster.ask(darkroom.folder, ends, role="postgres") == [("succeeded", "yes")]
        lost = "SELECT count(*) FROM studio_runevent WHERE data::text LIKE '%worker_lost%'"
        assert postmaster.ask(darkroom.folder, lost, role="postgres") == [(0,)]


def test_asked_again_it_tells_those_who_wait_and_ends(
    darkroom: Instance, client: openai.OpenAI, painting: Painting
) -> None:
    with ThreadPoolExecutor() as callers, painting:
        answer = begin(callers, client, painting)
        darkroom.process.terminate()
        wait_until(lambda: not takes_callers(darkroom))
        darkroom.process.terminate()
        with pytest.raises(openai.APIStatusError) as told:
            answer.result(30)
        assert darkroom.process.wait(STOP_SECONDS) == 0
    assert (told.value.status_code, told.value.code) == (503, "restarting")
    assert told.value.response.headers["x-should-retry"] == "true"
    assert postmaster.processes_of(darkroom.folder) == []


@pytest.mark.parametrize("kind", ["application/x-ndjson", "text/event-stream"])
def test_a_stream_of_events_ends_with_a_word_on_where_to_go_on(
    darkroom: Instance, client: openai.OpenAI, painting: Painting, kind: str
) -> None:
    asking = {"Authorization": f"Bearer {client.api_key}", "Accept": kind}
    body = {"prompt": "a lamp", "model": "gpt-image-2"}
    with (
        painting,
        httpx2.Client(base_url=darkroom.url, headers=asking, timeout=60, trust_env=False) as program,
        program.stream("POST", "/api/v1/runs?stream=true", json=body) as answer,
    ):
        lines = (line.removeprefix("data: ") for line in answer.iter_lines())
        events = (json.loads(line) for line in lines if line.startswith("{"))
        told = [next(events)]
        while told[-1]["type"] != "partial":
            told.append(next(events))
        darkroom.process.terminate()
        wait_until(lambda: not takes_callers(darkroom))
        darkroom.process.terminate()
        *told, last = [*told, *events]
        assert darkroom.process.wait(STOP_SECONDS) == 0
    assert [event["seq"] for event in told] == list(range(1, len(told) + 1))
    assert (last["type"], last["run"], last["seq"]) == ("error", told[-1]["run"], told[-1]["seq"])
    assert last["error"]["code"] == "restarting"


def takes_callers(darkroom: Instance) -> bool:
    address = urlsplit(darkroom.url)
    try:
        with socket.create_connection((address.hostname, address.port), timeout=5):
            return True
    except OSError:
        return False


def wait_until(condition: Callable[[], bool], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)
