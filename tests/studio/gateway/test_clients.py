"""What other programs' OpenAI clients send, as it was recorded: langchain-openai 1.7.3 and litellm 1.106.2, pointed
here by their base URL alone."""

import base64
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest

from tests.embedded.instance import Instance
from tests.studio.gateway.test_edit import photo

STAINLESS = {
    "Accept": "application/json",
    "Accept-Encoding": "gzip, deflate, zstd",
    "User-Agent": "OpenAI/Python 2.54.0",
    "X-Stainless-Lang": "python",
    "X-Stainless-Package-Version": "2.54.0",
    "X-Stainless-Async": "false",
    "X-Stainless-Raw-Response": "true",
    "x-stainless-retry-count": "0",
    "x-stainless-read-timeout": "600",
}
LITELLM = {"Accept": "*/*", "Accept-Encoding": "gzip, deflate, zstd", "User-Agent": "litellm/1.106.2"}
TOOL = {"type": "image_generation", "model": "gpt-image-2", "quality": "low", "size": "1024x640"}


@pytest.fixture(scope="module")
def http(darkroom: Instance, api_key: str) -> Iterator[httpx2.Client]:
    with httpx2.Client(
        base_url=f"{darkroom.url}/v1", headers={"Authorization": f"Bearer {api_key}"}, timeout=60
    ) as client:
        yield client


def answered(answer: httpx2.Response) -> dict[str, Any]:
    assert answer.status_code == 200, answer.text[:300]
    assert "content-encoding" not in answer.headers  # whatever they accept, pictures are not packed again
    found: dict[str, Any] = answer.json()
    return found


def message(role: str, content: Any) -> dict[str, Any]:
    return {"content": content, "role": role, "type": "message"}


def test_litellm_generates(http: httpx2.Client) -> None:
    body = {"prompt": "a lamp", "model": "gpt-image-2", "quality": "low", "size": "1024x640"}
    answer = answered(http.post("/images/generations", json=body, headers=STAINLESS))
    assert base64.b64decode(answer["data"][0]["b64_json"]).startswith(b"\x89PNG")
    assert answer["usage"]["total_tokens"] > 0


def test_litellm_edits_by_the_brackets_of_arrays(http: httpx2.Client) -> None:
    form = {"model": "gpt-image-2", "quality": "low", "prompt": "by night"}
    files = [
        ("image[]", ("/home/alice/photo.png", photo(), "image/png")),
        ("image[]", ("image.png", photo(1), "image/png")),
    ]
    answer = answered(http.post("/images/edits", data=form, files=files, headers=LITELLM))
    assert answer["data"][0]["b64_json"]


@pytest.mark.parametrize("stream", [False, True])
def test_litellm_responds(http: httpx2.Client, stream: bool) -> None:
    body: dict[str, Any] = {"model": "gpt-5", "input": "Draw a lamp", "tools": [{**TOOL, "partial_images": 1}]}
    answer = http.post("/responses", json={**body, **({"stream": True} if stream else {})}, headers=LITELLM)
    if stream:
        assert answer.text.count("event: response.image_generation_call.partial_image\n") == 1
        assert answer.text.count("event: response.completed\n") == 1
    else:
        assert answered(answer)["output"][0]["status"] == "completed"


def test_langchain_goes_on_by_a_history_or_by_an_id(http: httpx2.Client) -> None:
    body = {"input": [message("user", "Draw a lamp")], "model": "gpt-5", "stream": False, "tools": [TOOL]}
    first = answered(http.post("/responses", json=body, headers=STAINLESS))
    (item,) = first["output"]
    assert set(item) >= {"id", "result", "status", "type"}
    history = [
        message("user", "Draw a lamp"),
        {"type": "image_generation_call", "id": item["id"]},
        message("user", "by night"),
    ]
    second = answered(http.post("/responses", json={**body, "input": history}, headers=STAINLESS))
    short = {**body, "input": [message("user", "by night")], "previous_response_id": first["id"]}
    third = answered(http.post("/responses", json=short, headers=STAINLESS))
    assert [answer["output"][0]["action"] for answer in (second, third)] == ["edit", "edit"]


def test_langchain_sends_pictures_in_messages(http: httpx2.Client) -> None:
    url = f"data:image/png;base64,{base64.b64encode(photo()).decode()}"
    content = [{"type": "input_text", "text": "by day"}, {"type": "input_image", "image_url": url}]
    said = [message("system", "Draw well"), message("user", content)]
    body = {
        "input": said,
        "model": "gpt-5",
        "stream": False,
        "tools": [TOOL],
        "tool_choice": {"type": "image_generation"},
    }
    assert answered(http.post("/responses", json=body, headers=STAINLESS))["output"][0]["action"] == "edit"
