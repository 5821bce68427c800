"""A request that walks through everything: browser, web, queue, worker, provider, row, channel layer, socket, page."""

import re
import time
from collections import Counter

import pytest

from tests.scaled.darkroom import METRICS_TOKEN, Darkroom
from tests.scaled.people import Person, close_code, next_event
from tests.scaled.programs import wait_until
from tests.scaled.provider import Provider

pytestmark = pytest.mark.scaled


def test_everything_answers(darkroom: Darkroom) -> None:
    assert darkroom.get("/healthz") == (200, b"ok\n")
    wait_until(lambda: darkroom.status("/readyz") == 200, "readiness", darkroom.worker)
    assert darkroom.parts() == {
        "database": True,
        "queue": True,
        "channel_layer": True,
        "storage": True,
        "worker": True,
        "line": True,
    }


def test_a_connection_test_walks_through_queue_worker_provider_and_socket(
    darkroom: Darkroom, provider: Provider
) -> None:
    with Person(darkroom.url, "ada@example.com") as ada:
        code = ada.add_connection(f"Look-alike {darkroom.port}", f"http://{provider.address}/v1")
        assert "Not tested" in ada.health(code)
        with ada.listen() as socket:
            assert next_event(socket) == {"v": 1, "type": "hello"}
            ada.test(code)
            assert next_event(socket) == {"v": 1, "type": "connection", "connection": code}
        assert "The key works, and GPT Image models are available." in ada.health(code)
    assert provider.calls[-1] == ("/v1/models", "Bearer sk-very-secret-0123456789")


def test_a_socket_of_a_stranger_closes_at_once(darkroom: Darkroom) -> None:
    with Person(darkroom.url, "ada@example.com") as ada, ada.listen(slug="southwind") as socket:
        assert close_code(socket) == 4404


def test_the_worker_counts_its_tasks_for_prometheus(darkroom: Darkroom, provider: Provider) -> None:
    before = tasks_counted(darkroom)
    with Person(darkroom.url, "ada@example.com") as ada, ada.listen() as socket:
        code = ada.add_connection(f"Counted {darkroom.port}", f"http://{provider.address}/v1")
        next_event(socket)
        ada.test(code)
        next_event(socket)
    wait_until(lambda: tasks_counted(darkroom) == before + 1, "one more is counted")  # a moment after the event


def tasks_counted(darkroom: Darkroom) -> float:
    status, text = darkroom.get("/", port=darkroom.worker_metrics_port, token=METRICS_TOKEN)
    assert status == 200
    found = re.search(r'darkroom_tasks_total{outcome="done",task="test_connection"} (\d+)', text.decode())
    return float(found[1]) if found else 0


def test_metrics_are_for_the_bearer_of_the_token(darkroom: Darkroom) -> None:
    assert darkroom.get("/", port=darkroom.worker_metrics_port)[0] == 404
    assert darkroom.get("/", port=darkroom.worker_metrics_port, token="guessed")[0] == 404
    assert darkroom.get("/-/metrics")[0] == 404
    assert darkroom.get("/-/metrics", token="guessed")[0] == 404
    assert darkroom.get("/-/metrics", token=METRICS_TOKEN)[0] == 200


def test_requests_leave_no_connection_behind(darkroom: Darkroom) -> None:
    """Each is answered in a thread of its own, and libraries like to keep one connection for each thread."""
    before = open_descriptors(darkroom)
    answers = Counter(darkroom.status("/readyz") for _ in range(20))
    assert set(answers) <= {200, 503}  # a busy machine may be late with a part; each was answered all the same
    assert open_descriptors(darkroom) < before + 10


def open_descriptors(darkroom: Darkroom) -> float:
    text = darkroom.get("/-/metrics", token=METRICS_TOKEN)[1].decode()
    found = re.search(r"(?m)^process_open_fds (\S+)", text)
    assert found
    return float(found[1])


def test_a_removed_member_loses_the_socket_within_a_second(darkroom: Darkroom) -> None:
    with Person(darkroom.url, "ada@example.com") as ada, Person(darkroom.url, "ben@example.com") as ben:
        with ben.listen() as socket:
            assert next_event(socket) == {"v": 1, "type": "hello"}
            ada.submit("/o/northwind/team/", f"/o/northwind/team/{darkroom.world.member}/remove/")
            removed = time.monotonic()
            assert close_code(socket) == 4403
        assert time.monotonic() - removed < 1
