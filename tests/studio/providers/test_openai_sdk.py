"""Every odd answer of openai-compatible providers has one named outcome, and nothing is ever sent twice."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from saas.crypto.sealing import Secret
from saas.outbound import guarded_http
from studio.providers import answers, openai_sdk
from studio.providers.adapter import Endpoint, File, Request
from studio.providers.answers import Final, Frame, Partial
from studio.providers.outcomes import OUTCOMES, ProviderError
from tests.support.fake_provider import USAGE, Exchange, Script, completed, error, partial, pictures, text_of, upstream

PARAMETERS: dict[str, Any] = {"model": "gpt-image-2", "prompt": "a lamp", "n": 1, "size": "1024x1024", "quality": "low"}
JSON_ANSWER = {"created": 1, "data": [{"b64_json": text_of(b"final")}], "usage": USAGE, "size": "1024x1024"}


def ask(
    script: Script, request: Request | None = None, *, deadline_seconds: float = 20, can_stream: bool = True
) -> list[Frame]:
    with upstream(script) as up:
        endpoint = Endpoint(
            base_url=up.url,
            key=Secret("sk-test"),
            allowed_hosts=(up.host,),
            deadline_seconds=deadline_seconds,
            can_stream=can_stream,
        )
        try:
            return list(
                openai_sdk.develop(
                    endpoint, request or Request("images", PARAMETERS, partial_images=2), before_sending=lambda: None
                )
            )
        finally:
            assert len(up.seen) <= 1, "asked twice"


def raw(*pieces: bytes | str, kind: str = "text/event-stream") -> Script:
    def script(exchange: Exchange) -> None:
        exchange.begin(kind=kind)
        for piece in pieces:
            exchange.send(piece)

    return script


def sse(event: dict[str, Any]) -> str:
    return f"data: {json.dumps(event)}\n\n"


def in_pieces(text: str, size: int) -> list[str]:
    return [text[start : start + size] for start in range(0, len(text), size)]


STREAMS: dict[str, Script] = {
    "as documented": pictures(partial(0), partial(1), completed()),
    "fewer partials than asked": pictures(partial(0), completed()),
    "no partials": pictures(completed()),
    "comments between": raw(": ping\n\n", sse(partial(0)), ": ping\n\n: ping\n\n", sse(completed())),
    "keep-alive with empty data": raw("event: keepalive\ndata:\n\n", sse(partial(0)), sse(completed())),
    "keep-alive of an unknown type": raw(sse({"type": "keepalive"}), sse(completed())),
    "foreign events": raw(sse({"type": "image_generation.partial_succeeded", "url": "https://x"}), sse(completed())),
    "relay noise": raw("data: : PING\n\n", "data: data: " + json.dumps(completed()) + "\n\n"),
    "[DONE] at the end": raw(sse(completed()), "data: [DONE]\n\n"),
    "the event line alone says what a frame is": raw(
        *(f"event: {event.pop('type')}\n{sse(event)}" for event in (partial(0), completed()))
    ),
    "windows line ends": raw(sse(partial(0)).replace("\n", "\r\n"), sse(completed()).replace("\n", "\r\n")),
    "no blank line after the last frame": raw(f"data: {json.dumps(completed())}"),
    "cut into single bytes": raw(*in_pieces(sse(partial(0)) + sse(completed()), 1)),
    "cut into threes": raw(*in_pieces(sse(completed()), 3)),
    "a whole answer inside a frame": raw(f"data: {json.dumps(JSON_ANSWER)}\n\n"),
    "json in answer to a stream": lambda exchange: exchange.whole(200, JSON_ANSWER),
    "a megabyte on a line": raw(sse(completed(b"final" + b"\0" * 1_500_000))),
    "the final twice": pictures(completed(), completed(b"another")),
    "of the edit endpoint": pictures(partial(0, kind="image_edit"), completed(kind="image_edit")),
}


@pytest.mark.parametrize("name", STREAMS)
def test_a_picture_comes_out_of(name: str) -> None:
    frames = ask(STREAMS[name])
    finals = [frame for frame in frames if isinstance(frame, Final)]
    assert len(finals) == 1
    assert frames[-1] is finals[0]
    assert finals[0].data.rstrip(b"\0") == b"final"
    assert finals[0].usage == USAGE
    assert finals[0].used["size"] == "1024x1024"
    assert finals[0].request_id == "req_upstream_1"


def test_partials_come_in_order_with_their_bytes() -> None:
    frames = ask(pictures(partial(0, b"rough"), partial(1, b"finer"), completed()))
    assert frames[:2] == [Partial(0, b"rough"), Partial(1, b"finer")]


def test_a_final_without_usage_says_so() -> None:
    (final,) = ask(pictures(completed(usage=None)))
    assert isinstance(final, Final)
    assert final.usage is None


def fail(
    status: int, code: str | None, kind: str = "invalid_request_error", message: str = "No.", **headers: str
) -> Script:
    return lambda exchange: exchange.whole(status, error(code, kind, message), **headers)


def page(status: int) -> Script:
    return lambda exchange: exchange.whole(status, "<html>cut</html>", kind="text/html")


def drip(exchange: Exchange) -> None:
    exchange.begin()
    for _ in range(200):
        exchange.send(": ping\n\n")
        exchange.wait(0.02)


def dropped(*frames: dict[str, Any]) -> Script:
    def script(exchange: Exchange) -> None:
        exchange.begin(Content_Length="1000000")
        for one in frames:
            exchange.frame(one)
        exchange.drop()

    return script


def hang(exchange: Exchange) -> None:
    exchange.wait(5)


def hang_after_a_partial(exchange: Exchange) -> None:
    exchange.begin()
    exchange.frame(partial(0))
    exchange.wait(5)


NESTED = {"type": "error", **error("moderation_blocked"), "sequence_number": 0}
BROKEN = {"type": "error", **error("image_generation_failed", "image_generation_server_error")}
OUTPUT_STAGE = error("moderation_blocked", moderation_details={"moderation_stage": "output"})

BAD_INPUT = [
    *("unknown_parameter", "missing_required_parameter", "duplicate_parameter", "unsupported_file_mimetype"),
    *("unsupported_parameter", "invalid_input_fidelity_model", "invalid_image_file"),
]
NO_MONEY = ["organization_spend_limit_exceeded", "organization_usage_limit_exceeded", None]
RATES = ["requests", "tokens", "input-images"]

FAILURES: dict[str, tuple[Script, str]] = {
    "moderation before the stream": (fail(400, "moderation_blocked", "image_generation_user_error"), "moderated"),
    "moderation by its older name": (fail(400, "content_policy_violation"), "moderated"),
    "moderation inside a 200": (pictures(NESTED), "moderated"),
    "moderation after a partial": (pictures(partial(0), NESTED), "moderated_late"),
    "moderation of the output": (lambda exchange: exchange.whole(400, OUTPUT_STAGE), "moderated_late"),
    "a flat error": (pictures({"type": "error", "code": "moderation_blocked", "message": "no"}), "moderated"),
    "an error without a type": (raw(sse(error("image_generation_failed"))), "provider_failed"),
    "a failure in the stream": (pictures(BROKEN), "provider_failed"),
    "a failure after a partial": (pictures(partial(0), BROKEN), "provider_failed_late"),
    "an error inside a json 200": (lambda exchange: exchange.whole(200, error("moderation_blocked")), "moderated"),
    "a wrong key": (fail(401, "invalid_api_key"), "invalid_key"),
    "an organization that is not verified": (
        fail(403, None, message="Your organization must be verified to use the model `gpt-image-2`."),
        "not_verified",
    ),
    "another 403": (fail(403, None, message="You may not."), "not_allowed"),
    "an unknown model": (fail(404, "model_not_found"), "no_such_model"),
    "a bad parameter": (fail(400, "invalid_value", "image_generation_user_error"), "bad_request"),
    "a rate limit": (fail(429, "rate_limit_exceeded", "input-images"), "rate_limited"),
    "ramping too fast": (fail(429, "slow_down", "rate_limit_error"), "rate_limited"),
    "an exhausted balance": (fail(429, "insufficient_quota", "insufficient_quota"), "out_of_money"),
    "an exhausted balance by its newer name": (fail(429, "credit_balance_exhausted"), "out_of_money"),
    "a spending limit": (fail(429, "project_spend_limit_exceeded"), "out_of_money"),
    "the legacy hard limit": (fail(400, "billing_hard_limit_reached"), "out_of_money"),
    "a server error": (fail(500, None, "server_error"), "outage"),
    "overload": (fail(503, "server_is_overloaded", "service_unavailable_error"), "outage"),
    "a proxy's page": (page(502), "gateway_timeout"),
    "a proxy's page of 503": (page(503), "gateway_timeout"),
    "a relay's json 502": (fail(502, "upstream_error", "server_error"), "gateway_timeout"),
    "a relay's json 520": (fail(520, None, "server_error"), "gateway_timeout"),
    "a relay that waited too long and calls it 500": (
        fail(500, None, "server_error", message="Upstream request timed out"),
        "gateway_timeout",
    ),
    "a relay that waited too long and calls it 503": (fail(503, "upstream_timeout", "server_error"), "gateway_timeout"),
    "a proxy that gave up": (page(524), "gateway_timeout"),
    "html in answer to a stream": (page(200), "strange_answer"),
    "a frame that is no json": (raw("data: {broken\n\n"), "strange_answer"),
    "a frame that is a list": (raw("data: []\n\n"), "strange_answer"),
    "an end without a final": (pictures(partial(0), partial(1)), "no_picture"),
    "an empty stream": (raw(""), "no_picture"),
    "json without a picture": (lambda exchange: exchange.whole(200, {"created": 1, "data": []}), "no_picture"),
    "base64 that is none": (pictures({**completed(), "b64_json": "%%%"}), "broken_picture"),
    "a line cut in the stream": (dropped(partial(0)), "cut_off"),
    "a line cut before the first byte": (Exchange.drop, "no_answer"),
    "a heartbeat that never ends": (drip, "too_long"),
    "silence before the first byte": (hang, "too_long"),
    "silence in the stream": (hang_after_a_partial, "too_long"),
    "an answer in the style of frameworks": (lambda exchange: exchange.whole(422, {"detail": []}), "bad_request"),
    "too much at once": (page(413), "bad_request"),
    **{f"bad input: {code}": (fail(400, code), "bad_request") for code in BAD_INPUT},
    **{f"money: {code}": (fail(429, code, "insufficient_quota"), "out_of_money") for code in NO_MONEY},
    **{f"a rate limit on {kind}": (fail(429, "rate_limit_exceeded", kind), "rate_limited") for kind in RATES},
}


@pytest.mark.parametrize("name", FAILURES)
def test_the_outcome_is_named_for(name: str) -> None:
    script, code = FAILURES[name]
    with pytest.raises(ProviderError) as caught:
        ask(script, deadline_seconds=0.6 if code == "too_long" else 20)
    assert caught.value.code == code
    assert caught.value.outcome is OUTCOMES[code]


@pytest.mark.parametrize(
    ("headers", "seconds"), [({"retry_after": "12"}, 12.0), ({"retry_after_ms": "1500"}, 1.5), ({}, None)]
)
def test_how_long_a_provider_wants_us_to_wait_is_kept(headers: dict[str, str], seconds: float | None) -> None:
    with pytest.raises(ProviderError) as caught:
        ask(fail(429, "rate_limit_exceeded", **headers))
    assert caught.value.retry_after_seconds == seconds


def test_only_answers_that_prove_that_nothing_was_made_are_tried_again() -> None:
    retryable = {code for code, outcome in OUTCOMES.items() if outcome.is_retryable}
    assert retryable == {"locked", "rate_limited", "outage", "unreachable"}
    assert all(OUTCOMES[code].charged == "no" for code in retryable)


def test_a_server_that_is_not_there_was_sent_nothing() -> None:
    with upstream(pictures()) as up:
        gone = up.url, up.host
    with pytest.raises(ProviderError) as caught:
        list(
            openai_sdk.develop(
                Endpoint(gone[0], Secret("k"), allowed_hosts=(gone[1],)),
                Request("images", PARAMETERS),
                before_sending=lambda: None,
            )
        )
    assert caught.value.code == "unreachable"


def test_a_private_address_is_refused_before_a_packet_leaves() -> None:
    with upstream(pictures(completed())) as up:
        with pytest.raises(ProviderError) as caught:
            list(
                openai_sdk.develop(
                    Endpoint(up.url, Secret("k")), Request("images", PARAMETERS), before_sending=lambda: None
                )
            )
        assert caught.value.code == "unreachable"
        assert up.seen == []


def test_a_name_inside_our_network_looks_like_one_that_does_not_exist(monkeypatch: pytest.MonkeyPatch) -> None:
    def resolve(host: str, port: int) -> list[str]:
        if host == "inside.example.com":
            return ["10.0.0.7"]
        raise OSError

    monkeypatch.setattr(guarded_http, "resolve", resolve)
    found = []
    for name in ("inside", "nowhere"):
        endpoint = Endpoint(f"https://{name}.example.com/v1", Secret("k"))
        with pytest.raises(ProviderError) as caught:
            list(openai_sdk.develop(endpoint, Request("images", PARAMETERS), before_sending=lambda: None))
        found.append((caught.value.code, str(caught.value), caught.value.request_id))
    assert found[0] == found[1]
    assert found[0][0] == "unreachable"


def sent(request: Request, script: Script = STREAMS["no partials"], **options: Any) -> tuple[str, Any, bytes]:
    seen: list[Any] = []

    def remembering(exchange: Exchange) -> None:
        seen.append(exchange.asked)
        script(exchange)

    ask(remembering, request, **options)
    return seen[0].path, seen[0].headers, seen[0].body


def test_a_generation_goes_out_as_json_with_its_key() -> None:
    path, headers, body = sent(Request("images", PARAMETERS, partial_images=2))
    assert path == "/v1/images/generations"
    assert headers["Authorization"] == "Bearer sk-test"
    assert json.loads(body) == {**PARAMETERS, "stream": True, "partial_images": 2}


def test_an_edit_goes_out_as_a_form_with_named_and_typed_files() -> None:
    references = (File("image-1.png", b"one", "image/png"), File("image-2.webp", b"two", "image/webp"))
    request = Request(
        "images",
        PARAMETERS,
        references=references,
        mask=File("mask.png", b"mask", "image/png"),
    )
    path, headers, body = sent(request, pictures(completed(kind="image_edit")))
    assert path == "/v1/images/edits"
    assert headers["Content-Type"].startswith("multipart/form-data")
    assert body.count(b'name="image[]"') == 2
    assert b'name="image[]"; filename="image-2.webp"\r\nContent-Type: image/webp' in body
    assert b'name="mask"; filename="mask.png"\r\nContent-Type: image/png' in body


LOW = Request(
    "images",
    {**PARAMETERS, "moderation": "low"},
    partial_images=1,
    references=(File("image-1.png", b"one", "image/png"), File("image-2.webp", b"two", "image/webp")),
    mask=File("mask.png", b"mask", "image/png"),
)


@pytest.mark.parametrize("can_stream", [True, False])
def test_an_edit_with_moderation_goes_out_as_json_with_data_urls(can_stream: bool) -> None:
    frames = pictures(partial(0, kind="image_edit"), completed(kind="image_edit"))
    whole: Script = lambda exchange: exchange.whole(200, JSON_ANSWER)  # noqa: E731
    path, headers, body = sent(LOW, frames if can_stream else whole, can_stream=can_stream)
    assert (path, headers["Content-Type"]) == ("/v1/images/edits", "application/json")
    assert headers["Authorization"] == "Bearer sk-test"
    stream = {"stream": True, "partial_images": 1} if can_stream else {}
    assert json.loads(body) == {
        **LOW.parameters,
        **stream,
        "images": [
            {"image_url": f"data:image/png;base64,{text_of(b'one')}"},
            {"image_url": f"data:image/webp;base64,{text_of(b'two')}"},
        ],
        "mask": {"image_url": f"data:image/png;base64,{text_of(b'mask')}"},
    }


def test_an_edit_by_json_brings_frames_and_failures_like_any_other() -> None:
    frames = ask(pictures(partial(0, b"rough", kind="image_edit"), completed(kind="image_edit")), LOW)
    assert frames[0] == Partial(0, b"rough")
    assert isinstance(frames[1], Final)
    assert frames[1].request_id == "req_upstream_1"
    with pytest.raises(ProviderError) as caught:
        ask(fail(400, "moderation_blocked"), LOW)
    assert caught.value.code == "moderated"


def test_an_edit_whose_pictures_are_too_large_for_json_goes_out_as_a_form(monkeypatch: pytest.MonkeyPatch) -> None:
    exactly = LOW.references[1].data_url_characters
    assert exactly == len(LOW.references[1].data_url())
    monkeypatch.setattr(openai_sdk, "LONGEST_DATA_URL", exactly - 1)
    _, headers, body = sent(LOW, pictures(completed(kind="image_edit")))
    assert headers["Content-Type"].startswith("multipart/form-data")
    assert b'name="moderation"\r\n\r\nlow' in body


def test_a_partial_that_is_garbled_does_not_cost_the_picture() -> None:
    (final,) = ask(pictures({**partial(0), "b64_json": "%%%"}, completed()))
    assert isinstance(final, Final)


@pytest.mark.parametrize("whole", [True, False])
def test_a_message_without_end_is_not_read_to_its_end(whole: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answers, "LARGEST_MESSAGE_BYTES", 100_000)
    endless = '{"data": "' + "a" * 200_000
    with pytest.raises(ProviderError) as caught:
        ask(raw(endless, kind="application/json") if whole else raw("data: " + endless))
    assert caught.value.code == "too_large"


def test_the_largest_picture_that_may_be_asked_for_fits() -> None:
    noise_with_alpha = 4 * (2880 * 2880 * 4 + 8192) // 3  # incompressible, as base64
    assert noise_with_alpha < answers.LARGEST_MESSAGE_BYTES
    assert 5 * noise_with_alpha < openai_sdk.LIMIT_BYTES


def test_a_connection_that_cannot_stream_is_not_asked_to() -> None:
    _, _, body = sent(
        Request("images", PARAMETERS), lambda exchange: exchange.whole(200, JSON_ANSWER), can_stream=False
    )
    assert json.loads(body) == PARAMETERS


def conversation(*events: dict[str, Any]) -> Script:
    return pictures(*events)


ITEM = {
    "type": "image_generation_call",
    "id": "ig_1",
    "status": "generating",
    "result": text_of(b"final"),
    "size": "1024x1024",
}
RESPONSE_END = {
    "type": "response.completed",
    "response": {"object": "response", "output": [ITEM], "tool_usage": {"image_gen": USAGE}},
}
RESPONSE_PARTIAL = {
    "type": "response.image_generation_call.partial_image",
    "partial_image_b64": text_of(b"rough"),
    "partial_image_index": 0,
}


def test_the_responses_api_speaks_its_own_dialect() -> None:
    steps: list[dict[str, Any]] = [
        {"type": "response.image_generation_call.in_progress"},
        RESPONSE_PARTIAL,
        {"type": "response.image_generation_call.completed"},
        {"type": "response.output_item.done", "item": {**ITEM, "revised_prompt": "a red lamp"}},
        RESPONSE_END,
    ]
    frames = ask(conversation(*steps), Request("responses", {**PARAMETERS}, partial_images=1))
    assert frames[0] == Partial(0, b"rough")
    assert isinstance(frames[1], Final)
    assert frames[1].data == b"final"
    assert frames[1].usage == USAGE
    assert len(frames) == 2


SAID: dict[str, Any] = {
    "object": "response",
    "output": [
        {"type": "reasoning", "summary": []},
        {"type": "message", "content": [{"type": "output_text", "text": "Which colour?"}]},
    ],
    "usage": {"input_tokens": 30, "output_tokens": 4},
}


@pytest.mark.parametrize("is_streamed", [True, False])
def test_a_talk_may_end_in_words(is_streamed: bool) -> None:
    end: dict[str, Any] = {"type": "response.completed", "response": SAID}
    script = conversation(end) if is_streamed else raw(json.dumps(SAID), kind="application/json")
    with pytest.raises(ProviderError) as said:
        ask(script, Request("responses", {**PARAMETERS}))
    assert (said.value.code, said.value.words) == ("in_words", "Which colour?")
    assert said.value.usage == {"talk": {"input_tokens": 30, "output_tokens": 4}}


def test_a_refusal_to_draw_is_words_too() -> None:
    refusal = {
        "object": "response",
        "output": [{"type": "message", "content": [{"type": "refusal", "refusal": "No."}]}],
    }
    with pytest.raises(ProviderError) as said:
        ask(raw(json.dumps(refusal), kind="application/json"), Request("responses", {**PARAMETERS}))
    assert (said.value.code, said.value.words, said.value.usage) == ("in_words", "No.", None)


def test_a_picture_counts_more_than_the_words_beside_it() -> None:
    end: dict[str, Any] = {"type": "response.completed", "response": {**SAID, "output": [*SAID["output"], ITEM]}}
    frames = ask(conversation(end), Request("responses", {**PARAMETERS}))
    assert isinstance(frames[-1], Final)


def test_a_talk_that_must_draw_is_asked_for_the_tool() -> None:
    _, _, body = sent(Request("responses", {**PARAMETERS}, must_draw=True), conversation(RESPONSE_END))
    assert json.loads(body)["tool_choice"] == {"type": "image_generation"}


def test_the_responses_api_is_asked_for_the_tool_with_its_model_and_without_a_count() -> None:
    path, _, body = sent(Request("responses", {**PARAMETERS, "safety_identifier": "s"}), conversation(RESPONSE_END))
    asked = json.loads(body)
    assert path == "/v1/responses"
    assert asked["input"] == "a lamp"
    assert asked["tool_choice"] == "auto"
    assert asked["safety_identifier"] == "s"
    (tool,) = asked["tools"]
    assert tool == {
        "type": "image_generation",
        "partial_images": 0,
        "model": "gpt-image-2",
        "size": "1024x1024",
        "quality": "low",
    }


def test_a_picture_is_kept_whatever_comes_after_it() -> None:
    """The conversation's end, with its tokens, never came; the picture had."""
    for after in (dropped, lambda *frames: pictures(*frames, {"type": "response.failed", "response": {}})):
        done = {"type": "response.output_item.done", "item": ITEM}
        (final,) = ask(after(done), Request("responses", PARAMETERS))
        assert isinstance(final, Final)
        assert (final.data, final.usage) == (b"final", None)


