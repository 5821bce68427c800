from typing import Any

import httpx2
import pytest
from openai import OpenAI

from tests.studio.sandbox.calling import distance, generate, picture, refused

USER, REQUEST = "image_generation_user_error", "invalid_request_error"
SIZE_REFUSALS = [
    ("1920x1080", "Width and height must both be divisible by 16."),
    ("3856x1024", "The longest edge must be less than or equal to 3840."),
    ("800x800", "Requested resolution is below the current minimum pixel budget."),
    ("3840x2176", "Requested resolution exceeds the current pixel budget."),
    ("3840x1088", "The aspect ratio must be between 1:3 and 3:1."),
    ("big", "Invalid size 'big'. Expected WIDTHxHEIGHT or 'auto'."),
]


def test_a_picture_has_the_size_and_format_that_were_asked_for(client: OpenAI) -> None:
    for form in ("png", "webp", "jpeg"):
        answered = generate(client, output_format=form)
        painted = picture(answered)
        assert (painted.width, painted.height) == (1024, 640)
        assert painted.get("vips-loader").startswith("jpeg" if form == "jpeg" else form)
        assert (answered.size, answered.quality, answered.background, answered.output_format) == (
            "1024x640", "low", "opaque", form,
        )  # fmt: skip


def test_the_answer_counts_its_tokens(client: OpenAI) -> None:
    usage = generate(client, prompt="a fox in the snow", size="1024x1024").usage
    assert usage is not None
    assert usage.output_tokens == 196
    assert usage.input_tokens == usage.input_tokens_details.text_tokens == 12
    assert usage.total_tokens == 208


def test_auto_is_resolved(client: OpenAI) -> None:
    answered = generate(client, size="auto", quality="auto", background="auto")
    assert answered.quality == "medium"
    assert answered.size != "auto"
    assert answered.background == "opaque"
    assert picture(answered).width == int((answered.size or "").split("x")[0])


def test_the_same_wish_gives_the_same_picture_and_another_slot_a_sibling(client: OpenAI) -> None:
    first, again = picture(generate(client)), picture(generate(client))
    sibling = picture(generate(client, safety_identifier="somebody:1"))
    assert distance(first, again) == 0
    assert distance(first, sibling) > 3


def test_several_pictures_differ_and_count(client: OpenAI) -> None:
    answered = generate(client, n=3)
    assert answered.data is not None
    assert len({item.b64_json for item in answered.data}) == 3
    assert answered.usage is not None
    assert answered.usage.output_tokens == 3 * generate(client).usage.output_tokens  # type: ignore[union-attr]
    assert distance(picture(answered, 2), picture(generate(client, user="somebody:2"))) == 0


def test_null_is_absent(client: OpenAI) -> None:
    assert generate(client, user=None, n=None).data


def test_who_asks_is_echoed(client: OpenAI) -> None:
    assert generate(client, safety_identifier="hash:0", user="old").safety_identifier == "hash:0"


def test_later_models_know_more_qualities_and_transparency(client: OpenAI) -> None:
    answered = generate(
        client, prompt="sticker of a cat", model="gpt-image-2.5-flare", quality="max", background="transparent"
    )
    painted = picture(answered)
    assert answered.background == "transparent"
    assert painted.hasalpha()
    assert painted[3].min() == 0
    assert painted[3].max() == 255


@pytest.mark.parametrize(("size", "message"), SIZE_REFUSALS)
def test_a_size_that_breaks_a_rule_is_refused_in_the_apis_words(client: OpenAI, size: str, message: str) -> None:
    assert refused(client, size=size) == (400, USER, "invalid_value", "size", message)


NOT_THIS_MODEL = "The model 'gpt-image-2' does not support the 'input_fidelity' parameter."
NOT_THIS_QUALITY = "Invalid value: 'xhigh'. Supported values are: 'low', 'medium', 'high', and 'auto'."


