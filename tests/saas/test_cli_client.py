"""The command line's HTTP: asked to go slower it rests and asks again; a limit ends it at once."""

import json

import pytest

from saas.cli import client as cli
from saas.cli.client import Client
from saas.cli.config import Access
from saas.cli.errors import CommandFailed
from tests.support.fake_provider import Exchange, upstream


@pytest.fixture
def rests(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    found: list[float] = []
    monkeypatch.setattr("saas.cli.client.time.sleep", found.append)
    return found


def test_it_rests_as_long_as_it_is_told_and_asks_again(rests: list[float]) -> None:
    answers = [429, 429, 200]

    def speak(exchange: Exchange) -> None:
        status = answers.pop(0)
        error = {"code": "rate_limited", "message": "Slower."}
        body: dict[str, object] = {"data": []} if status == 200 else {"error": error}
        exchange.whole(status, body, Retry_After="7")

    with upstream(speak) as found:
        assert Client(Access(found.url, "dk_x")).post("/api/v1/runs", {}) == {"data": []}
    assert (rests, len(found.seen)) == ([7.0, 7.0], 3)


def test_it_does_not_rest_for_ever(rests: list[float]) -> None:
    def speak(exchange: Exchange) -> None:
        exchange.whole(429, {"error": {"code": "rate_limited", "message": "Slower."}}, Retry_After="100000")

    with upstream(speak) as found, pytest.raises(CommandFailed, match="Slower") as ended:
        Client(Access(found.url, "dk_x")).post("/api/v1/runs", {})
    assert ended.value.code == 5
    assert rests == [cli.LONGEST_REST_SECONDS] * cli.MOST_RESTS


@pytest.mark.parametrize("retry_after", ["7", "soon", ""])
def test_a_limit_of_money_is_waited_for_by_nobody(retry_after: str, rests: list[float]) -> None:
    def speak(exchange: Exchange) -> None:
        code = "organization_money_day" if retry_after == "7" else "rate_limited"
        exchange.whole(429, {"error": {"code": code, "message": "Enough."}}, Retry_After=retry_after)

    with upstream(speak) as found, pytest.raises(CommandFailed, match="Enough"):
        Client(Access(found.url, "dk_x")).post("/api/v1/runs", {})
    assert (rests, len(found.seen)) == ([], 1)


def test_a_stream_that_ends_as_darkroom_restarts_is_followed_on_another_line(rests: list[float]) -> None:
    lines = {
        "/api/v1/runs?stream=true": [
            {"type": "queued", "run": "r", "seq": 1},
            {"type": "error", "run": "r", "seq": 1, "error": {"code": "restarting", "message": "…"}},
        ],
        "/api/v1/runs/r/events?stream=true&after=1": [{"type": "ended", "run": "r", "seq": 2}],
    }

    def speak(exchange: Exchange) -> None:
        exchange.begin()
        for line in lines[exchange.asked.path]:
            exchange.send(f"{json.dumps(line)}\n")

    with upstream(speak) as found:
        found.models = speak  # whatever is asked by GET
        told = list(Client(Access(found.url.removesuffix("/v1"), "dk_x")).events({}, request_key="k"))
    assert [event["type"] for event in told] == ["queued", "ended"]
    assert rests == [cli.AGAIN_SECONDS]
