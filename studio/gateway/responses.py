"""Answer the Responses API with its image tool: the view, and the JSON of its answers and events."""

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase

from accounts.models import Scope
from billing.tokens import TALK
from saas.database.threads import in_thread
from studio.gateway import answer_memory, answers, conversation, delivery, json_with_pictures
from studio.gateway.answer_memory import AnswerMemory
from studio.gateway.conversation import CALL_PREFIX, RESPONSE_PREFIX, ResponseRequest
from studio.gateway.doors import GatewayCaller, door
from studio.gateway.json_with_pictures import Picture
from studio.gateway.pictures_in import PictureReader
from studio.gateway.results import Made, Result
from studio.gateway.submission import submit
from studio.models import Relation, Run, Slot
from studio.openai_wire import frames
from studio.openai_wire.errors import OpenAIError
from studio.threads import chains
from studio.waiting.relay import Finals

STATUSES = {"moderation_blocked": "image_content_policy_violation", "rate_limit_exceeded": "rate_limit_exceeded"}


@door("POST", Scope.GENERATE, is_awaited=True)
async def respond(request: HttpRequest, caller: GatewayCaller) -> HttpResponseBase:
    run, wanted = await in_thread(_submit, request, caller)
    if wanted.image_request.stream:
        return await _streamed(run, wanted, caller)
    with answer_memory.reserve() as memory:
        with delivery.never_paid_twice(run), caller.ahead.finals_of(run) as finals:
            await delivery.wait_until_ended(run, caller)
            result = await in_thread(_result_of, run, caller, memory, finals)
            body = ResponseBuilder(run, wanted).whole(result)
        headers = delivery.run_headers(run) | result.headers
        response = HttpResponse(body, content_type="application/json", headers=headers)
        memory.keep_for(response)
    return response


def _submit(request: HttpRequest, caller: GatewayCaller) -> tuple[Run, ResponseRequest]:
    wanted = conversation.read_conversation(request, caller)
    pictures = PictureReader(wanted.images, wanted.mask, caller) if wanted.images else None
    said, relation = wanted.said, _relation(wanted)
    run = submit(request, caller, wanted.image_request, said, pictures, parent=wanted.parent, relation=relation)
    if wanted.parent is not None:
        chains.join(run=run, parent=wanted.parent)
    return run, wanted


def _relation(wanted: ResponseRequest) -> Relation:
    return Relation.EDIT if wanted.parent else Relation.NONE


async def _streamed(run: Run, wanted: ResponseRequest, caller: GatewayCaller) -> StreamingHttpResponse:
    """Stream the answer. Its opening events depend on no picture, so they are sent at once."""
    frames = _frames(run, ResponseBuilder(run, wanted), caller)
    return StreamingHttpResponse(
        frames,
        content_type="text/event-stream; charset=utf-8",
        headers=delivery.STREAM_HEADERS | delivery.run_headers(run),
    )


async def _frames(run: Run, builder: "ResponseBuilder", caller: GatewayCaller) -> AsyncIterator[bytes]:
    with answer_memory.reserve() as memory:
        try:
            with delivery.never_paid_twice(run), caller.ahead.finals_of(run) as finals:
                for frame in builder.opening():
                    yield frame
                async for partial in delivery.partials(run, caller):
                    match partial:
                        case None:
                            yield frames.PING
                        case None, index:
                            yield answers.write_lost(index)
                        case picture, index:
                            yield builder.partial(picture, index)
                result = await in_thread(_result_of, run, caller, memory, finals)
                ending = builder.final(result.made[0]) if result.made else builder.said(result.failed[0])
        except OpenAIError as refusal:
            ending = builder.failed(refusal)
        for frame in ending:
            yield frame


def _result_of(run: Run, caller: GatewayCaller, memory: AnswerMemory, finals: Finals) -> Result:
    return delivery.result_of(run, caller, memory, finals, takes_words=True)


