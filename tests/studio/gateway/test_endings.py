"""How each end of a provider's call reaches the program that asked: against an upstream that shares no code with
Darkroom, with a worker that is quicker than its caller. Waits between tries are passed over."""

from typing import Any

import openai
import pytest

from accounts.models import Organization, Subject, User
from billing.models import Entry
from saas.database import tenancy
from studio.gateway.submission import submit
from studio.models import Output, Run, State, Ticket
from tests.studio.engine.test_worker import up, work
from tests.studio.gateway.inside import Inside, sdk
from tests.support.fake_provider import Exchange, Script, Upstream, completed, error, partial, pictures, png
from tests.support.text_holds import allow

pytestmark = pytest.mark.django_db
__all__ = ["up"]  # the fixture

IMAGE, REQUEST, SERVER = "image_generation_user_error", "invalid_request_error", "server_error"
HTML = "<html><h1>502 Bad Gateway</h1></html>"


@pytest.fixture(autouse=True)
def _a_worker_is_quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is submitted has ended before its caller begins to wait."""

    def submitted(*args: Any, **more: Any) -> Run:
        run = submit(*args, **more)
        while Ticket.objects.exists():
            Ticket.objects.update(not_before="2020-01-01T00:00:00Z")
            assert work()
        return run

    for door in ("images", "responses"):
        monkeypatch.setattr(f"studio.gateway.{door}.submit", submitted)


def says(status: int, body: Any, kind: str = "application/json", **headers: str) -> Script:
    return lambda exchange: exchange.whole(status, body, kind, **headers)


def cut(exchange: Exchange) -> None:
    exchange.begin()
    exchange.frame(partial(0, png(shade=1)))
    exchange.drop()


LIMITED = says(429, error("rate_limit_exceeded", "input-images"), retry_after="12")
TOLD: dict[str, tuple[Script, tuple[int, str, str | None], bool, int]] = {
    # what the provider does: the answer's status, type and code; whether to ask again; how often it was asked
    "moderated": (says(400, error("moderation_blocked")), (400, IMAGE, "moderation_blocked"), False, 1),
    "moderated, as relays say it": (
        says(400, error("content_policy_violation")),
        (400, IMAGE, "moderation_blocked"),
        False,
        1,
    ),
    "a bad value": (says(400, error("invalid_value")), (400, IMAGE, "invalid_value"), False, 1),
    "an unknown parameter": (says(400, error("unknown_parameter", REQUEST)), (400, IMAGE, "invalid_value"), False, 1),
    "a hard limit": (
        says(400, error("billing_hard_limit_reached", REQUEST)),
        (429, "insufficient_quota", "insufficient_quota"),
        False,
        1,
    ),
    "a wrong key": (says(401, error("invalid_api_key", REQUEST)), (502, SERVER, "provider_refused_key"), False, 1),
    "not verified": (
        says(403, error(None, REQUEST, "Your organization must be verified to use the model `gpt-image-2`.")),
        (403, REQUEST, None),
        False,
        1,
    ),
    "not allowed": (says(403, error(None, REQUEST, "No.")), (403, REQUEST, "not_allowed"), False, 1),
    "no such model": (says(404, error("model_not_found", REQUEST)), (404, REQUEST, "model_not_found"), False, 1),
    "too fast": (LIMITED, (429, "input-images", "rate_limit_exceeded"), True, 4),
    "slow down": (
        says(429, error("slow_down", "rate_limit_error")),
        (429, "input-images", "rate_limit_exceeded"),
        True,
        4,
    ),
    "no money": (
        says(429, error("insufficient_quota", "insufficient_quota")),
        (429, "insufficient_quota", "insufficient_quota"),
        False,
        1,
    ),
    "no credit": (
        says(429, error("credit_balance_exhausted", "insufficient_quota")),
        (429, "insufficient_quota", "insufficient_quota"),
        False,
        1,
    ),
    "a server's error": (
        says(500, error(None, SERVER)),
        (503, "service_unavailable_error", "server_is_overloaded"),
        True,
        4,
    ),
    "overloaded": (
        says(503, error("server_is_overloaded", "service_unavailable_error")),
        (503, "service_unavailable_error", "server_is_overloaded"),
        True,
        4,
    ),
    "a page of a proxy": (says(502, HTML, "text/html"), (504, SERVER, "outcome_unknown"), False, 1),
    "Cloudflare gave up": (says(524, HTML, "text/html"), (504, SERVER, "outcome_unknown"), False, 1),
    "a page with 200": (says(200, HTML, "text/html"), (502, SERVER, "outcome_unknown"), False, 1),
    "an error with 200": (says(200, error("moderation_blocked")), (400, IMAGE, "moderation_blocked"), False, 1),
    "an empty answer": (says(200, {"created": 1, "data": []}), (502, SERVER, "outcome_unknown"), False, 1),
    "the line is cut": (cut, (502, SERVER, "outcome_unknown"), False, 1),
    "no final": (pictures(partial(0, png(shade=1))), (502, SERVER, "outcome_unknown"), False, 1),
    "an error in the stream": (
        pictures(
            {"type": "error", "error": error("image_generation_failed", "image_generation_server_error")["error"]}
        ),
        (500, "image_generation_server_error", "image_generation_failed"),
        False,
        1,
    ),
    "a flat error in the stream": (
        pictures({"type": "error", "code": "moderation_blocked", "message": "No.", "param": None}),
        (400, IMAGE, "moderation_blocked"),
        False,
        1,
    ),
}


@pytest.mark.parametrize("name", TOLD)
def test_an_end_without_a_picture_has_its_status_and_its_code(
    acme: Organization, bob: User, up: Upstream, name: str
) -> None:
    up.script, expected, may_retry, calls = TOLD[name]
    with pytest.raises(openai.APIStatusError) as refused:
        sdk(Inside(), acme, bob).images.generate(prompt="a lamp", model="gpt-image-2")
    found = refused.value
    assert (found.status_code, found.type, found.code) == expected
    assert set(found.response.json()["error"]) == {"message", "type", "param", "code"}
    assert len(up.seen) == calls
    headers = found.response.headers
    assert headers.get("x-should-retry") == (None if may_retry else "false")
    assert ("retry-after" in headers) == may_retry
    assert int(headers.get("retry-after", 0)) <= 120
    with tenancy.tenant(acme.pk):
        assert headers["x-darkroom-run"] == str(Run.objects.get(org=acme).code)
        assert not Output.objects.filter(org=acme).exists()


def test_the_headers_say_what_the_ledger_says(acme: Organization, alice: User, bob: User, up: Upstream) -> None:
    allow(acme, alice, Subject.ORGANIZATION, money_month=1_000_000)
    allow(acme, alice, Subject.MEMBER, user=bob, money_day=500_000)
    up.script = pictures(completed(png(shade=9)))
    answer = sdk(Inside(), acme, bob).images.with_raw_response.generate(
        prompt="a lamp", model="gpt-image-2", quality="low", size="1024x1024", n=2
    )
    with tenancy.tenant(acme.pk):
        run = Run.objects.get(org=acme)
        micros = sum(Entry.objects.filter(org=acme, run_code=run.code).values_list("micros", flat=True))
        assert (run.state, run.api_key is not None, run.maker_id) == (State.SUCCEEDED, True, bob.pk)
    assert micros == 2 * (12 * 5 + 296 * 30)  # what the upstream says that it used
    assert answer.headers["x-darkroom-run"] == str(run.code)
    assert answer.headers["x-darkroom-cost"] == f"{micros / 1e6:.6f}".rstrip("0")
    assert answer.headers["x-darkroom-budget-left"] == f"{(500_000 - micros) / 1e6:.6f}".rstrip("0")
    usage = answer.parse().usage
    assert usage is not None
    assert (usage.input_tokens, usage.output_tokens, usage.total_tokens) == (24, 592, 616)


def test_without_a_limit_no_budget_is_told(acme: Organization, bob: User, up: Upstream) -> None:
    answer = sdk(Inside(), acme, bob).images.with_raw_response.generate(prompt="a lamp", model="gpt-image-2")
    assert "x-darkroom-budget-left" not in answer.headers
    assert "x-darkroom-failed" not in answer.headers


def test_those_that_came_are_answered_though_others_failed(acme: Organization, bob: User, up: Upstream) -> None:
    def second_is_refused(exchange: Exchange) -> None:
        if exchange.asked.json["safety_identifier"].endswith(":1"):
            exchange.whole(400, error("moderation_blocked"))
        else:
            pictures(completed(png(shade=9)))(exchange)

    up.script = second_is_refused
    answer = sdk(Inside(), acme, bob).images.with_raw_response.generate(prompt="a lamp", model="gpt-image-2", n=3)
    assert answer.headers["x-darkroom-failed"] == "1"
    assert len(answer.parse().data or []) == 2
