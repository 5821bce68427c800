"""Write the Images API's JSON answer and the events of its streams."""

import time
from typing import Any

from studio.openai_wire.frames import flat_error, frame, nested_error
from studio.sandbox.calls import Call


def answer(call: Call, pictures: list[str], *, with_usage: bool = True) -> dict[str, Any]:
    body: dict[str, Any] = {
        "created": call.created,
        **call.resolved,
        "data": [{"b64_json": picture} for picture in pictures],
    }
    if with_usage:
        body["usage"] = call.usage(0, with_details=True)
    return body | _safety(call)


def _safety(call: Call) -> dict[str, str]:
    return {"safety_identifier": call.asked.identifier} if call.asked.identifier else {}


class Events:
    """The events of a stream: `image_generation.…` or `image_edit.…`."""

    def __init__(self, call: Call) -> None:
        self.call, self.kind = call, "image_edit" if call.is_edit else "image_generation"

    def opening(self) -> list[bytes]:
        return []

    def partial(self, picture: str, index: int) -> list[bytes]:
        return [frame({**self._picture("partial_image", picture), "partial_image_index": index})]

    def final(self, picture: str, delivered: int, *, with_usage: bool) -> list[bytes]:
        usage = {"usage": self.call.usage(delivered, with_details=False)} if with_usage else {}
        return [frame({**self._picture("completed", picture), **usage, **_safety(self.call)})]

    def failure(self, error: dict[str, Any], *, is_flat: bool) -> list[bytes]:
        return [flat_error(error) if is_flat else nested_error(error)]

    def _picture(self, stage: str, picture: str) -> dict[str, Any]:
        head = {"type": f"{self.kind}.{stage}", "b64_json": picture, "created_at": int(time.time())}
        return {**head, **self.call.resolved}