class ResponseBuilder:
    """The JSON of answers and events. Events are numbered; the picture is in the item; its tokens are listed apart from
    those of the text model."""

    def __init__(self, run: Run, wanted: ResponseRequest) -> None:
        self.run, self.wanted, self.number = run, wanted, -1
        self.item_id = f"{CALL_PREFIX}{run.code.hex}"

    def whole(self, result: Result) -> bytes:
        if not result.made:
            slot = result.failed[0]
            return json_with_pictures.encode(self.response("completed", [self.message(slot)], slot.usage), [])
        made = result.made[0]
        return json_with_pictures.encode(self.response("completed", [self.item(made)], made.usage), [made.base64])

    def opening(self) -> list[bytes]:
        return [
            self._event("response.created", response=self.response("in_progress", [])),
            self._event("response.in_progress", response=self.response("in_progress", [])),
            self._event("response.output_item.added", output_index=0, item=self.item(None)),
            self._about("in_progress"),
            self._about("generating"),
        ]

    def partial(self, picture: Picture, index: int) -> bytes:
        asked = self.run.asked
        more = {"size": asked["size"], "quality": asked["quality"], "background": asked["background"]}
        shown = {
            "partial_image_b64": json_with_pictures.HERE,
            "partial_image_index": index,
            "output_format": asked["format"],
        }
        return self._about("partial_image", [picture], **shown, **more)

    def final(self, made: Made) -> list[bytes]:
        item = self.item(made)
        completed = self.response("completed", [item], made.usage)
        return [
            self._about("completed"),
            self._event("response.output_item.done", [made.base64], output_index=0, item=item),
            self._event("response.completed", [made.base64], response=completed),
        ]

    def said(self, slot: Slot) -> list[bytes]:
        """Return the events of an answer in words. It follows the call that the opening events began."""
        message = self.message(slot)
        (part,) = message["content"]
        at: dict[str, Any] = {"item_id": message["id"], "output_index": 1, "content_index": 0}
        return [
            self._event(
                "response.output_item.added", output_index=1, item=message | {"status": "in_progress", "content": []}
            ),
            self._event("response.content_part.added", **at, part=part | {"text": ""}),
            self._event("response.output_text.delta", **at, delta=slot.words, logprobs=[]),
            self._event("response.output_text.done", **at, text=slot.words, logprobs=[]),
            self._event("response.content_part.done", **at, part=part),
            self._event("response.output_item.done", output_index=1, item=message),
            self._event("response.completed", response=self.response("completed", [message], slot.usage)),
        ]

    def message(self, slot: Slot) -> dict[str, Any]:
        content = [{"type": "output_text", "text": slot.words, "annotations": [], "logprobs": []}]
        return {
            "id": f"msg_{self.run.code.hex}",
            "type": "message",
            "role": "assistant",
            "status": "completed",
            "content": content,
        }

    def failed(self, refusal: OpenAIError) -> list[bytes]:
        code = refusal.error["code"]
        failed = self.response("failed", [self.item(None) | {"status": "failed", "error": refusal.error}])
        failed["error"] = {"code": STATUSES.get(code, "server_error"), "message": refusal.error["message"]}
        return [self._event("error", error=refusal.error), self._event("response.failed", response=failed)]

    def item(self, made: Made | None) -> dict[str, Any]:
        item: dict[str, Any] = {"id": self.item_id, "type": "image_generation_call", "action": self.wanted.action}
        if made is None:
            return item | {"status": "in_progress", "result": None}
        revised = made.revised_prompt or None
        return item | {
            "status": "completed",
            "result": json_with_pictures.HERE,
            "revised_prompt": revised,
            **made.resolved,
        }

    def response(
        self, status: str, output: list[dict[str, Any]], usage: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        body = self.wanted.body
        response: dict[str, Any] = {
            "id": f"{RESPONSE_PREFIX}{self.run.code.hex}", "object": "response",
            "created_at": int(self.run.created_at.timestamp()), "status": status, "error": None,
            "incomplete_details": None, "instructions": body.get("instructions"),
            "metadata": body.get("metadata") or {}, "model": body["model"], "output": output,
            "parallel_tool_calls": True, "previous_response_id": body.get("previous_response_id"),
            "temperature": 1.0, "top_p": 1.0, "tool_choice": body.get("tool_choice", "auto"),
            "tools": body["tools"], "usage": None,
        }  # fmt: skip
        if usage:
            response["usage"] = usage.get(TALK)
            if of_picture := {name: count for name, count in usage.items() if name != TALK}:
                response["tool_usage"] = {"image_gen": of_picture}
        return response

    def _event(self, kind: str, pictures: Sequence[Picture] | None = None, **more: Any) -> bytes:
        self.number += 1
        return json_with_pictures.event_frame({"type": kind, "sequence_number": self.number, **more}, pictures or [])

    def _about(self, stage: str, pictures: Sequence[Picture] | None = None, **more: Any) -> bytes:
        kind = f"response.image_generation_call.{stage}"
        return self._event(kind, pictures, item_id=self.item_id, output_index=0, **more)
