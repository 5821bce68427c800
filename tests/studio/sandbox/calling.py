"""Short ways to call, and to be refused."""

import base64
from typing import Any

import openai
import pytest
import pyvips
from openai import OpenAI
from openai.types import ImagesResponse

from tests.support import picture_bytes

SMALLEST: dict[str, Any] = {"model": "gpt-image-2", "size": "1024x640", "quality": "low"}


def generate(client: OpenAI, prompt: str = "a fox", **more: Any) -> ImagesResponse:
    answered = client.images.generate(prompt=prompt, **{**SMALLEST, **more})
    assert isinstance(answered, ImagesResponse)
    return answered


def events(client: OpenAI, prompt: str = "a fox", **more: Any) -> list[Any]:
    return list(client.images.generate(prompt=prompt, stream=True, **{**SMALLEST, **more}))


def refused(client: OpenAI, prompt: Any = "a fox", **more: Any) -> tuple[int, str, str | None, str | None, str]:
    """Status, type, code, param, message."""
    with pytest.raises(openai.APIStatusError) as caught:
        client.images.generate(prompt=prompt, **{**SMALLEST, **more})
    return told(caught.value)


def told(error: openai.APIStatusError) -> tuple[int, str, str | None, str | None, str]:
    body = error.body
    assert isinstance(body, dict)
    assert {"message", "type", "param", "code"} <= set(body)
    assert error.request_id
    return error.status_code, body["type"], body["code"], body["param"], body["message"]


def image(b64: str | None) -> pyvips.Image:
    return picture_bytes.opened(base64.b64decode(b64 or "")).copy_memory()


def picture(answered: ImagesResponse, index: int = 0) -> pyvips.Image:
    assert answered.data is not None
    return image(answered.data[index].b64_json)


def distance(one: pyvips.Image, other: pyvips.Image) -> float:
    """Mean difference, 0 to 255."""
    return float((one - other).abs().avg())
