"""Programs that ask for a picture with the official SDK, and what each was told."""

import openai

from tests.support.fake_provider import text_of
from tests.support.invariants import SHADES

PICTURE = text_of(SHADES[1])


def plain(client: openai.OpenAI, prompt: str, tries: int = 0) -> str:
    counted = {"x-stainless-retry-count": str(tries)}  # as the SDK counts by itself
    answer = client.images.generate(prompt=prompt, model="gpt-image-2", extra_headers=counted if tries else None)
    return str((answer.data or [])[0].b64_json)


def stream(client: openai.OpenAI, prompt: str) -> list[str]:
    """The types of its events, and the picture last."""
    told, picture = [], ""
    frames = client.images.generate(prompt=prompt, model="gpt-image-2", stream=True, partial_images=1)
    try:
        for event in frames:
            told.append(event.type)
            picture = event.b64_json
    except openai.APIError as error:
        return [*told, f"error: {error.code}"]
    return [*told, picture]