def test_a_picture_whose_response_never_completed_is_kept_without_its_tokens() -> None:
    (final,) = ask(conversation({"type": "response.output_item.done", "item": ITEM}), Request("responses", PARAMETERS))
    assert isinstance(final, Final)
    assert (final.data, final.usage) == (b"final", None)


@pytest.mark.parametrize(
    "event",
    [
        {"type": "response.failed", "response": {"error": {"code": "image_content_policy_violation", "message": "no"}}},
        {
            "type": "response.output_item.done",
            "item": {**ITEM, "result": None, "error": {"code": "moderation_blocked"}},
        },
        {"type": "error", "code": "moderation_blocked", "message": "no", "sequence_number": 3},
    ],
)
def test_a_refusal_of_the_responses_api_is_a_refusal(event: dict[str, Any]) -> None:
    with pytest.raises(ProviderError) as caught:
        ask(conversation(event), Request("responses", PARAMETERS))
    assert caught.value.code == "moderated"


def test_what_must_happen_before_sending_happens_and_may_forbid_it() -> None:
    class Forbidden(Exception):
        pass

    def forbid() -> None:
        raise Forbidden

    before: Callable[[], None] = forbid
    with upstream(pictures(completed())) as up:
        endpoint = Endpoint(up.url, Secret("k"), allowed_hosts=(up.host,))
        with pytest.raises(Forbidden):
            list(openai_sdk.develop(endpoint, Request("images", PARAMETERS), before_sending=before))
        assert up.seen == []


def test_half_a_character_does_not_cost_the_picture() -> None:
    """Some providers cut a revised prompt in the middle of an emoji."""
    said = json.dumps({**JSON_ANSWER, "data": [{"b64_json": text_of(b"final"), "revised_prompt": "a lamp \ud83d"}]})
    (final,) = ask(raw(said, kind="application/json"))
    assert final.data == b"final"