@pytest.mark.parametrize(
    ("asked", "kind", "code", "param", "message"),
    [
        ({"stream": True, "n": 2}, USER, "unsupported_parameter", "n", "Streaming is only supported with n=1."),
        (
            {"response_format": "b64_json"},
            REQUEST,
            "unknown_parameter",
            "response_format",
            "Unknown parameter: 'response_format'.",
        ),
        (
            {"background": "transparent"},
            USER,
            "invalid_value",
            "background",
            "Transparent background is not supported for this model.",
        ),
        (
            {"extra_body": {"input_fidelity": "high"}},
            USER,
            "invalid_input_fidelity_model",
            "input_fidelity",
            NOT_THIS_MODEL,
        ),
        ({"quality": "xhigh"}, USER, "invalid_value", "quality", NOT_THIS_QUALITY),
    ],
)
def test_what_a_model_cannot_is_refused_in_the_apis_words(
    client: OpenAI, asked: Any, kind: str, code: str, param: str, message: str
) -> None:
    assert refused(client, **asked) == (400, kind, code, param, message)


@pytest.mark.parametrize(
    ("asked", "code", "param"),
    [
        ({"prompt": ""}, "empty_string", "prompt"),
        ({"prompt": "x" * 32_001}, "string_above_max_length", "prompt"),
        ({"n": 0}, "integer_below_min_value", "n"),
        ({"n": 11}, "integer_above_max_value", "n"),
        ({"n": "2"}, "invalid_type", "n"),
        ({"n": True}, "invalid_type", "n"),
        ({"partial_images": 4}, "integer_above_max_value", "partial_images"),
        ({"quality": "hd"}, "invalid_value", "quality"),
        ({"output_format": "gif"}, "invalid_value", "output_format"),
        ({"output_compression": 50}, "invalid_value", "output_compression"),
        ({"output_compression": 101, "output_format": "webp"}, "integer_above_max_value", "output_compression"),
        ({"moderation": "high"}, "invalid_value", "moderation"),
        ({"style": "vivid"}, "unknown_parameter", "style"),
        ({"extra_body": {"seed": 1}}, "unknown_parameter", "seed"),
        ({"extra_body": {"complexity": "low"}}, "unsupported_parameter", "complexity"),
        ({"model": None}, "missing_required_parameter", "model"),
        (
            {"model": "gpt-image-2.5-flare", "background": "transparent", "output_format": "jpeg"},
            "invalid_value",
            "background",
        ),
    ],
)
def test_each_parameter_has_its_rule(client: OpenAI, asked: Any, code: str, param: str) -> None:
    status, _, told_code, told_param, _ = refused(client, **asked)
    assert (status, told_code, told_param) == (400, code, param)


@pytest.mark.parametrize("model", ["gpt-image-1", "dall-e-2", "dall-e-3", "gpt-image-1.5", "no-such-model"])
def test_models_that_are_gone_are_not_found(client: OpenAI, model: str) -> None:
    assert refused(client, model=model)[:4] == (404, REQUEST, "model_not_found", "model")


def test_the_models_are_listed(client: OpenAI) -> None:
    listed = {model.id for model in client.models.list()}
    assert {"gpt-image-2", "gpt-image-2.5-flare", "gpt-image-2.6-sunburst"} <= listed
    assert client.models.retrieve("gpt-image-2").object == "model"


@pytest.mark.parametrize(("key", "code"), [("", None), ("invalid-key", "invalid_api_key")])
def test_without_a_good_key_nothing_is_painted(sandbox_url: str, key: str, code: str | None) -> None:
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    answered = httpx2.post(f"{sandbox_url}/images/generations", json={"prompt": "a fox"}, headers=headers)
    assert answered.status_code == 401
    assert answered.json()["error"]["code"] == code
    assert answered.headers["x-request-id"]


@pytest.mark.parametrize(
    ("method", "path", "content", "status"),
    [
        ("GET", "images/generations", b"", 405),
        ("POST", "images/generations", b"{", 400),
        ("POST", "images/generations", b"[]", 400),
        ("POST", "images/variations", b"{}", 404),
    ],
)
def test_requests_that_make_no_sense_get_an_envelope(
    sandbox_url: str, method: str, path: str, content: bytes, status: int
) -> None:
    headers = {"Authorization": "Bearer sk", "Content-Type": "application/json"}
    answered = httpx2.request(method, f"{sandbox_url}/{path}", content=content, headers=headers)
    assert answered.status_code == status
    assert set(answered.json()["error"]) == {"message", "type", "param", "code"}
