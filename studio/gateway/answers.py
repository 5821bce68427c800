"""Write the Images API's JSON answer and the events of its streams."""

import time
from typing import Any

from studio.gateway import json_with_pictures
from studio.gateway.parameters import ImageRequest
from studio.gateway.results import Made, Result
from studio.models import Kind, Run
from studio.openai_wire import frames
from studio.openai_wire.errors import OpenAIError


def write_answer(run: Run, image_request: ImageRequest, result: Result) -> bytes:
    """Write the JSON answer, with links instead of the pictures if the caller wants to fetch them."""
    body = answer_of(run, image_request, result)
    return json_with_pictures.encode(body, [made.base64 for made in result.made if not made.link])


def answer_of(run: Run, image_request: ImageRequest, result: Result) -> dict[str, Any]:
    """Return the answer, in which json_with_pictures.HERE stands for each picture."""
    data = [_item(made) for made in result.made]
    body = {"created": int(run.created_at.timestamp()), **result.made[0].resolved, "data": data}
    return body | {"usage": result.usage, **_safety(image_request)}


def _item(made: Made) -> dict[str, Any]:
    shown = {"url": made.link} if made.link else {"b64_json": json_with_pictures.HERE}
    return shown | ({"revised_prompt": made.revised_prompt} if made.revised_prompt else {})


def write_partial(run: Run, picture: bytes | memoryview, index: int) -> bytes:
    asked = run.asked
    return json_with_pictures.event_frame(
        {
            "type": f"{_kind(run)}.partial_image",
            "b64_json": json_with_pictures.HERE,
            "created_at": int(time.time()),
            "size": asked["size"],
            "quality": asked["quality"],
            "background": asked["background"],
            "output_format": asked["format"],
            "partial_image_index": index,
        },
        [picture],
    )


def write_lost(index: int) -> bytes:
    """Say why an index is missing, in a comment, which the official SDKs ignore."""
    return f": partial image {index} was lost, the picture itself is still to come\n\n".encode()


def write_completed(run: Run, image_request: ImageRequest, result: Result) -> bytes:
    made = result.made[0]
    head = {"type": f"{_kind(run)}.completed", "b64_json": json_with_pictures.HERE, "created_at": int(time.time())}
    return json_with_pictures.event_frame(
        {**head, **made.resolved, "usage": result.usage, **_safety(image_request)}, [made.base64]
    )


def write_failed(refusal: OpenAIError) -> bytes:
    """Write the error event. The error is nested, as the official SDKs silently ignore a flat one."""
    return frames.nested_error(refusal.error)


def _kind(run: Run) -> str:
    return "image_edit" if run.kind == Kind.EDIT else "image_generation"


def _safety(image_request: ImageRequest) -> dict[str, str]:
    return {"safety_identifier": image_request.identifier} if image_request.identifier else {}
